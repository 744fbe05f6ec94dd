"""Ends connections whose clients take nothing of what they asked for, or ask nothing.

An answer waits in memory until its client has read it, and no coroutine waits with it.
Knows connections and how much lies in them; nothing of requests.
"""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from .aiohttp_parts import has_no_timer

_LOOKS: Final = 10
"""Looks in a row at which nothing was taken, before a client counts as gone. Several, as
what a slow client takes of a stream may be put in again between two of them."""


class SlowReaderReaper:
    """Looks after all connections of a server, from time to time."""

    __slots__ = ("_lying", "_period", "_server", "_timer")

    def __init__(self, server: web.Server, seconds: float) -> None:
        """Begin to look; needs a running loop.

        Args:
            server: Whose connections.
            seconds: How long a client may take nothing, or send nothing on a new
                connection; 0 is as long as it likes.
        """
        self._server = server
        self._period = seconds / _LOOKS
        self._lying: dict[asyncio.Transport, tuple[int, int]] = {}
        self._timer: asyncio.TimerHandle | None = None
        if seconds:
            self._schedule()

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._period, self._look)

    def _look(self) -> None:
        # First: whatever one connection does, the next look comes.
        self._schedule()
        before, self._lying = self._lying, {}
        for connection in self._server.connections:
            transport = connection.transport
            size = 0 if transport is None else transport.get_write_buffer_size()
            if transport is None or not (size or has_no_timer(connection)):
                continue
            was, looks = before.get(transport, (0, 0))
            looks = 0 if size < was else looks + 1
            if looks > _LOOKS:
                transport.abort()
            else:
                self._lying[transport] = size, looks
