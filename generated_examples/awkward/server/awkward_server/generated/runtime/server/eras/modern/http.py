"""The modern era over Streamable HTTP: statuses, and headers that repeat the body.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from ....core import jsonrpc
from ....core.errors import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_CLIENT_CAPABILITY,
    UNSUPPORTED_PROTOCOL_VERSION,
    ProtocolError,
)
from ....core.jsonrpc import is_object
from ...parts import Parts
from ...transports.http import names
from ...transports.http.exchange import Exchange
from ...transports.http.sse import COMMENT, Mailbox, event, is_gone
from ..era import HttpEra
from . import envelope
from .era import Decoded, Modern

if TYPE_CHECKING:
    from ...handlers.context import Context

_STATUS: Final[Mapping[int, int]] = {
    HEADER_MISMATCH: 400,
    MISSING_CLIENT_CAPABILITY: 400,
    UNSUPPORTED_PROTOCOL_VERSION: 400,
    INVALID_REQUEST: 400,
    METHOD_NOT_FOUND: 404,
}
"""HTTP status by error code; others are answers like any other."""


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
    """The request, which is notified of its cancellation."""

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


class _Listener:
    """The stream of a subscription, watched for its client."""

    __slots__ = ("_exchange", "mailbox")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.mailbox = Mailbox(asyncio.get_running_loop())

    def put(self, message: bytes) -> None:
        self.mailbox.put(event(message))

    def check(self, now: float) -> None:
        if is_gone(self._exchange.request) or self._exchange.has_expired:
            self.mailbox.close()


class ModernHttp(HttpEra):
    """Answers modern HTTP requests."""

    def __init__(self, era: Modern, parts: Parts) -> None:
        self._era = era
        self._legacy_versions = era.legacy_versions
        self._limits = parts.limits
        self._monitor = parts.monitor
        self._keep_alive = parts.settings.keep_alive

    def claims(self, exchange: Exchange, message: Mapping[str, Any]) -> bool:
        """Whether a message is modern, as "Versioning and Compatibility" says.

        https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning#backward-compatibility-with-initialization-based-versions
        """
        params = message.get("params")
        if is_object(params) and envelope.is_modern(params.get("_meta")):
            return True
        given = exchange.request.headers
        if names.SESSION_ID in given or message.get("method") == "initialize":
            return False
        version = given.get(names.PROTOCOL_VERSION)
        return version is not None and version not in self._legacy_versions

    async def post(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        """See `HttpEra`."""
        method = message.get("method")
        if not isinstance(method, str):
            error = ProtocolError(INVALID_REQUEST, "A message needs a `method`")
            return exchange.failure(error, 400)
        exchange.method = method[:100]
        headers = exchange.request.headers
        if "id" not in message:
            # The era defines no notification from clients; all are taken and dropped.
            try:
                envelope.check_notification(headers, method)
            except ProtocolError as mismatch:
                return exchange.failure(mismatch, 400)
            return exchange.accepted()
        request_id = message["id"]
        if not jsonrpc.is_request_id(request_id):
            error = ProtocolError(
                INVALID_REQUEST, "`id` must be a string or an integer"
            )
            return exchange.failure(error, 400)
        params = message.get("params")
        if not is_object(params):
            params = {}
        try:
            request = self._era.decode(exchange, request_id, method, params, headers)
        except ProtocolError as error:
            status = 404 if error.code == METHOD_NOT_FOUND else 400
            return exchange.failure(error, status, request_id)
        if method == "subscriptions/listen":
            try:
                async with self._limits.streaming(exchange):
                    return await self._listen(exchange, request)
            except ProtocolError as error:
                return exchange.failure(error, _STATUS.get(error.code, 200), request_id)
        channel = ResponseStream(exchange, self._keep_alive)
        self._monitor.add(channel)
        try:
            response, failure = await self._era.answer(exchange, request, channel)
        finally:
            self._monitor.discard(channel)
        status = 200 if failure is None else _STATUS.get(failure.code, 200)
        return await channel.finish(response, status)

    async def _listen(self, exchange: Exchange, request: Decoded) -> web.StreamResponse:
        """Answer `subscriptions/listen`: returns when the subscription has ended.

        Raises:
            ProtocolError: The filter is malformed.
            Refused: There are too many subscriptions.
        """
        if not exchange.takes_events:
            raise ProtocolError(
                INVALID_PARAMS, "subscriptions/listen needs Accept: text/event-stream"
            )
        listener = _Listener(exchange)
        mailbox = listener.mailbox
        with self._era.subscriptions.opened(
            request.id, request.params, listener.put, mailbox.close
        ) as subscription:
            self._monitor.add_stream(listener)
            try:
                stream = await exchange.open()
                await mailbox.deliver(stream, self._keep_alive)
                await stream.write(event(subscription.response(self._era.frame)))
                await stream.end()
            except ConnectionError:
                exchange.outcome = "closed"
            finally:
                self._monitor.discard(listener)
        return (await exchange.open()).response
