"""Functions that may block, beside an event loop. Knows nothing of MCP."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import os
import threading
import warnings
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias, TypeVar

from .errors import ClientStateError, not_open

T = TypeVar("T")


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Calls a function that may block, a person's answer perhaps, in a thread of its own.

    Unlike a thread of the loop's pool it takes no place from others, and neither the end
    of the loop nor that of the interpreter waits for it.
    """
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    outcome: concurrent.futures.Future[T] = concurrent.futures.Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            outcome.set_result(context.run(function, *arguments))
        except BaseException as error:
            outcome.set_exception(error)
        # Where the loop is closed, nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name="mcp-handler", daemon=True).start()
    await done.wait()
    return outcome.result()


Close: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

STOP_LIMIT: Final = 5.0
"""Seconds that work has to end when it is interrupted."""


class LoopThread:
    """An event loop in a thread of its own, which several threads may use at a time.

    The thread ends with `stop`, or when nobody refers to this object any more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: _Loop | None = None

    def start(self, name: str, close: Close) -> None:
        """Begins.

        Args:
            name: What runs there, for warnings.
            close: What is done at the end, on the loop.

        Raises:
            ClientStateError: It runs already.
        """
        with self._lock:
            if self._loop is not None:
                raise ClientStateError("this client is open already")
            self._loop = _Loop(close)
        weakref.finalize(self, self._loop.abandon, name).atexit = False

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine; an interrupt of the wait cancels it.

        Raises:
            ClientStateError: The loop does not run, or can't be waited for here.
        """
        try:
            loop = self._loop
            if loop is None:
                raise not_open("with")
            future = loop.submit(work)
        except BaseException:
            work.close()
            raise
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise ClientStateError("the client was closed while this ran") from None
        except BaseException:
            if not future.done():
                future.cancel()
                concurrent.futures.wait([future], timeout=STOP_LIMIT)
            raise

    def stop(self) -> None:
        """Closes, ends what still runs, and waits for the end of the thread.

        Does nothing where it does not run, or runs in the process that this one was
        forked from.
        """
        loop = self._loop
        if loop is None:
            return
        if loop.is_here:
            loop.check()
            with self._lock:
                loop, self._loop = self._loop, None
            if loop is not None:
                loop.stop()
        self._loop = None


class _Loop:
    """The loop and its thread. The thread refers to this, never to the `LoopThread`."""

    def __init__(self, close: Close) -> None:
        self._close = close
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._is_stopping = False
        self._failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._workers = concurrent.futures.ThreadPoolExecutor(
            thread_name_prefix="mcp-client-worker"
        )
        self._loop.set_default_executor(self._workers)
        self._thread = _ClientThread(target=self._run, name="mcp-client", daemon=True)
        self._thread.start()

    @property
    def is_here(self) -> bool:
        """Whether this is the process that the loop runs in."""
        return os.getpid() == self._process

    def check(self) -> None:
        """See that waiting for the loop can end.

        Raises:
            ClientStateError: It runs in another process, or in this very thread.
        """
        if not self.is_here:
            raise ClientStateError(
                "this client was opened before this process was forked; "
                "make another one here"
            )
        if threading.current_thread() is self._thread:
            raise ClientStateError(
                "a coroutine that a client without asyncio runs can't wait for that "
                "client; pass a plain function instead, which runs in a thread"
            )

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Starts a coroutine.

        Raises:
            ClientStateError: It would never end.
        """
        self.check()
        # Under the lock, so that the loop does not stop before it has seen the work.
        with self._lock:
            if self._is_stopping:
                raise not_open("with")
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """Closes and ends; raises what the closing raises."""
        self._signal()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def abandon(self, name: str) -> None:
        """Nobody will use it or wait for it any more."""
        if self.is_here and not self._is_stopping:
            self._signal()
            warnings.warn(
                f"unclosed MCP client of {name}; use it in `with`",
                ResourceWarning,
                stacklevel=2,
            )

    def _signal(self) -> None:
        with self._lock:
            self._is_stopping = True
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            with self._lock:
                self._is_stopping = True
            self._end()

    def _end(self) -> None:
        try:
            self._loop.run_until_complete(self._close())
        except BaseException as error:
            self._failure = error
        try:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            if left:
                self._loop.run_until_complete(
                    asyncio.gather(*left, return_exceptions=True)
                )
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._workers.shutdown(wait=False, cancel_futures=True)
        finally:
            self._loop.close()


class _ClientThread(threading.Thread):
    """The thread of a loop."""


def runs_here() -> bool:
    """Whether this thread runs the loop of a client for code without asyncio."""
    return isinstance(threading.current_thread(), _ClientThread)
