"""Calling a handler, whether `async def` or plain `def`, with a time limit if there is one.

Knows nothing of what handlers take or return.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

Call: TypeAlias = Callable[..., Awaitable[Any]]


class TookTooLong(Exception):
    """A handler did not finish in time."""


class Threads:
    """The threads in which plain `def` handlers run; started when first needed."""

    __slots__ = ("_executor", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._executor: ThreadPoolExecutor | None = None

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function in a thread, with the caller's context variables."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(
                self._limit, thread_name_prefix="handler"
            )
        call = functools.partial(contextvars.copy_context().run, function, *args)
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def close(self) -> None:
        """Start nothing more; what runs is left to finish."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)


def awaitable(function: Callable[..., Any], threads: Threads) -> Call:
    """A handler as something to await; its last argument is the context."""
    if inspect.iscoroutinefunction(function):
        return function

    async def in_thread(*args: Any) -> Any:
        try:
            value = await threads.run(function, *args)
        except asyncio.CancelledError:
            args[-1].cancelled = True
            raise
        return await value if inspect.isawaitable(value) else value

    return in_thread


def limited(call: Call, seconds: float) -> Call:
    """A handler that raises TookTooLong after a time; zero is no limit."""
    if not seconds:
        return call

    async def with_limit(*args: Any) -> Any:
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                return await call(*args)
        except TimeoutError:
            if deadline.expired():
                raise TookTooLong(f"{seconds:g} seconds") from None
            raise

    return with_limit
