"""Calling what users wrote, whether `async def` or plain `def`, so that it fails alone.

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
from types import coroutine
from typing import Any, Final, TypeAlias, TypeVar, cast

from ...core.errors import ProtocolError
from .content import ResourceNotFound, ToolError
from .questions import InputRequired
from .repeats import profiled

Call: TypeAlias = Callable[..., Awaitable[Any]]
T = TypeVar("T")

_QUEUED_PER_THREAD: Final = 8
"""Calls that may wait for each thread; more of them would only wait for longer."""
_BUSY: Final = 503
"""The code of the error, as where other limits of the whole server are reached."""

_DELIBERATE: Final = (ProtocolError, ToolError, ResourceNotFound)


class HandlerTimeout(Exception):
    """A handler did not finish in time."""


class HandlerFailed(Exception):
    """A handler raised what is no `Exception`, such as `SystemExit`."""


@coroutine
def contained(work: Awaitable[T]) -> Generator[Any, Any, T]:
    """Await user code: what it raises is an `Exception` afterwards.

    So `SystemExit`, `KeyboardInterrupt` or the `CancelledError` of a task that the code
    started fail one call instead of ending a connection or the server. Two things pass:
    the cancellation of the current task from outside, and `InputRequired`. A group of
    exceptions that were all raised on purpose becomes one of them; questions are put
    together.
    """
    task = cast("asyncio.Task[Any]", asyncio.current_task())
    cancelling = task.cancelling
    before, own = cancelling(), 0
    # Each step by itself, to count how often the code has cancelled its own task.
    steps = work.__await__()
    step: Callable[[Any], Any] = steps.send
    given: Any = None
    try:
        while True:
            now = cancelling()
            try:
                waited = step(given)
            finally:
                if more := cancelling() - now:
                    own = max(0, own + more)
            try:
                given, step = (yield waited), steps.send
            except BaseException as error:
                given, step = error, steps.throw
    except StopIteration as end:
        if own:
            yield from _uncancelled(task, own).__await__()
        return cast(T, end.value)
    except BaseException as error:
        if own:
            yield from _uncancelled(task, own).__await__()
        _convert(error, is_cancelled=cancelling() > before)
        raise


async def called(function: Callable[..., Any], *args: Any) -> Any:
    """Call user code, for `contained`, and await what it returns, if that is anything."""
    waiting = function(*args)
    return None if waiting is None else await waiting


async def _uncancelled(task: asyncio.Task[Any], times: int) -> None:
    """Take back cancellations of the current task.

    Raises:
        asyncio.CancelledError: The task was cancelled from outside, too.
    """
    cancelled: asyncio.CancelledError | None = None
    try:
        await asyncio.sleep(0)  # where one is raised that has not been raised yet
    except asyncio.CancelledError as error:
        cancelled = error
    for _ in range(times):
        task.uncancel()
    if task.cancelling() and cancelled is not None:
        raise cancelled


def _convert(error: BaseException, *, is_cancelled: bool) -> None:
    """Raise what an exception of user code stands for; nothing where it stays itself."""
    name = type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        _leave_group(cast("BaseExceptionGroup[BaseException]", error))
    if isinstance(error, Exception | InputRequired):
        return
    if isinstance(error, asyncio.CancelledError) and is_cancelled:
        return
    if isinstance(error, GeneratorExit) and running_loop() is None:
        return  # a coroutine that is closed instead of run to its end
    raise HandlerFailed(
        f"{name} in a handler; raise ToolError or ProtocolError to refuse a call"
    ) from error


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
        work.add_done_callback(lambda _: self._places.release())
        return work

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
    """A handler as something to await; its last argument is the context."""
    if inspect.iscoroutinefunction(function):
        return function
    return functools.partial(_in_thread, function, threads)


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


async def limited(work: Awaitable[T], seconds: float) -> T:
    """Await something; HandlerTimeout after some time."""
    deadline = asyncio.timeout(seconds)
    try:
        async with deadline:
            return await work
    except TimeoutError:
        if deadline.expired():
            raise HandlerTimeout(f"{seconds:g} seconds") from None
        raise
