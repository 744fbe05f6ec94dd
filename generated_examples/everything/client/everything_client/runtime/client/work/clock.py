"""How long a call may take: in all, and without a sign of life.

Knows nothing of what is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self


class Clock:
    """Bounds a block of code by two limits; use it in `async with`.

    When a limit is reached the block is cancelled and TimeoutError leaves it.

    Attributes:
        outer: The clock of the call that this block is a part of. It is paused with this
            one and hears what this one hears.
        stopped: Whether the block was ended by `stop`.
    """

    __slots__ = (
        "_deadline",
        "_idle",
        "_left",
        "_loop",
        "_pauses",
        "_started_pause",
        "_timeout",
        "outer",
        "stopped",
    )

    def __init__(
        self, total: float | None, idle: float | None, outer: Clock | None = None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = idle
        self._deadline = None if total is None else self._loop.time() + total
        self._pauses = 0
        self._started_pause = 0.0
        self._timeout = asyncio.timeout_at(self._next())
        self._left = False
        self.outer = outer
        self.stopped = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._left = True
        await self._timeout.__aexit__(kind, error, traceback)

    @property
    def expired(self) -> bool:
        """Whether a limit was reached, or the clock was stopped."""
        return self._timeout.expired()

    @property
    def remaining(self) -> float | None:
        """Seconds until the total limit; None without one."""
        return None if self._deadline is None else self._deadline - self._loop.time()

    def stop(self) -> None:
        """Ends the block now, as if its time were over."""
        if not self.stopped and not self._is_over:
            self._timeout.reschedule(self._loop.time())
            self.stopped = True

    def heard(self) -> None:
        """There was a sign of life: the idle limit starts anew."""
        if self.outer is not None:
            self.outer.heard()
        if self._idle is not None and not self._pauses:
            self._reschedule(self._next())

    @contextmanager
    def idle(self) -> Generator[None]:
        """Nothing can be heard in the block: only the total limit counts."""
        if not self._pauses:
            self._reschedule(self._deadline)
        try:
            yield
        finally:
            self.heard()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Stops the clock, for example while a person thinks."""
        self._pause()
        try:
            yield
        finally:
            self._resume()

    def _pause(self) -> None:
        if self.outer is not None:
            self.outer._pause()
        if not self._pauses:
            self._started_pause = self._loop.time()
            self._reschedule(None)
        self._pauses += 1

    def _resume(self) -> None:
        if self.outer is not None:
            self.outer._resume()
        self._pauses -= 1
        if not self._pauses:
            if self._deadline is not None:
                self._deadline += self._loop.time() - self._started_pause
            self._reschedule(self._next())

    def _reschedule(self, when: float | None) -> None:
        """Sets the time, unless the block has ended: others may pause it until then."""
        if not self.stopped and not self._is_over:
            self._timeout.reschedule(when)

    @property
    def _is_over(self) -> bool:
        return self._left or self.expired

    def _next(self) -> float | None:
        idle = None if self._idle is None else self._loop.time() + self._idle
        if idle is None or self._deadline is None:
            return self._deadline if idle is None else idle
        return min(idle, self._deadline)
