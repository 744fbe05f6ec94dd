"""Calling a handler, whether `async def` or plain `def`, with a time limit if there is one.

Knows nothing of what handlers take or return.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
from collections.abc import Awaitable, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, TypeAlias, cast

from ...core.errors import ProtocolError
from .questions import InputRequired
from .repeats import profiled
from .results import ResourceNotFound, ToolError

Call: TypeAlias = Callable[..., Awaitable[Any]]

_QUEUED_PER_THREAD: Final = 8
"""Calls that may wait for each thread; more of them would only wait for longer."""
_BUSY: Final = 503
"""The code of the error, as where other limits of the whole server are reached."""

_DELIBERATE: Final = (ProtocolError, ToolError, ResourceNotFound)


class HandlerTimeout(Exception):
    """A handler did not finish in time."""


class HandlerFailed(Exception):
    """A handler raised what is no `Exception`, such as `SystemExit`."""


class Contained:
    """Around user code: what it raises is an `Exception` afterwards.

    So `SystemExit`, `KeyboardInterrupt` or the `CancelledError` of a task that the code
    started fail one call instead of ending a connection or the server. Two things pass:
    the cancellation of the current task, and `InputRequired`. A group of exceptions that
    were all raised on purpose becomes one of them; questions are put together.
    """

    __slots__ = ("_before", "_task")

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._before = 0 if self._task is None else self._task.cancelling()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, InputRequired):
            return
        if isinstance(error, BaseExceptionGroup):
            _leave_group(cast("BaseExceptionGroup[BaseException]", error))
        elif self._is_own(error):
            return
        if isinstance(error, Exception):
            return
        name = "" if kind is None else kind.__name__
        raise HandlerFailed(
            f"{name} in a handler; raise ToolError or ProtocolError to refuse a call"
        ) from error

    def _is_own(self, error: BaseException) -> bool:
        """Whether it was thrown into this task from outside."""
        if isinstance(error, asyncio.CancelledError):
            return self._task is not None and self._task.cancelling() > self._before
        # A coroutine that is closed instead of run to its end.
        return isinstance(error, GeneratorExit) and running_loop() is None


class _Stepped:
    """Awaits something, and counts how often it has cancelled the task that it runs in."""

    __slots__ = ("_work", "cancellations")

    def __init__(self, work: Awaitable[Any]) -> None:
        self._work = work
        self.cancellations = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        task = asyncio.current_task()
        work = self._work.__await__()
        if task is None or not hasattr(work, "send"):
            return (yield from work)
        step: Callable[[Any], Any] = work.send
        given: Any = None
        while True:
            before = task.cancelling()
            try:
                waited = step(given)
            except StopIteration as end:
                return end.value
            finally:
                more = task.cancelling() - before
                self.cancellations = max(0, self.cancellations + more)
            try:
                given, step = (yield waited), work.send
            except BaseException as error:
                given, step = error, work.throw

    async def forget(self) -> None:
        """Take back its cancellations of the current task.

        Raises:
            asyncio.CancelledError: The task was cancelled from outside, too.
        """
        task = asyncio.current_task()
        if task is None:
            return
        cancelled: asyncio.CancelledError | None = None
        try:
            await asyncio.sleep(0)  # where one is raised that has not been raised yet
        except asyncio.CancelledError as error:
            cancelled = error
        for _ in range(self.cancellations):
            task.uncancel()
        if task.cancelling() and cancelled is not None:
            raise cancelled


async def contained(work: Awaitable[Any]) -> Any:
    """Await user code as `Contained` does; it can't cancel the current task either."""
    with Contained():
        stepped = _Stepped(work)
        try:
            return await stepped
        finally:
            if stepped.cancellations:
                await stepped.forget()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs in this thread, if there is one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _leave_group(group: BaseExceptionGroup[BaseException]) -> None:
    """Raise what a group stands for, if everything in it was raised on purpose."""
    leaves = list(_leaves(group))
    questions = [each for each in leaves if isinstance(each, InputRequired)]
    others = [each for each in leaves if not isinstance(each, InputRequired)]
    if not all(isinstance(each, _DELIBERATE) for each in others):
        return
    if others:
        raise others[0] from group
    raise InputRequired({k: v for each in questions for k, v in each.questions.items()})


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(cast("BaseExceptionGroup[BaseException]", each))
        else:
            yield each


class Threads:
    """The threads in which plain `def` handlers run; started when first needed."""

    __slots__ = ("_executor", "_limit", "_places")

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._places = threading.Semaphore(self._limit * (1 + _QUEUED_PER_THREAD))
        self._executor: ThreadPoolExecutor | None = None

    def start(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Call a function in a thread, with the caller's context variables.

        Returns:
            What gets the result: the value, and the exception or None.

        Raises:
            ProtocolError: All threads are busy, and enough calls wait for them.
        """
        if self._executor is None:
            self._executor = ThreadPoolExecutor(
                self._limit, thread_name_prefix="handler"
            )
        if not self._places.acquire(blocking=False):
            raise ProtocolError(
                _BUSY,
                "All threads for plain handlers are busy; setting threads",
                {"retryAfter": 1},
            )
        context = contextvars.copy_context()
        work = self._executor.submit(context.run, _outcome, function, args)
        work.add_done_callback(self._give_back)
        return work

    def _give_back(self, _: object) -> None:
        self._places.release()

    def close(self) -> None:
        """Start nothing more; what runs is left to finish."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)


def _outcome(
    function: Callable[..., Any], args: tuple[Any, ...]
) -> tuple[Any, BaseException | None]:
    """What a function returns or raises; some exceptions can't pass through futures."""
    try:
        with profiled():
            return function(*args), None
    except BaseException as error:
        return None, error


def awaitable(function: Callable[..., Any], threads: Threads) -> Call:
    """A handler as something to await; its last argument is the context.

    See `Contained` for what it raises.
    """
    call = (
        function
        if inspect.iscoroutinefunction(function)
        else functools.partial(_in_thread, function, threads)
    )

    async def guarded(*args: Any) -> Any:
        return await contained(call(*args))

    return guarded


async def _in_thread(function: Callable[..., Any], threads: Threads, *args: Any) -> Any:
    work = threads.start(function, *args)
    try:
        value, error = await asyncio.wrap_future(work)
    except asyncio.CancelledError:
        ctx = args[-1]
        ctx.cancel()
        if not work.cancel():
            ctx.left_behind = work
        raise
    if error is not None:
        raise error
    return await value if inspect.isawaitable(value) else value


def limited(call: Call, seconds: float) -> Call:
    """A handler that raises HandlerTimeout after a time; zero is no limit."""
    if not seconds:
        return call

    async def with_limit(*args: Any) -> Any:
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                return await call(*args)
        except TimeoutError:
            if deadline.expired():
                raise HandlerTimeout(f"{seconds:g} seconds") from None
            raise

    return with_limit
