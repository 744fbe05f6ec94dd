"""The legacy era over Streamable HTTP: requests, each in a session.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from ....core import headers, jsonrpc
from ....core.errors import INVALID_REQUEST, ProtocolError
from ...incoming import refused
from ...parts import Parts
from ...transports.http.exchange import Exchange
from ..era import HttpEra
from .era import Legacy
from .resumable_stream import ResumableStream
from .server_requests import is_response, take_answer
from .session_manager import SessionManager


class LegacyHttp(HttpEra):
    """Answers legacy HTTP requests."""

    methods = ("GET", "DELETE")

    def __init__(
        self, era: Legacy, session_manager: SessionManager, parts: Parts
    ) -> None:
        self._era = era
        self._session_manager = session_manager
        self._limits = parts.limits
        self._monitor = parts.monitor
        self._settings = parts.settings

    async def post(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        """Answer one message that is already a JSON object.

        Raises:
            Refused: It has no session, or the session is unknown.
        """
        if message.get("method") == "initialize":
            exchange.method = "initialize"
            return self._initialize(exchange, message)
        session = self._session_manager.serving(exchange)
        if "method" not in message:
            taken = take_answer(session, message)
            if not taken and not is_response(message):
                raise refused(400, "Neither a request, a notification nor a response")
            return exchange.accepted()
        exchange.method = str(message["method"])[:100]
        if "id" not in message:
            self._era.notified(session, message)
            return exchange.accepted()
        self._era.require(exchange, [message])
        channel = ResumableStream(exchange, session, self._settings)
        self._monitor.add(channel)
        try:
            response = await self._era.respond(exchange, session, channel, message)
            if response is None:
                return await channel.finish([], cancelled=True)
            return await channel.finish([response])
        finally:
            self._monitor.discard(channel)
            channel.close()

    async def batch(
        self, exchange: Exchange, messages: Sequence[Any]
    ) -> web.StreamResponse:
        """Answer a batch.

        Raises:
            Refused: There is no such thing in the session's revision, or it has too many
                messages.
        """
        self._era.check_batch(len(messages))
        await self._limits.batch(exchange, len(messages))
        session = self._session_manager.serving(exchange)
        channel = ResumableStream(exchange, session, self._settings)
        self._monitor.add(channel)
        try:
            answered = await self._era.batch(exchange, session, channel, messages)
            return await channel.finish(answered, batch=True)
        finally:
            self._monitor.discard(channel)
            channel.close()

    async def other(self, exchange: Exchange) -> web.StreamResponse:
        """Answer GET and DELETE."""
        if exchange.request.method == "GET":
            async with self._limits.streaming(exchange):
                return await self._session_manager.listen(exchange)
        return await self._session_manager.delete(exchange)

    def _initialize(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        request_id = message.get("id")
        if not jsonrpc.is_request_id(request_id):
            raise refused(400, "`id` must be a string or an integer")
        try:
            if self._session_manager.is_within(exchange):
                raise ProtocolError(
                    INVALID_REQUEST,
                    "The session is initialized already; leave out "
                    f"{headers.SESSION_ID} for a new one",
                )
            client = self._era.negotiate(message.get("params"))
        except ProtocolError as error:
            return exchange.failure(error, 400, request_id)
        session = self._session_manager.open(exchange, client)
        exchange.session_id = session.id
        exchange.headers[headers.SESSION_ID] = session.id
        return exchange.json(self._era.welcome(request_id, client))
