"""The modern era: every request stands alone and says who sends it.

https://modelcontextprotocol.io/specification/2026-07-28/basic/index
"""

from __future__ import annotations

import logging
from typing import Any, Final, NamedTuple, Protocol

from pydantic_core import to_json

from ....core import jsonrpc
from ....core.catalog import JsonObject
from ....core.errors import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MISSING_CLIENT_CAPABILITY,
    RESOURCE_NOT_FOUND,
    URL_ELICITATION_REQUIRED,
    ProtocolError,
    unsupported_version,
)
from ...handlers.context import Context
from ...handlers.contract import Offer
from ...handlers.questions import Client, InputRequired
from ...incoming import Incoming, Refused
from ...methods.answer import Answer
from ...methods.steps import arguments
from ...middleware import Next, Request
from ...parts import Parts
from ...settings import Settings
from ..era import error_response
from . import envelope
from .round_trip import ASKING_METHODS, MultiRoundTrip
from .state import StateSealer
from .subscriptions import Subscriptions

_log: Final = logging.getLogger("mcp.server")

_LEGACY_CODES: Final = frozenset([RESOURCE_NOT_FOUND, URL_ELICITATION_REQUIRED])
"""Codes that handlers may raise but that this era does not send."""

_RESERVED: Final = range(-32099, -32019)
"""Codes of the specification alone."""


class Decoded(NamedTuple):
    """A request whose envelope has been checked.

    Attributes:
        id: Its JSON-RPC id.
        method: Its method, which the revision has.
        params: Its parameters, with `_meta`.
        client: Who sends it.
        log_floor: The severity from which on it wants log messages; None for none.
    """

    id: jsonrpc.RequestId
    method: str
    params: JsonObject
    client: Client
    log_floor: int | None


class ResponseChannel(Protocol):
    """Where the messages of one request go, and whom to tell that it is canceled."""

    ctx: Context | None

    async def send(self, message: bytes) -> None:
        """Send a notification of the request."""
        ...

    async def disconnect(self, retry_ms: int | None) -> None:
        """Nothing, in this era."""
        ...


