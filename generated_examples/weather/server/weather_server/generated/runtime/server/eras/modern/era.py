"""The modern era: every request stands alone and says who sends it.

Its envelope is `_meta`, checked, and the headers that repeat parts of the body.
https://modelcontextprotocol.io/specification/2026-07-28/basic/index
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from multidict import CIMultiDictProxy
from pydantic_core import to_json

from ....core import headers as mirrored
from ....core import jsonrpc
from ....core.catalog import Json, JsonObject
from ....core.errors import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    MISSING_CLIENT_CAPABILITY,
    RESOURCE_NOT_FOUND,
    URL_ELICITATION_REQUIRED,
    ProtocolError,
    invalid_params,
    unsupported_version,
)
from ....core.jsonrpc import is_object
from ...handlers.context import SEVERITY, Context
from ...handlers.contract import Offer
from ...handlers.questions import Client, InputRequired
from ...incoming import Incoming, Refused
from ...methods.steps import Answer, arguments
from ...middleware import Next, Request
from ...parts import Parts
from ...settings import Settings
from ...transports.http import exchange as names
from ..era import ResponseChannel, failed
from .round_trip import (
    ASKING_METHODS,
    MultiRoundTrip,
    StateSealer,
    ask_first,
)
from .subscriptions import SUBSCRIPTION_ID, Subscription, Subscriptions

_log: Final = logging.getLogger("mcp.server")

PROTOCOL_VERSION: Final = "io.modelcontextprotocol/protocolVersion"
CLIENT_INFO: Final = "io.modelcontextprotocol/clientInfo"
CLIENT_CAPABILITIES: Final = "io.modelcontextprotocol/clientCapabilities"
LOG_LEVEL: Final = "io.modelcontextprotocol/logLevel"
LISTEN: Final = "subscriptions/listen"
SERVER_INFO: Final = "io.modelcontextprotocol/serverInfo"

MARKS: Final = frozenset({PROTOCOL_VERSION, CLIENT_CAPABILITIES, CLIENT_INFO})
"""Keys of `_meta` that only modern requests have."""

Headers = CIMultiDictProxy[str]

_NOTHING: Final[dict[str, Json]] = {}

_LEGACY_CODES: Final = frozenset([RESOURCE_NOT_FOUND, URL_ELICITATION_REQUIRED])
"""Codes that handlers may raise but that this era does not send."""

_RESERVED: Final = range(-32099, -32019)
"""Codes of the specification alone."""


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
        self._info = {SERVER_INFO: offer.server}
        meta = to_json(self._info)
        self._complete = b'"resultType":"complete","_meta":%b' % meta
        self._input_required = b'"resultType":"input_required","_meta":%b,' % meta
        self.subscriptions: Final = Subscriptions(parts.catalog.changes, settings)
        """The open subscriptions."""
        self._sealer = StateSealer(
            [key.get_secret_value() for key in settings.state_keys],
            settings.state_lifetime,
        )
        self._table = parts.chain.around(
            {**parts.methods, "server/discover": _discover(offer, settings)}
        )
        answered = {*self._table, LISTEN}
        self._requests = {
            v: offer.requests_in(r) & answered | parts.custom
            for v, r in offer.modern.items()
        }

    def decode(
        self,
        incoming: Incoming,
        message: Mapping[str, Any],
        headers: Headers | None = None,
    ) -> tuple[Client, int | None]:
        """Check all that can be wrong before a method runs, in the order of harm.

        Args:
            incoming: Who sends it.
            message: The request.
            headers: The HTTP headers that repeat parts of it; None in other transports.

        Returns:
            Who sends it, as it says, and the severity from which on it wants log
            messages; None for none.

        Raises:
            ProtocolError: It is malformed, or there is no such method.
            Refused: The caller lacks a scope.
        """
        method, params = message["method"], message.get("params")
        if not is_object(params):
            params = {}
        try:
            client = read_client(params.get("_meta"))
            if headers is not None:
                check_headers(headers, client.version, method, params)
            requests = self._requests.get(client.version)
            if requests is None:
                # Names every version that is served, of both eras.
                raise unsupported_version(client.version, self._versions)
            if method not in requests:
                raise ProtocolError(METHOD_NOT_FOUND, f"Method not found: {method}")
        except ProtocolError as error:
            if method == "initialize":
                error = self._explained(error, params)
            raise error from None
        meta: JsonObject = params["_meta"]
        floor = log_floor(meta) if LOG_LEVEL in meta else None
        if self._authentication is not None:
            needed = self._authentication.needed(method, params)
            if needed:
                self._authentication.require(incoming, needed, incoming.request_id)
        if headers is not None and method == "tools/call":
            self._check_parameters(headers, params)
        return client, floor

    def _explained(self, error: ProtocolError, params: JsonObject) -> ProtocolError:
        """The error of an `initialize`, with the versions that are served."""
        wanted = params.get("protocolVersion")
        if "_meta" not in params and isinstance(wanted, str):
            error = unsupported_version(wanted[:50], self._versions)
        # All that a legacy client can show to its user is this message.
        error.message += f"; served are {', '.join(self._versions)}"
        return error

    def _check_parameters(self, headers: Headers, params: JsonObject) -> None:
        name = params.get("name")
        tool = self._catalog.tools.steps.get(name) if isinstance(name, str) else None
        if tool is not None and tool.headers:
            check_parameters(headers, tool.headers, arguments(params))

    async def answer(
        self,
        incoming: Incoming,
        message: Mapping[str, Any],
        decoded: tuple[Client, int | None],
        channel: ResponseChannel,
    ) -> tuple[bytes, int | None]:
        """Run a request through the middleware to its method.

        Returns:
            The response, and the code of the error that is in it.

        Raises:
            Refused: There are too many calls.
        """
        request_id, method = message["id"], message["method"]
        params: JsonObject = message["params"]
        client, log_floor = decoded
        rounds: MultiRoundTrip | None = None
        try:
            if "requestState" in params or "inputResponses" in params:
                rounds = self._rounds(incoming, client, method, params)
            ctx = channel.ctx = Context(
                "modern",
                request_id,
                client,
                params["_meta"],  # type: ignore[arg-type]  # decode has checked it
                incoming,
                channel,
                partial(ask_first, client) if rounds is None else rounds.ask,
                {} if rounds is None else rounds.values,
                log_floor,
                self._catalog,
            )
            work = self._table[method](Request(method, params, ctx, incoming, {}))
            if rounds is not None and rounds.repeats is not None:
                name = params.get("name", params.get("uri"))
                work = rounds.repeats.watch(work, f"{method} {name!r}")
            try:
                answer = await work
            except InputRequired as required:
                if method not in ASKING_METHODS:
                    raise RuntimeError(f"{method} can't ask the client") from None
                rounds = rounds or self._rounds(incoming, client, method, params)
                rounds.values = ctx.state
                incoming.outcome = "input_required"
                asked = self._input_required + rounds.result(required)
                return jsonrpc.result(request_id, asked), None
            if answer.is_error:
                incoming.outcome = "tool_error"
            return self.complete(request_id, answer), None
        except Refused:
            raise
        except Exception as error:
            code = INTERNAL_ERROR
            if isinstance(error, ProtocolError):
                code = error.code = _sendable(error.code)
            return failed(incoming, method, request_id, error), code
        finally:
            # Without this, every request would be garbage for the cycle collector.
            channel.ctx = None

    def _rounds(
        self, incoming: Incoming, client: Client, method: str, params: JsonObject
    ) -> MultiRoundTrip:
        return MultiRoundTrip(
            client, self._sealer, method, params, incoming.owner, self._observed
        )

    def complete(self, request_id: jsonrpc.RequestId, answer: Answer) -> bytes:
        """The response of a request that is done."""
        head = self._complete
        if answer.meta is not None:
            meta = jsonrpc.encode({**self._info, **answer.meta})
            head = b'"resultType":"complete","_meta":%b' % meta
        members = b"%b,%b" % (head, answer.members) if answer.members else head
        return jsonrpc.result(request_id, members)

    def ended(self, subscription: Subscription) -> bytes:
        """The response that ends a subscription."""
        request_id = subscription.request_id
        return self.complete(request_id, Answer(b"", {SUBSCRIPTION_ID: request_id}))


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


def read_client(meta: Json) -> Client:
    """The client behind a request, from its `_meta`.

    Raises:
        ProtocolError: A required key is missing, or a value has the wrong type.
    """
    if not isinstance(meta, dict):
        raise invalid_params("`params._meta` must be an object")
    try:
        version, capabilities = meta[PROTOCOL_VERSION], meta[CLIENT_CAPABILITIES]
    except KeyError as missing:
        raise invalid_params(f"`params._meta` lacks {missing.args[0]}") from None
    info = meta.get(CLIENT_INFO, _NOTHING)
    if not isinstance(version, str):
        raise invalid_params(f"{PROTOCOL_VERSION} must be a string")
    if not isinstance(capabilities, dict):
        raise invalid_params(f"{CLIENT_CAPABILITIES} must be an object")
    if not isinstance(info, dict):
        raise invalid_params(f"{CLIENT_INFO} must be an object")
    return Client(version, info, capabilities)


def log_floor(meta: Json) -> int | None:
    """The severity from which on a request wants log messages; None for none at all.

    Raises:
        ProtocolError: The level is not one.
    """
    level = meta.get(LOG_LEVEL) if isinstance(meta, dict) else None
    if level is None:
        return None
    if not isinstance(level, str) or level not in SEVERITY:
        raise invalid_params(f"{LOG_LEVEL} must be one of {', '.join(SEVERITY)}")
    return SEVERITY[level]


def check_headers(
    headers: Headers, version: str, method: str, params: JsonObject
) -> None:
    """Compare the standard headers with the body.

    Raises:
        ProtocolError: One is missing, or says something else.
    """
    # The common case is decided by comparing; `_compare` finds the words for the others.
    if headers.getall(names.PROTOCOL_VERSION, None) != [version]:
        _compare(headers, names.PROTOCOL_VERSION, version)
    if headers.getall(names.METHOD, None) != [method]:
        _compare(headers, names.METHOD, method)
    key = mirrored.NAMED_BY.get(method)
    if key is not None:
        name = params.get(key)
        if isinstance(name, str) and (
            headers.getall(names.NAME, None) != [name] or name.startswith("=?base64?")
        ):
            _compare(headers, names.NAME, name, encoded=True)


def check_notification(headers: Headers, method: str) -> None:
    """Compare a notification with the header that names its method, which it may lack.

    Raises:
        ProtocolError: The header says something else.
    """
    if headers.getall(names.METHOD, [method]) != [method]:
        _compare(headers, names.METHOD, method)


def check_parameters(
    headers: Headers,
    parameters: Iterable[mirrored.HeaderParameter],
    arguments: JsonObject,
) -> None:
    """Compare the `Mcp-Param-*` headers of a call with its arguments.

    Raises:
        ProtocolError: One is missing, surplus, malformed or says something else.
    """
    for parameter in parameters:
        received = headers.getall(parameter.header, [])
        problem = mirrored.parameter_mismatch(parameter, arguments, received)
        if problem is not None:
            raise _mismatch(problem)


def _compare(
    headers: Headers, name: str, expected: str, *, encoded: bool = False
) -> None:
    received = headers.getall(name, [])
    if not received:
        raise _mismatch(f"{name} is missing")
    if len(received) > 1:
        raise _mismatch(f"{name} was sent {len(received)} times")
    value = received[0]
    if encoded:
        try:
            value = mirrored.decode(value)
        except ValueError as error:
            raise _mismatch(f"{name} {error}") from None
    if value != expected:
        raise _mismatch(
            f"{name} is {value[:200]!r}, but the body says {expected[:200]!r}"
        )


def _mismatch(message: str) -> ProtocolError:
    return ProtocolError(HEADER_MISMATCH, f"Header mismatch: {message}")
