"""The end of a call: it counts until its thread is back, if it has one that goes on."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..features.limits.limits import Limits
    from ..handlers.context import Context
    from ..transports.http.exchange import Exchange

_waiting: Final[set[asyncio.Task[None]]] = set()


async def leave(ctx: Context | None, limits: Limits, exchange: Exchange) -> None:
    """Give back what `limits.enter` counted for a call.

    A plain handler can't be stopped: its thread goes on when the call was canceled or
    took too long. Until it is back the call counts, so that nobody takes all threads.
    """
    work = None if ctx is None else ctx.left_behind
    if work is None or work.done():
        await limits.leave(exchange)
        return
    task = asyncio.create_task(_later(work, limits, exchange))
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)


async def _later(work: Future[Any], limits: Limits, exchange: Exchange) -> None:
    await asyncio.wait([asyncio.wrap_future(work)])
    await limits.leave(exchange)
