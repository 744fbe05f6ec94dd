"""The modern era: every request stands alone and says who sends it.

https://modelcontextprotocol.io/specification/2026-07-28/basic/index
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from pydantic_core import to_json

from ....core import jsonrpc
from ....core.catalog import JsonObject
from ....core.errors import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_CLIENT_CAPABILITY,
    RESOURCE_NOT_FOUND,
    UNSUPPORTED_PROTOCOL_VERSION,
    URL_ELICITATION_REQUIRED,
    ProtocolError,
    unsupported_version,
)
from ....core.jsonrpc import is_object
from ...features.limits.limits import Limits
from ...handlers.context import Context
from ...handlers.invoke import Contained
from ...handlers.ports import Client
from ...handlers.questions import InputRequired
from ...hooks import Hooks
from ...methods.answer import Answer
from ...methods.capabilities import Offer
from ...methods.leaving import leave
from ...methods.registry import LiveCatalog
from ...methods.table import Method, Methods, arguments
from ...settings import Settings
from ...transports.http.exchange import Exchange
from ...transports.http.watch import Watch
from ..framing import ModernFrame, error_response
from . import envelope
from .outlet import PlainOutlet
from .rounds import ASKING_METHODS, Rounds
from .state import StateSealer
from .subscriptions import Subscriptions

if TYPE_CHECKING:
    from ...features.auth.gate import Gate
    from ...service import Service

_log: Final = logging.getLogger("mcp.server")

_STATUS: Final[Mapping[int, int]] = {
    HEADER_MISMATCH: 400,
    MISSING_CLIENT_CAPABILITY: 400,
    UNSUPPORTED_PROTOCOL_VERSION: 400,
    INVALID_REQUEST: 400,
    METHOD_NOT_FOUND: 404,
}
"""HTTP status by error code; others are answers like any other."""


_LEGACY_CODES: Final = frozenset([RESOURCE_NOT_FOUND, URL_ELICITATION_REQUIRED])
"""Codes that handlers may raise but that this era does not send."""

_RESERVED: Final = range(-32099, -32019)
"""Codes of the specification alone."""


class Modern:
    """Answers modern requests."""

    def __init__(
        self,
        offer: Offer,
        catalog: LiveCatalog,
        methods: Methods,
        watch: Watch,
        settings: Settings,
        limits: Limits,
        hooks: Hooks,
        gate: Gate | None = None,
        observed: Service | None = None,
    ) -> None:
        self._catalog = catalog
        self._gate = gate
        self._observed = observed
        self._methods = methods
        self._watch = watch
        self._limits = limits
        self._keep_alive = settings.keep_alive
        self._versions = tuple(offer.revisions)
        self._frame = ModernFrame(offer.server)
        self._sealer = StateSealer(
            [key.get_secret_value() for key in settings.state_keys],
            settings.state_lifetime,
        )
        self.subscriptions: Final = Subscriptions(
            catalog.changes, self._frame, watch, settings
        )
        self._table: Mapping[str, Method] = hooks.around(
            {**methods.table, "server/discover": _discover(offer, settings)}
        )
        answered = {*self._table, "subscriptions/listen"}
        self._requests = {
            v: offer.requests_in(r) & answered for v, r in offer.modern.items()
        }

    async def post(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        """Answer one message that is already a JSON object."""
        method = message.get("method")
        if not isinstance(method, str):
            error = ProtocolError(INVALID_REQUEST, "A message needs a `method`")
            return exchange.failure(error, 400)
        exchange.method = method[:100]
        if "id" not in message:
            # The era defines no notification from clients; all are taken and dropped.
            try:
                envelope.check_notification(exchange.request.headers, method)
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
            client, log_floor = self._admit(exchange, request_id, method, params)
        except ProtocolError as error:
            status = 404 if error.code == METHOD_NOT_FOUND else 400
            if method == "initialize":
                error = self._explained(error, params)
            return exchange.failure(error, status, request_id)
        if method == "subscriptions/listen":
            try:
                async with self._limits.streaming(exchange):
                    return await self.subscriptions.serve(exchange, request_id, params)
            except ProtocolError as error:
                return exchange.failure(error, _STATUS.get(error.code, 200), request_id)
        return await self._run(exchange, request_id, method, params, client, log_floor)

    def _explained(self, error: ProtocolError, params: JsonObject) -> ProtocolError:
        """The error of an `initialize`, with the versions that are served."""
        wanted = params.get("protocolVersion")
        if "_meta" not in params and isinstance(wanted, str):
            error = unsupported_version(wanted[:50], self._versions)
        # All that a legacy client can show to its user is this message.
        error.message += f"; served are {', '.join(self._versions)}"
        return error

    def _admit(
        self,
        exchange: Exchange,
        request_id: jsonrpc.RequestId,
        method: str,
        params: JsonObject,
    ) -> tuple[Client, int | None]:
        """Check all that can be wrong before a method runs, in the order of harm.

        Raises:
            ProtocolError: The HTTP status is 404 for an unknown method, else 400.
            Refused: The caller lacks a scope.
        """
        meta = params.get("_meta")
        client = envelope.read_client(meta)
        headers = exchange.request.headers
        envelope.check_headers(headers, client.version, method, params)
        envelope.check_version(client.version, self._requests, self._versions)
        if method not in self._requests[client.version]:
            raise ProtocolError(METHOD_NOT_FOUND, f"Method not found: {method}")
        log_floor = envelope.log_floor(params["_meta"])
        if self._gate is not None:
            needed = self._gate.needed(method, params)
            if needed:
                self._gate.require(exchange, needed, request_id)
        if method == "tools/call":
            self._check_parameters(exchange, params)
        return client, log_floor

    def _check_parameters(self, exchange: Exchange, params: JsonObject) -> None:
        name = params.get("name")
        tool = self._catalog.tools.get(name) if isinstance(name, str) else None
        if tool is not None and tool.headers:
            envelope.check_parameters(
                exchange.request.headers, tool.headers, arguments(params)
            )

    async def _run(
        self,
        exchange: Exchange,
        request_id: jsonrpc.RequestId,
        method: str,
        params: JsonObject,
        client: Client,
        log_floor: int | None,
    ) -> web.StreamResponse:
        await self._limits.enter(exchange)
        outlet = PlainOutlet(exchange, self._keep_alive)
        self._watch.add(outlet)
        status = 200
        try:
            rounds = Rounds(
                client, self._sealer, method, params, exchange.owner, self._observed
            )
            ctx = outlet.ctx = Context(
                "modern",
                client,
                request_id,
                params["_meta"],  # type: ignore[arg-type]  # read_client has checked it
                exchange.visible_headers,
                None,
                self._catalog,
                outlet,
                rounds,
                log_floor,
                rounds.values,
                asyncio.get_running_loop(),
                exchange.principal,
            )
            try:
                with Contained():
                    work = self._table[method](params, ctx)
                    if rounds.repeats is not None:
                        name = params.get("name", params.get("uri"))
                        work = rounds.repeats.watch(work, f"{method} {name!r}")
                    answer = await work
            except InputRequired as required:
                if method not in ASKING_METHODS:
                    raise RuntimeError(f"{method} can't ask the client") from None
                message = self._frame.input_required(
                    request_id, rounds.result(required)
                )
                exchange.outcome = "input_required"
            else:
                message = self._frame.complete(request_id, answer)
                if answer.is_error:
                    exchange.outcome = "tool_error"
        except ProtocolError as error:
            error.code = _sendable(error.code)
            exchange.outcome = f"error {error.code}"
            message = error_response(request_id, error)
            status = _STATUS.get(error.code, 200)
        except Exception:
            _log.exception("%s failed", method)
            exchange.outcome = f"error {INTERNAL_ERROR}"
            internal = ProtocolError(INTERNAL_ERROR, "Internal error")
            message = jsonrpc.error(request_id, internal)
        finally:
            self._watch.discard(outlet)
            # Without this, every request would be garbage for the cycle collector.
            begun, outlet.ctx = outlet.ctx, None
            await leave(begun, self._limits, exchange)
        return await outlet.finish(message, status)


def _sendable(code: int) -> int:
    """The code to send for one that was raised while a request was worked on.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/index#error-codes
    """
    if code in _LEGACY_CODES:
        return INVALID_PARAMS
    if code in _RESERVED and code != MISSING_CLIENT_CAPABILITY:
        return INTERNAL_ERROR
    return code


def _discover(offer: Offer, settings: Settings) -> Method:
    """`server/discover`: rendered once per revision."""
    answers: dict[str, Answer] = {}
    for version, revision in offer.modern.items():
        members: dict[str, Any] = {
            "supportedVersions": list(offer.revisions),
            "capabilities": offer.capabilities_in(revision),
            "ttlMs": settings.list_ttl_ms,
            "cacheScope": settings.list_cache_scope,
        }
        if offer.instructions is not None:
            members["instructions"] = offer.instructions
        answers[version] = Answer(to_json(members)[1:-1])

    async def discover(_: JsonObject, ctx: Context) -> Answer:
        return answers[ctx.protocol_version]

    return discover
