"""The MCP endpoint: one HTTP request in, one answer out, whichever era it is of.

Decides the era of each request by itself, as "Versioning and Compatibility" says.
https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning#backward-compatibility-with-initialization-based-versions
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ..core.errors import INVALID_REQUEST, ProtocolError
from ..core.jsonrpc import is_array, is_object
from .admission import AccessLog
from .eras.legacy.http import LegacyHttp
from .eras.legacy.session_manager import SessionManager
from .eras.modern import envelope
from .eras.modern.http import ModernHttp
from .http_endpoint import HttpEndpoint, check_form
from .incoming import refused
from .parts import Parts
from .transports.http import names
from .transports.http.exchange import Exchange
from .transports.http.guard import Guard


class Endpoint(HttpEndpoint):
    """Handles every HTTP request to the endpoint's path."""

    def __init__(
        self,
        parts: Parts,
        guard: Guard,
        modern: ModernHttp | None,
        legacy: LegacyHttp | None,
        session_manager: SessionManager,
        access: AccessLog,
    ) -> None:
        allow = "POST, OPTIONS" if legacy is None else "GET, POST, DELETE, OPTIONS"
        super().__init__(parts, guard, access, allow)
        self._modern = modern
        self._legacy = legacy
        self._legacy_versions = frozenset(parts.offer.legacy)
        self._session_manager = session_manager

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        """See `HttpEndpoint`."""
        request = exchange.request
        if request.method == "POST":
            return await self._post(exchange)
        if self._legacy is not None and request.method == "GET":
            async with self._limits.streaming(exchange):
                return await self._session_manager.listen(exchange)
        if self._legacy is not None and request.method == "DELETE":
            return await self._session_manager.delete(exchange)
        raise self._not_served(exchange)

    async def _post(self, exchange: Exchange) -> web.StreamResponse:
        check_form(exchange.request)
        exchange.require_accept()
        message = await self.read(exchange)
        if is_array(message):
            return await self._batch(exchange, message)
        if not is_object(message) or message.get("jsonrpc") != "2.0":
            raise ProtocolError(INVALID_REQUEST, "Not a JSON-RPC 2.0 message")
        params = message.get("params")
        if self._modern is not None and self._is_modern(exchange, message, params):
            return await self._modern.post(exchange, message)
        if self._legacy is not None:
            return await self._legacy.post(exchange, message)
        raise refused(400, "No protocol revision is served")

    async def _batch(
        self, exchange: Exchange, messages: list[Any]
    ) -> web.StreamResponse:
        if self._legacy is None:
            raise refused(400, "A batch is not a message of this protocol revision")
        await self._limits.batch(exchange, len(messages))
        return await self._legacy.batch(exchange, messages)

    def _is_modern(
        self, exchange: Exchange, message: Mapping[str, Any], params: Any
    ) -> bool:
        if self._legacy is None:
            return True
        if is_object(params) and envelope.is_modern(params.get("_meta")):
            return True
        given = exchange.request.headers
        if names.SESSION_ID in given or message.get("method") == "initialize":
            return False
        version = given.get(names.PROTOCOL_VERSION)
        return version is not None and version not in self._legacy_versions
