"""Functions that may block, beside an event loop. Knows nothing of MCP."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Calls a function that may block, a person's answer perhaps, in a thread of its own.

    Unlike a thread of the loop's pool it takes no place from others, and neither the end
    of the loop nor that of the interpreter waits for it.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[T, None] | tuple[None, BaseException]]
    done = loop.create_future()
    context = contextvars.copy_context()

    def finish(outcome: tuple[T, None] | tuple[None, BaseException]) -> None:
        if not done.done():
            done.set_result(outcome)

    def run() -> None:
        outcome: tuple[T, None] | tuple[None, BaseException]
        try:
            outcome = context.run(function, *arguments), None
        except BaseException as error:
            outcome = None, error
        # Where the loop is closed, nobody waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(finish, outcome)

    threading.Thread(target=run, name="mcp-handler", daemon=True).start()
    outcome = await done
    if outcome[1] is not None:
        raise outcome[1]
    return outcome[0]
