"""Looks after running requests: who has lost its client, who has been silent too long.

One timer for all of them, so that a request costs nothing but its place in a set.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import Final, Protocol

_log: Final = logging.getLogger("mcp.server")

PERIOD: Final = 0.1
"""Seconds between two looks at requests that are being worked on."""
_STREAM_PERIOD: Final = 1.0
"""Seconds between two looks at one open-ended stream, of which there may be 10,000."""


class Monitored(Protocol):
    """A request that is being worked on, or an open-ended stream."""

    def check(self, now: float) -> None:
        """React to a client that is gone, or to silence; must not wait."""
        ...


class RequestMonitor:
    """The requests that are being worked on, and the streams that are open."""

    __slots__ = ("_failed", "_looked", "_monitored", "_streams", "_timer", "_turn")

    def __init__(self) -> None:
        self._monitored: set[Monitored] = set()
        self._streams: set[Monitored] = set()
        self._turn: list[Monitored] = []
        self._looked = 0.0
        self._failed: set[Monitored] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._monitored) + len(self._streams)

    def add(self, monitored: Monitored) -> None:
        """Begin to look after a request."""
        self._monitored.add(monitored)
        if self._timer is None:
            self._schedule()

    def add_stream(self, monitored: Monitored) -> None:
        """Begin to look after an open-ended stream: about once a second."""
        self._streams.add(monitored)
        if self._timer is None:
            self._schedule()

    def discard(self, monitored: Monitored) -> None:
        """It is done."""
        self._monitored.discard(monitored)
        if self._failed:
            self._failed.discard(monitored)
        if self._streams:
            self._streams.discard(monitored)
            if not self._streams:
                self._turn = []

    def _schedule(self) -> None:
        self._looked = time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(PERIOD, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        for monitored in (*self._monitored, *self._next_streams(now)):
            try:
                monitored.check(now)
            except Exception:
                # The others are looked after all the same, and the log is not flooded.
                if monitored not in self._failed:
                    self._failed.add(monitored)
                    _log.exception("a request can't be checked for its client")
        self._timer = None
        if len(self):
            self._schedule()

    def _next_streams(self, now: float) -> list[Monitored]:
        """The streams whose turn it is."""
        if not self._turn:
            self._turn = list(self._streams)
        share = (now - self._looked) / _STREAM_PERIOD
        self._looked = now
        count = math.ceil(len(self._streams) * share)
        some, self._turn = self._turn[:count], self._turn[count:]
        return [each for each in some if each in self._streams]

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
