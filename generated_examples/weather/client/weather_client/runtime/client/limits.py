"""The calls of one connection that are under way: bounded in time, ended together.

A call has two limits: in all, and without a sign of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Final, Self

from .errors import CallTimeoutError, TransportError
from .options import CallSettings


class Calls:
    """Every wait for a server goes through here, so that none is left behind.

    Attributes:
        closed: Whether the client was closed.
    """

    def __init__(self, url: str, verb: str) -> None:
        """No calls yet.

        Args:
            url: The server, for errors.
            verb: The HTTP method that calls use, for errors; empty without HTTP.
        """
        self._url = url
        self._verb = verb
        self._running: dict[asyncio.Task[Any] | None, Limited] = {}
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.closed = False

    def limited(self, method: str, settings: CallSettings) -> Limited | Part:
        """For `async with`: bounds a block of code by a call's limits.

        A block inside another one of the same call (the same task and settings) shares
        its time: however often a call is sent, its limits count once. Other settings
        inside a call, as those of a handshake, bound a part of it.

        CallTimeoutError leaves the block when it took too long, TransportError when the
        client was closed meanwhile.
        """
        outer = self._running.get(asyncio.current_task())
        if outer is not None and outer.settings is settings:
            return Part(outer.clock)
        if outer is not None:
            outer.parts[method] = None
        return Limited(self, method, settings, outer)

    def entered(self, block: Limited) -> None:
        """A block begins in this task."""
        self._running[asyncio.current_task()] = block
        self._quiet.clear()

    def left(self, outer: Limited | None) -> None:
        """A block has ended, and the one around it goes on."""
        task = asyncio.current_task()
        if outer is not None:
            self._running[task] = outer
        else:
            self._running.pop(task, None)
        if not self._running:
            self._quiet.set()

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Stops the clock of the call that this task works for, if it is one."""
        block = self._running.get(asyncio.current_task())
        with contextlib.nullcontext() if block is None else block.clock.paused():
            yield

    @contextlib.contextmanager
    def all_paused(self) -> Generator[None]:
        """Stops all clocks, while something is done of which the call is not known."""
        with contextlib.ExitStack() as stack:
            for block in self._running.values():
                stack.enter_context(block.clock.paused())
            yield

    async def stop(self, limit: float) -> None:
        """Ends every call, and waits until they have ended."""
        self.closed = True
        for block in self._running.values():
            block.outermost.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._quiet.wait()

    def error(
        self, clock: Clock, method: str, settings: CallSettings
    ) -> TransportError:
        """Why a clock has ended its block."""
        if clock.stopped:
            return TransportError(
                f"the client was closed while {method} ran",
                url=self._url,
                method=self._verb,
            )
        return CallTimeoutError(
            f"no answer to {method} in time",
            url=self._url,
            method=self._verb,
            hint=f"`timeout` is {_seconds(settings.timeout)}, "
            f"`idle_timeout` {_seconds(settings.idle_timeout)}",
        )


class Part:
    """A block of a call whose clock runs already."""

    __slots__ = ("_clock",)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __aenter__(self) -> Clock:
        return self._clock

    async def __aexit__(self, *_: object) -> None:
        """Nothing: the call goes on."""


class Limited:
    """A block of code under a clock that its connection knows of.

    Attributes:
        clock: The clock.
        settings: The limits.
        parts: The methods of blocks inside it that have limits of their own, in order.
    """

    __slots__ = ("_calls", "_method", "_outer", "clock", "parts", "settings")

    def __init__(
        self, calls: Calls, method: str, settings: CallSettings, outer: Limited | None
    ) -> None:
        self._calls = calls
        self._method = method
        self._outer = outer
        self.settings = settings
        self.parts: dict[str, None] = {}
        self.clock: Clock = Clock(
            settings.timeout,
            settings.idle_timeout,
            None if outer is None else outer.clock,
        )

    async def __aenter__(self) -> Clock:
        self._calls.entered(self)
        return await self.clock.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._calls.left(self._outer)
        try:
            await self.clock.__aexit__(kind, error, traceback)
        except TimeoutError:
            awaited = self._method
            if self.parts:
                awaited += f" ({', '.join(self.parts)})"
            raise self._calls.error(self.clock, awaited, self.settings) from None

    @property
    def outermost(self) -> Clock:
        """The clock of the whole call."""
        clock = self.clock
        while clock.outer is not None:
            clock = clock.outer
        return clock


def _seconds(limit: float | None) -> str:
    return "off" if limit is None else f"{limit:g} s"


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

    @contextlib.contextmanager
    def idle(self) -> Generator[None]:
        """Nothing can be heard in the block: only the total limit counts."""
        if not self._pauses:
            self._reschedule(self._deadline)
        try:
            yield
        finally:
            self.heard()

    @contextlib.contextmanager
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


logger: Final = logging.getLogger(__name__)


class Tasks:
    """Starts tasks and ends them all together."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._detached: set[asyncio.Task[None]] = set()

    def spawn(
        self,
        work: Coroutine[Any, Any, None],
        finish: Callable[[], object] | None = None,
    ) -> asyncio.Task[None]:
        """Runs something aside; what it raises is logged.

        Args:
            work: What to run.
            finish: Called when it has ended, also if it was cancelled before it began.
        """
        task = asyncio.create_task(work)
        if finish is not None:
            task.add_done_callback(lambda _: finish())
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def detached(self, work: Coroutine[Any, Any, None], limit: float) -> None:
        """Runs something aside that `settle` waits for, `limit` seconds at most."""
        task = self.spawn(_bounded(work, limit))
        self._detached.add(task)
        task.add_done_callback(self._detached.discard)

    async def settle(self) -> None:
        """Waits for all detached tasks."""
        if self._detached:
            await asyncio.gather(*self._detached, return_exceptions=True)

    async def close(self) -> None:
        """Cancels what still runs and waits until it has ended."""
        running = [task for task in self._running if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("a background task of an MCP client failed", exc_info=error)


async def _bounded(work: Coroutine[Any, Any, None], limit: float) -> None:
    try:
        async with asyncio.timeout(limit):
            await work
    except TimeoutError:
        logger.debug("a last message to an MCP server took too long")
