"""Looks after running requests: who has lost its client, who has been silent too long.

One timer for all of them, so that a request costs nothing but its place in a set.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final, Protocol

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


class Answered(Monitored, Protocol):
    """A request that is being answered."""

    @property
    def task(self) -> asyncio.Task[Any] | None:
        """What answers it."""
        ...


class RequestMonitor:
    """The requests that are being answered, some of them with open-ended streams.

    Attributes:
        running: Those without such a stream. Who adds one starts the timer where there
            is none: two calls less for each request than methods for it.
        timer: What looks at them; None while there are none.
    """

    __slots__ = ("_failed", "_looked", "_streams", "_turn", "running", "timer")

    def __init__(self) -> None:
        self.running: Final[set[Answered]] = set()
        self.timer: asyncio.TimerHandle | None = None
        self._streams: dict[Monitored, Answered] = {}
        self._turn: list[Monitored] = []
        self._looked = 0.0
        self._failed: set[Monitored] = set()

    def __len__(self) -> int:
        return len(self.running) + len(self._streams)

    @contextmanager
    def streaming(
        self, stream: Monitored, request: Answered
    ) -> Generator[None, None, None]:
        """Look after an open-ended stream, not its request: about once a second."""
        self.running.discard(request)
        self._streams[stream] = request
        try:
            yield
        finally:
            del self._streams[stream]
            self.running.add(request)
            if not self._streams:
                self._turn = []

    async def cancel(self, seconds: float) -> None:
        """Cancel all requests that are being answered, and wait for them to end.

        Args:
            seconds: How long to wait; what has not ended by then is left alone.
        """
        requests = (*self.running, *self._streams.values())
        running = {each.task for each in requests if each.task is not None}
        if not running:
            return
        for task in running:
            if not task.cancelling():
                task.cancel()
        _, left = await asyncio.wait(running, timeout=seconds)
        if left:
            _log.warning(
                "%d canceled calls did not end within %g s", len(left), seconds
            )

    def start(self) -> None:
        """Start the timer."""
        self._looked = time.monotonic()
        self.timer = asyncio.get_running_loop().call_later(PERIOD, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        self._failed.intersection_update((*self.running, *self._streams))
        for monitored in (*self.running, *self._next_streams(now)):
            try:
                monitored.check(now)
            except Exception:
                # The others are looked after all the same, and the log is not flooded.
                if monitored not in self._failed:
                    self._failed.add(monitored)
                    _log.exception("a request can't be checked for its client")
        self.timer = None
        if len(self):
            self.start()

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
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