class Modern:
    """The codec of modern messages, and what only this era has."""

    def __init__(self, parts: Parts) -> None:
        offer, settings = parts.offer, parts.settings
        self._parts = parts
        self._catalog = parts.catalog
        self._authentication = parts.authentication
        self._observed = parts.service if settings.warn_repeats else None
        self._versions = tuple(offer.revisions)
        self.legacy_versions: Final = frozenset(offer.legacy)
        """The versions of the older era, where they are served as well."""
        self.frame: Final = envelope.ModernFrame(offer.server)
        """Makes messages of results."""
        self.subscriptions: Final = Subscriptions(parts.catalog.changes, settings)
        """The open subscriptions."""
        self._sealer = StateSealer(
            [key.get_secret_value() for key in settings.state_keys],
            settings.state_lifetime,
        )
        self._table = parts.chain.around(
            {**parts.methods, "server/discover": _discover(offer, settings)}
        )
        answered = {*self._table, "subscriptions/listen"}
        self._requests = {
            v: offer.requests_in(r) & answered | parts.custom
            for v, r in offer.modern.items()
        }

    def decode(
        self,
        incoming: Incoming,
        request_id: jsonrpc.RequestId,
        method: str,
        params: JsonObject,
        headers: envelope.Headers | None = None,
    ) -> Decoded:
        """Check all that can be wrong before a method runs, in the order of harm.

        Args:
            incoming: Who sends it.
            request_id: The request's id.
            method: Its method.
            params: Its parameters.
            headers: The HTTP headers that repeat parts of it; None in other transports.

        Raises:
            ProtocolError: It is malformed, or there is no such method.
            Refused: The caller lacks a scope.
        """
        try:
            client = self._sender(method, params, headers)
        except ProtocolError as error:
            if method == "initialize":
                error = self._explained(error, params)
            raise error from None
        log_floor = envelope.log_floor(params["_meta"])
        if self._authentication is not None:
            needed = self._authentication.needed(method, params)
            if needed:
                self._authentication.require(incoming, needed, request_id)
        if headers is not None and method == "tools/call":
            self._check_parameters(headers, params)
        return Decoded(request_id, method, params, client, log_floor)

    def _sender(
        self, method: str, params: JsonObject, headers: envelope.Headers | None
    ) -> Client:
        client = envelope.read_client(params.get("_meta"))
        if headers is not None:
            envelope.check_headers(headers, client.version, method, params)
        envelope.check_version(client.version, self._requests, self._versions)
        if method not in self._requests[client.version]:
            raise ProtocolError(METHOD_NOT_FOUND, f"Method not found: {method}")
        return client

    def _explained(self, error: ProtocolError, params: JsonObject) -> ProtocolError:
        """The error of an `initialize`, with the versions that are served."""
        wanted = params.get("protocolVersion")
        if "_meta" not in params and isinstance(wanted, str):
            error = unsupported_version(wanted[:50], self._versions)
        # All that a legacy client can show to its user is this message.
        error.message += f"; served are {', '.join(self._versions)}"
        return error

    def _check_parameters(self, headers: envelope.Headers, params: JsonObject) -> None:
        name = params.get("name")
        tool = self._catalog.tools.steps.get(name) if isinstance(name, str) else None
        if tool is not None and tool.headers:
            envelope.check_parameters(headers, tool.headers, arguments(params))

    async def answer(
        self, incoming: Incoming, request: Decoded, channel: ResponseChannel
    ) -> tuple[bytes, ProtocolError | None]:
        """Run a request through the middleware to its method.

        Returns:
            The response, and the error that is in it.

        Raises:
            Refused: There are too many calls.
        """
        request_id, method, params, client, log_floor = request
        try:
            rounds = MultiRoundTrip(
                client, self._sealer, method, params, incoming.owner, self._observed
            )
            ctx = channel.ctx = Context(
                "modern",
                request_id,
                client,
                params["_meta"],  # type: ignore[arg-type]  # decode has checked it
                incoming,
                channel,
                rounds,
                rounds.values,
                log_floor,
                self._catalog,
            )
            try:
                work = self._table[method](Request(method, params, ctx, incoming, {}))
                if rounds.repeats is not None:
                    name = params.get("name", params.get("uri"))
                    work = rounds.repeats.watch(work, f"{method} {name!r}")
                answer = await work
            except InputRequired as required:
                if method not in ASKING_METHODS:
                    raise RuntimeError(f"{method} can't ask the client") from None
                message = self.frame.input_required(request_id, rounds.result(required))
                incoming.outcome = "input_required"
            else:
                message = self.frame.complete(request_id, answer)
                if answer.is_error:
                    incoming.outcome = "tool_error"
            return message, None
        except Refused:
            raise
        except ProtocolError as error:
            error.code = _sendable(error.code)
            incoming.outcome = f"error {error.code}"
            return error_response(request_id, error), error
        except Exception:
            _log.exception("%s failed", method)
            incoming.outcome = f"error {INTERNAL_ERROR}"
            internal = ProtocolError(INTERNAL_ERROR, "Internal error")
            return jsonrpc.error(request_id, internal), internal
        finally:
            # Without this, every request would be garbage for the cycle collector.
            channel.ctx = None


def _sendable(code: int) -> int:
    """The code to send for one that was raised while a request was worked on.

    https://modelcontextprotocol.io/specification/2026-07-28/basic/index#error-codes
    """
    if code in _LEGACY_CODES:
        return INVALID_PARAMS
    if code in _RESERVED and code != MISSING_CLIENT_CAPABILITY:
        return INTERNAL_ERROR
    return code


def _discover(offer: Offer, settings: Settings) -> Next:
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

    async def discover(request: Request) -> Answer:
        return answers[request.ctx.protocol_version]

    return discover
