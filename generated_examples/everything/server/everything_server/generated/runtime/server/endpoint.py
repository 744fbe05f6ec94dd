"""The MCP endpoint: one HTTP request in, one answer out, whichever era it is of.

The first era that claims a message answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aiohttp import web

from ..core.errors import INVALID_REQUEST, ProtocolError
from ..core.jsonrpc import is_array, is_object
from .admission import AccessLog
from .http_endpoint import HttpEndpoint, check_form
from .incoming import refused
from .transports.http.exchange import Exchange
from .transports.http.guard import Guard

if TYPE_CHECKING:
    from .eras.era import HttpEra
    from .parts import Parts

_METHODS: Final = ("GET", "POST", "DELETE", "OPTIONS")
_OPTIONAL: Final = ("GET", "DELETE")
"""HTTP methods that are served where an era needs them."""


class Endpoint(HttpEndpoint):
    """Handles every HTTP request to the endpoint's path."""

    def __init__(
        self,
        parts: Parts,
        guard: Guard,
        eras: Sequence[HttpEra],
        access: AccessLog,
    ) -> None:
        """Prepare.

        Args:
            parts: What the server consists of.
            guard: Checks where requests come from.
            eras: Who answers, the newest first; there is at least one.
            access: Takes every request when it is over.
        """
        self._eras = tuple(eras)
        self._others = {method: era for era in eras for method in era.methods}
        allow = [m for m in _METHODS if m not in _OPTIONAL or m in self._others]
        super().__init__(parts, guard, access, ", ".join(allow))

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        """See `HttpEndpoint`."""
        method = exchange.request.method
        if method == "POST":
            return await self._post(exchange)
        if method in self._others:
            return await self._others[method].other(exchange)
        raise self._not_served(exchange)

    async def _post(self, exchange: Exchange) -> web.StreamResponse:
        check_form(exchange.request)
        exchange.require_accept()
        message = await self.read(exchange)
        if is_array(message):
            # Only the oldest revisions have them.
            return await self._eras[-1].batch(exchange, message)
        if not is_object(message) or message.get("jsonrpc") != "2.0":
            raise ProtocolError(INVALID_REQUEST, "Not a JSON-RPC 2.0 message")
        for era in self._eras:
            if era.claims(exchange, message):
                return await era.post(exchange, message)
        raise refused(400, "No protocol revision is served")
