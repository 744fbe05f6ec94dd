"""The calls of one connection that are under way: bounded in time, ended together.

A call has two limits: in all, and without a sign of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from .errors import CallTimeoutError, TransportError
from .options import CallSettings

T = TypeVar("T")
logger: Final = logging.getLogger(__name__)

QUEUE_SIZE: Final = 1_000
"""Messages that wait for a slow reader; then the oldest are dropped."""


class Calls:
    """Every wait for a server goes through here, so that none is left behind.

    Attributes:
        running: The innermost block that runs in each task.
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
        self.running: dict[asyncio.Task[Any] | None, Clock] = {}
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.closed = False

    def limited(self, method: str, settings: CallSettings) -> Clock:
        """For `async with`: bounds a block of code by a call's limits.

        A block inside another one of the same call (the same task and settings) shares
        its time: however often a call is sent, its limits count once. Other settings
        inside a call, as those of a handshake, bound a part of it.

        CallTimeoutError leaves the block when it took too long, TransportError when the
        client was closed meanwhile.
        """
        outer = self.running.get(asyncio.current_task())
        if outer is not None:
            if outer.settings is settings:
                return outer
            outer.parts[method] = None
        return Clock(self, method, settings, outer)

    def entered(self, block: Clock) -> None:
        """A block begins in this task."""
        self.running[asyncio.current_task()] = block
        self._quiet.clear()

    def left(self, outer: Clock | None) -> None:
        """A block has ended, and the one around it goes on."""
        task = asyncio.current_task()
        if outer is not None:
            self.running[task] = outer
        else:
            self.running.pop(task, None)
        if not self.running:
            self._quiet.set()

    def paused(self) -> AbstractContextManager[None]:
        """Stops the clock of the call that this task works for, if it is one."""
        clock = self.running.get(asyncio.current_task())
        return contextlib.nullcontext() if clock is None else clock.paused()

    @contextlib.contextmanager
    def all_paused(self) -> Generator[None]:
        """Stops all clocks, while something is done of which the call is not known."""
        with contextlib.ExitStack() as stack:
            for clock in self.running.values():
                stack.enter_context(clock.paused())
            yield

    async def stop(self, limit: float) -> None:
        """Ends every call, and waits until they have ended."""
        self.closed = True
        for clock in self.running.values():
            clock.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._quiet.wait()

    def error(self, clock: Clock) -> TransportError:
        """Why a clock has ended its block."""
        method = clock.method
        if clock.parts:
            method += f" ({', '.join(clock.parts)})"
        if clock.stopped:
            problem = f"the client was closed while {method} ran"
            return TransportError(problem, url=self._url, method=self._verb)
        return CallTimeoutError(
            f"no answer to {method} in time",
            url=self._url,
            method=self._verb,
            hint=f"`timeout` is {_seconds(clock.settings.timeout)}, "
            f"`idle_timeout` {_seconds(clock.settings.idle_timeout)}",
        )


def _seconds(limit: float | None) -> str:
    return "off" if limit is None else f"{limit:g} s"


class Clock:
    """Bounds a block of code by the two limits of a call; use it in `async with`.

    When a limit is reached the block is cancelled, and the error of `Calls` leaves it.
    A block inside it that is a part of the same call enters it once more.

    Attributes:
        method: What the call asks for, for errors.
        settings: The limits.
        parts: The methods of blocks inside it that have limits of their own, in order.
        stopped: Whether the block was ended by `stop`.
    """

    def __init__(
        self, calls: Calls, method: str, settings: CallSettings, outer: Clock | None
    ) -> None:
        """A clock that runs from now on.

        Args:
            calls: Where the block is known while it runs.
            method: What the call asks for.
            settings: The limits.
            outer: The clock of the call that this block is a part of. It is paused with
                this one and hears what this one hears.
        """
        total = settings.timeout
        self._calls = calls
        self.method = method
        self.settings = settings
        self.parts: dict[str, None] = {}
        self._outer = outer
        self._depth = 0
        self._loop = asyncio.get_running_loop()
        self._idle = settings.idle_timeout
        self._deadline = None if total is None else self._loop.time() + total
        self._pauses = 0
        self._started_pause = 0.0
        self._timeout = asyncio.timeout_at(self._next())
        self.stopped = False

    async def __aenter__(self) -> Self:
        self._depth += 1
        if self._depth == 1:
            self._calls.entered(self)
            await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth:
            return
        self._calls.left(self._outer)
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise self._calls.error(self) from None

    @property
    def remaining(self) -> float | None:
        """Seconds until the total limit; None without one."""
        return None if self._deadline is None else self._deadline - self._loop.time()

    def stop(self) -> None:
        """Ends the whole call now, as if its time were over."""
        if self._outer is not None:
            self._outer.stop()
        elif self._runs:
            self._timeout.reschedule(self._loop.time())
            self.stopped = True

    def heard(self) -> None:
        """There was a sign of life: the idle limit starts anew."""
        if self._outer is not None:
            self._outer.heard()
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
        with contextlib.nullcontext() if self._outer is None else self._outer.paused():
            if not self._pauses:
                self._started_pause = self._loop.time()
                self._reschedule(None)
            self._pauses += 1
            try:
                yield
            finally:
                self._pauses -= 1
                if not self._pauses:
                    if self._deadline is not None:
                        self._deadline += self._loop.time() - self._started_pause
                    self._reschedule(self._next())

    def _reschedule(self, when: float | None) -> None:
        """Sets the time, unless the block has ended: others may pause it until then."""
        if self._runs:
            self._timeout.reschedule(when)

    @property
    def _runs(self) -> bool:
        return bool(self._depth) and not self.stopped and not self._timeout.expired()

    def _next(self) -> float | None:
        idle = None if self._idle is None else self._loop.time() + self._idle
        if idle is None or self._deadline is None:
            return self._deadline if idle is None else idle
        return min(idle, self._deadline)


class Inbox(Generic[T]):
    """What came for one call or subscription, in order.

    Attributes:
        failure: Why nothing else comes.
    """

    __slots__ = ("_has_dropped", "_items", "_news", "_what", "failure")

    def __init__(self, what: str = "messages are read") -> None:
        """Make an empty one; `what` says in the log what is read from it."""
        self._what = what
        self._items: deque[T] = deque()
        self._news = asyncio.Event()
        self._has_dropped = False
        self.failure: Exception | None = None

    def put(self, item: T) -> None:
        """Add something; the oldest is dropped where too many wait."""
        if self.failure is not None:
            return
        if len(self._items) >= QUEUE_SIZE:
            self._items.popleft()
            if not self._has_dropped:
                self._has_dropped = True
                logger.warning("%s too slowly; the oldest are dropped", self._what)
        self._items.append(item)
        self._news.set()

    def end(self, failure: Exception) -> None:
        """Nothing else comes."""
        self.failure = self.failure or failure
        self._news.set()

    def clear(self) -> None:
        """Forget what was not read."""
        self._items.clear()

    async def get(self) -> T:
        """The next one.

        Raises:
            Exception: What `end` was first called with, when all are read.
        """
        while not self._items:
            if self.failure is not None:
                # Its traceback must not grow by all who ask.
                raise self.failure.with_traceback(None)
            self._news.clear()
            await self._news.wait()
        return self._items.popleft()


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
        task = self.spawn(asyncio.wait_for(work, limit))
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
        error = None if task.cancelled() else task.exception()
        # A last message that took too long is no failure.
        if error is not None and type(error) is not TimeoutError:
            logger.warning("a background task of an MCP client failed", exc_info=error)
