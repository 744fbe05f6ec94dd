"""Looks after running requests: who has lost its client, who has been silent too long.

One timer for all of them, so that a request costs nothing but its place in a set.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol

PERIOD: Final = 0.1
"""Seconds between two looks."""


class Watched(Protocol):
    """A request that is being worked on."""

    def check(self, now: float) -> None:
        """React to a client that is gone, or to silence; must not wait."""
        ...


class Watch:
    """The requests that are being worked on."""

    __slots__ = ("_timer", "_watched")

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._watched)

    def add(self, watched: Watched) -> None:
        """Begin to look after a request."""
        self._watched.add(watched)
        if self._timer is None:
            self._schedule()

    def discard(self, watched: Watched) -> None:
        """It is done."""
        self._watched.discard(watched)

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(PERIOD, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        for watched in tuple(self._watched):
            watched.check(now)
        self._timer = None
        if self._watched:
            self._schedule()

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
