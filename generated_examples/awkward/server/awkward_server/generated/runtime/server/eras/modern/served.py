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

from ....core import jsonrpc
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
from ....core.jsonrpc import is_object
from ...incoming import Incoming
from ...parts import Parts
from ...stores import EventStore, SessionStore
from ...transports.http import exchange as names
from ...transports.http.exchange import Exchange, is_gone
from ...transports.http.sse import COMMENT, Mailbox, ResponseStream, event
from ..era import Connected, ConnectionEra, Era, ResponseChannel
from .era import Decoded, Modern, check_notification, is_modern

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

    __slots__ = ("_task",)

    def __init__(self, exchange: Exchange, keep_alive: float) -> None:
        super().__init__(exchange, keep_alive)
        self._task = asyncio.current_task()

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

    def claims(self, exchange: Exchange, message: Mapping[str, Any]) -> bool:
        """Whether a message is modern, as "Versioning and Compatibility" says.

        https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning#backward-compatibility-with-initialization-based-versions
        """
        params = message.get("params")
        if is_object(params) and is_modern(params.get("_meta")):
            return True
        given = exchange.request.headers
        if names.SESSION_ID in given or message.get("method") == "initialize":
            return False
        version = given.get(names.PROTOCOL_VERSION)
        return version is not None and version not in self._era.legacy_versions

    async def post(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        """See `Era`."""
        method = message.get("method")
        if not isinstance(method, str):
            raise invalid_request("A message needs a `method`")
        exchange.method = method[:100]
        headers = exchange.request.headers
        if "id" not in message:
            # The era defines no notification from clients; all are taken and dropped.
            check_notification(headers, method)
            return exchange.accepted()
        request_id = message["id"]
        if not jsonrpc.is_request_id(request_id):
            raise invalid_request("`id` must be a string or an integer")
        params = message.get("params")
        if not is_object(params):
            params = {}
        try:
            request = self._era.decode(exchange, request_id, method, params, headers)
        except ProtocolError as error:
            status = 404 if error.code == METHOD_NOT_FOUND else 400
            return exchange.failure(error, status, request_id)
        if method == "subscriptions/listen":
            return await self._listen(exchange, request)
        channel = _ModernStream(exchange, self._keep_alive)
        self._monitor.add(channel)
        try:
            response, code = await self._era.answer(exchange, request, channel)
        finally:
            self._monitor.discard(channel)
        status = 200 if code is None else _STATUS.get(code, 200)
        return await channel.finish(response, status)

    async def _listen(self, exchange: Exchange, request: Decoded) -> web.StreamResponse:
        """Answer `subscriptions/listen`: returns when the subscription has ended.

        Raises:
            Refused: There are too many subscriptions.
        """
        try:
            async with self._limits.streaming(exchange):
                return await self._stream(exchange, request)
        except ProtocolError as error:
            status = _STATUS.get(error.code, 200)
            return exchange.failure(error, status, request.id)

    async def _stream(self, exchange: Exchange, request: Decoded) -> web.StreamResponse:
        if not exchange.takes_events:
            raise invalid_params("subscriptions/listen needs Accept: text/event-stream")
        mailbox = Mailbox(exchange)

        def send(message: bytes) -> None:
            mailbox.put(event(message))

        with self._era.subscriptions.opened(
            request.id, request.params, send, mailbox.close
        ) as subscription:
            self._monitor.add_stream(mailbox)
            try:
                await exchange.open()
                await mailbox.deliver(self._keep_alive)
                await exchange.write(event(self._era.ended(subscription)))
                await exchange.end()
            except ConnectionError:
                exchange.outcome = "closed"
            finally:
                self._monitor.discard(mailbox)
        return await exchange.open()


class _ModernConnection(ConnectionEra):
    """Answers modern requests on one connection."""

    def __init__(self, era: Modern, connection: Connected) -> None:
        self._era = era
        self._push = connection.push

    def claims(self, method: str, params: object) -> bool:
        """See `ConnectionEra`."""
        return not self._era.legacy_versions or (
            is_object(params) and is_modern(params.get("_meta"))
        )

    async def respond(
        self,
        incoming: Incoming,
        channel: ResponseChannel,
        request_id: jsonrpc.RequestId,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """See `ConnectionEra`."""
        method, params = message["method"], message.get("params")
        given = params if is_object(params) else {}
        decoded = self._era.decode(incoming, request_id, method, given)
        if method == "subscriptions/listen":
            await self._listen(decoded, channel)
            return None
        response, _ = await self._era.answer(incoming, decoded, channel)
        return response

    async def _listen(self, request: Decoded, channel: ResponseChannel) -> None:
        ended = asyncio.Event()
        with self._era.subscriptions.opened(
            request.id, request.params, self._push, ended.set
        ) as subscription:
            await ended.wait()
        # Behind the notifications that wait for their turn.
        channel.finished = True
        self._push(self._era.ended(subscription))
