"""The modern era as transports use it: over Streamable HTTP, with statuses and headers that
repeat the body, and on connections, where notifications name what they belong to.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from aiohttp import web

from ....core.catalog import JsonObject
from ....core.errors import (
    HEADER_MISMATCH,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_CLIENT_CAPABILITY,
    UNSUPPORTED_PROTOCOL_VERSION,
    ProtocolError,
    invalid_params,
    invalid_request,
)
from ....core.jsonrpc import RequestId
from ...incoming import Incoming
from ...parts import Parts
from ...stores import EventStore, SessionStore
from ...transports.http.exchange import Exchange, is_gone
from ...transports.http.sse import COMMENT, Mailbox, ResponseStream, event
from ..era import Connected, ConnectionEra, Era, ResponseChannel
from .era import LISTEN, MARKS, Modern, check_notification

_STATUS: Final[Mapping[int, int]] = {
    HEADER_MISMATCH: 400,
    MISSING_CLIENT_CAPABILITY: 400,
    UNSUPPORTED_PROTOCOL_VERSION: 400,
    INVALID_REQUEST: 400,
    METHOD_NOT_FOUND: 404,
}
"""HTTP status by error code; others are answers like any other."""


def serve(
    parts: Parts, sessions: SessionStore | None, events: EventStore | None
) -> Era:
    """The era, which keeps no sessions and no events."""
    return ModernEra(parts)


class _ModernStream(ResponseStream):
    """The answer of a request that ends when its client goes away."""

    def __init__(self, exchange: Exchange, keep_alive: float) -> None:
        self._exchange = exchange
        self._keep_alive = keep_alive
        self._task = exchange.task

    async def finish(self, message: bytes, status: int) -> web.StreamResponse:
        """Send the response: the last event, or the JSON object."""
        if self._lock is not None:
            await self._last_turn()
        self.finished = True
        exchange = self._exchange
        if exchange.stream is None and (status != 200 or not exchange.prefers_events):
            return exchange.json(message, status)
        return await exchange.end(event(message))

    def check(self, now: float) -> None:
        """Cancel the request if the client is gone; break a long silence."""
        if not is_gone(self._exchange.request):
            super().check(now)
            return
        if self.ctx is not None:
            self.ctx.cancel()
        self._exchange.outcome = "cancelled"
        if self._task is not None:
            self._task.cancel("the client closed the stream")
            # Once: what the handler does to clean up shall come to its end.
            self._task = None

    async def _deliver(self, message: bytes | None) -> None:
        # That the client is gone is no failure of the tool: `check` sees it.
        with suppress(ConnectionError):
            await self._exchange.write(COMMENT if message is None else event(message))


class ModernEra(Era):
    """Answers modern requests."""

    name = "modern"
    marks = MARKS

    def __init__(self, parts: Parts) -> None:
        self._era = Modern(parts)
        self._limits = parts.limits
        self._monitor = parts.monitor
        self._keep_alive = parts.settings.keep_alive

    def connected(self, connection: Connected) -> ConnectionEra:
        """See `Era`."""
        return _ModernConnection(self._era, connection)

    def close(self) -> None:
        """See `Era`."""
        self._era.subscriptions.close()

    def claims(self, version: str | None) -> bool:
        """See `Era`."""
        return version is not None and version not in self._era.legacy_versions

    async def post(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        """See `Era`."""
        if exchange.method is None:
            raise invalid_request("A message needs a `method`")
        headers, request_id = exchange.request.headers, exchange.request_id
        if request_id is None:
            # The era defines no notification from clients; all are taken and dropped.
            check_notification(headers, message["method"])
            return exchange.accepted()
        try:
            decoded = self._era.decode(exchange, message, headers)
        except ProtocolError as error:
            status = 404 if error.code == METHOD_NOT_FOUND else 400
            return exchange.failure(error, status, request_id)
        if exchange.method == LISTEN:
            return await self._listen(exchange, request_id, message["params"])
        channel = _ModernStream(exchange, self._keep_alive)
        exchange.channel = channel
        try:
            response, code = await self._era.answer(exchange, message, decoded, channel)
        finally:
            exchange.channel = None
        status = 200 if code is None else _STATUS.get(code, 200)
        return await channel.finish(response, status)

    async def _listen(
        self, exchange: Exchange, request_id: RequestId, params: JsonObject
    ) -> web.StreamResponse:
        """Answer `subscriptions/listen`: returns when the subscription has ended.

        Raises:
            Refused: There are too many subscriptions.
        """
        try:
            async with self._limits.streaming(exchange):
                return await self._stream(exchange, request_id, params)
        except ProtocolError as error:
            status = _STATUS.get(error.code, 200)
            return exchange.failure(error, status, request_id)

    async def _stream(
        self, exchange: Exchange, request_id: RequestId, params: JsonObject
    ) -> web.StreamResponse:
        if not exchange.takes_events:
            raise invalid_params("subscriptions/listen needs Accept: text/event-stream")
        mailbox = Mailbox(exchange)

        def send(message: bytes) -> None:
            mailbox.put(event(message))

        opened = self._era.subscriptions.opened(request_id, params, send, mailbox.close)
        with opened as subscription, self._monitor.streaming(mailbox, exchange):
            try:
                await exchange.open()
                await mailbox.deliver(self._keep_alive)
                await exchange.write(event(self._era.ended(subscription)))
                await exchange.end()
            except ConnectionError:
                exchange.outcome = "closed"
        return await exchange.open()


class _ModernConnection(ConnectionEra):
    """Answers modern requests on one connection."""

    def __init__(self, era: Modern, connection: Connected) -> None:
        self._era = era
        self._push = connection.push

    async def respond(
        self,
        incoming: Incoming,
        channel: ResponseChannel,
        request_id: RequestId,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """See `ConnectionEra`."""
        decoded = self._era.decode(incoming, message)
        if message["method"] == LISTEN:
            await self._listen(request_id, message["params"], channel)
            return None
        response, _ = await self._era.answer(incoming, message, decoded, channel)
        return response

    async def _listen(
        self, request_id: RequestId, params: JsonObject, channel: ResponseChannel
    ) -> None:
        ended = asyncio.Event()
        with self._era.subscriptions.opened(
            request_id, params, self._push, ended.set
        ) as subscription:
            await ended.wait()
        # Behind the notifications that wait for their turn.
        channel.finished = True
        self._push(self._era.ended(subscription))
