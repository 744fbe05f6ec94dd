"""Where the messages of one modern request go: nowhere but into its own answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from ...transports.http.exchange import Exchange
from ...transports.http.sse import COMMENT, event, is_gone

if TYPE_CHECKING:
    from ...handlers.context import Context


class ResponseStream:
    """The answer of a request that ends when its client goes away.

    The first notification turns the answer into an event stream; without one it stays
    a single JSON object.
    """

    __slots__ = (
        "_exchange",
        "_finished",
        "_keep_alive",
        "_lock",
        "_pulse",
        "_task",
        "ctx",
    )

    ctx: Context | None
    """The request, to be told when it is cancelled."""

    def __init__(self, exchange: Exchange, keep_alive: float) -> None:
        self._exchange = exchange
        self._finished = False
        self._keep_alive = keep_alive
        self._lock: asyncio.Lock | None = None
        self._pulse: asyncio.Task[None] | None = None
        self._task = asyncio.current_task()
        self.ctx = None

    async def send(self, message: bytes) -> None:
        """Send a notification; a client that takes no events, or is gone, misses it.

        What comes after the response is dropped.
        """
        if self._exchange.takes_events:
            await self._write(event(message))

    async def disconnect(self, retry_ms: int | None) -> None:
        """Nothing: in this era a closed stream is a cancelled request."""

    async def finish(self, message: bytes, status: int) -> web.StreamResponse:
        """Send the response: the last event, or the JSON object."""
        if self._lock is not None:
            # What was reported before comes before; what waits behind this is too late.
            async with self._lock:
                self._finished = True
        self._finished = True
        exchange = self._exchange
        if exchange.stream is None and (status != 200 or not exchange.prefers_events):
            return exchange.json(message, status)
        return await exchange.end(event(message))

    def check(self, now: float) -> None:
        """Cancel the request if the client is gone; break a long silence."""
        exchange = self._exchange
        if is_gone(exchange.request):
            if self.ctx is not None:
                self.ctx.cancel()
            exchange.outcome = "cancelled"
            if self._task is not None:
                self._task.cancel("the client closed the stream")
                # Once: what the handler does to clean up shall come to its end.
                self._task = None
        elif (
            self._keep_alive
            and now - exchange.written > self._keep_alive
            and exchange.takes_events
            and (self._pulse is None or self._pulse.done())
        ):
            self._pulse = asyncio.ensure_future(self._write(COMMENT))

    async def _write(self, data: bytes) -> None:
        async with self._sending():
            if not self._finished:
                # That the client is gone is no failure of the tool: `check` sees it.
                with suppress(ConnectionError):
                    await self._exchange.write(data)

    def _sending(self) -> asyncio.Lock:
        """One writer at a time, in the order in which they came; the last one ends it."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        return self._lock
