"""The legacy era: `initialize`, then everything else within a session.

https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from pydantic_core import to_json

from ....core import headers, jsonrpc
from ....core.catalog import JsonObject
from ....core.errors import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    ProtocolError,
)
from ....core.jsonrpc import is_object
from ....core.uri.template import MAX_URI
from ...features.limits.limits import Limits
from ...handlers.context import Context
from ...handlers.invoke import Contained
from ...handlers.ports import SEVERITY
from ...hooks import Hooks
from ...methods.answer import EMPTY, Answer
from ...methods.capabilities import Offer
from ...methods.leaving import leave
from ...methods.registry import LiveCatalog
from ...methods.table import Methods
from ...settings import Settings
from ...transports.http.exchange import Exchange, Refused, refused
from ...transports.http.watch import Watch
from ..framing import error_response, legacy_result
from .handshake import Handshake
from .registry import Registry
from .server_requests import ServerRequests, is_response, take_answer
from .session_outlet import SessionOutlet
from .sessions import Running, Session

if TYPE_CHECKING:
    from ...features.auth.gate import Gate

_log: Final = logging.getLogger("mcp.server")

_BATCHES_IN: Final = "2025-03-26"
_LARGEST_CLIENT: Final = 32 * 1024
"""Bytes of what a client may say of itself."""
"""The only revision with JSON-RPC batches."""


class Legacy:
    """Answers legacy requests."""

    def __init__(
        self,
        offer: Offer,
        catalog: LiveCatalog,
        methods: Methods,
        registry: Registry,
        watch: Watch,
        settings: Settings,
        limits: Limits,
        hooks: Hooks,
        gate: Gate | None = None,
    ) -> None:
        self._limits = limits
        self._handshake = Handshake(offer)
        self._catalog = catalog
        self._gate = gate
        self._table = hooks.around(methods.table)
        self._registry = registry
        self._watch = watch
        self._settings = settings
        self._revisions = offer.legacy
        self._own: Final[Mapping[str, Callable[[Session, JsonObject], Answer]]] = {
            "ping": _ping,
            "logging/setLevel": _set_level,
            "resources/subscribe": self._subscribe,
            "resources/unsubscribe": _unsubscribe,
        }
        answered = {*self._table, *self._own}
        self._requests = {
            v: offer.requests_in(r) & answered for v, r in offer.legacy.items()
        }

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
        session = self._registry.find(exchange)
        if "method" not in message:
            taken = take_answer(session, message)
            if not taken and not is_response(message):
                raise refused(400, "Neither a request, a notification nor a response")
            return exchange.accepted()
        exchange.method = str(message["method"])[:100]
        if "id" not in message:
            self._notified(session, message)
            return exchange.accepted()
        self._require(exchange, [message])
        outlet = SessionOutlet(exchange, session, self._settings)
        self._watch.add(outlet)
        try:
            response = await self._respond(exchange, session, outlet, message)
            if response is None:
                return await outlet.finish([], cancelled=True)
            return await outlet.finish([response])
        finally:
            self._watch.discard(outlet)
            outlet.close()

    async def batch(
        self, exchange: Exchange, messages: list[Any]
    ) -> web.StreamResponse:
        """Answer a batch.

        Raises:
            Refused: There is no such thing in the session's revision.
        """
        session = self._registry.find(exchange)
        if session.client.version != _BATCHES_IN or not messages:
            raise refused(400, f"Only {_BATCHES_IN} has batches, and none are empty")
        exchange.method = "batch"
        self._require(exchange, messages)
        outlet = SessionOutlet(exchange, session, self._settings)
        self._watch.add(outlet)
        try:
            responses = await asyncio.gather(
                *(self._entry(exchange, session, outlet, each) for each in messages),
                return_exceptions=True,
            )
            answered = [
                _failed(message) if isinstance(each, BaseException) else each
                for each, message in zip(responses, messages, strict=True)
                if each is not None
            ]
            return await outlet.finish(answered, batch=True)
        finally:
            self._watch.discard(outlet)
            outlet.close()

    def _require(self, exchange: Exchange, messages: list[Any]) -> None:
        """Refuse requests that need scopes which the caller lacks, naming all of them.

        Raises:
            Refused: 403; of a batch, nothing is worked on then.
        """
        if self._gate is None:
            return
        scopes: list[str] = []
        for message in messages:
            if is_object(message) and "id" in message:
                method, params = message.get("method"), message.get("params")
                scopes += self._gate.needed(method, params)
        if scopes:
            first = messages[0].get("id") if len(messages) == 1 else None
            request_id = first if jsonrpc.is_request_id(first) else None
            self._gate.require(exchange, scopes, request_id)

    async def _entry(
        self, exchange: Exchange, session: Session, outlet: SessionOutlet, message: Any
    ) -> bytes | None:
        if not is_object(message):
            error = ProtocolError(
                INVALID_REQUEST, "An entry of a batch must be an object"
            )
            return jsonrpc.error(None, error)
        if "method" not in message:
            if take_answer(session, message) or is_response(message):
                return None
            problem = "Neither a request, a notification nor a response"
            return jsonrpc.error(None, ProtocolError(INVALID_REQUEST, problem))
        if "id" not in message:
            self._notified(session, message)
            return None
        try:
            return await self._respond(exchange, session, outlet, message)
        except Refused as refusal:
            # The batch is one HTTP answer, so this entry's refusal is in the body alone.
            return jsonrpc.error(message["id"], refusal.error)

    def _initialize(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        request_id = message.get("id")
        if not jsonrpc.is_request_id(request_id):
            raise refused(400, "`id` must be a string or an integer")
        params = message.get("params")
        if len(to_json(params)) > _LARGEST_CLIENT:
            # The session keeps it for as long as it lives.
            error = ProtocolError(
                INVALID_PARAMS,
                f"What a client says of itself may have {_LARGEST_CLIENT} bytes",
            )
            return exchange.failure(error, 400, request_id)
        if self._registry.is_within(exchange):
            error = ProtocolError(
                INVALID_REQUEST,
                "The session is initialized already; leave out "
                f"{headers.SESSION_ID} for a new one",
            )
            return exchange.failure(error, 400, request_id)
        try:
            client = self._handshake.negotiate(params)
        except ProtocolError as error:
            return exchange.failure(error, 400, request_id)
        session = self._registry.open(exchange, client)
        exchange.session_id = session.id
        exchange.headers[headers.SESSION_ID] = session.id
        answer = self._handshake.result(client)
        return exchange.json(legacy_result(request_id, answer))

    def _notified(self, session: Session, message: Mapping[str, Any]) -> None:
        params = message.get("params")
        if message["method"] == "notifications/cancelled" and is_object(params):
            request_id = params.get("requestId")
            if jsonrpc.is_request_id(request_id) and request_id in session.running:
                session.running[request_id].cancel("the client cancelled the request")

    async def _respond(
        self,
        exchange: Exchange,
        session: Session,
        outlet: SessionOutlet,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """The response to a request, or None if it was cancelled."""
        request_id = message["id"]
        if not jsonrpc.is_request_id(request_id):
            error = ProtocolError(
                INVALID_REQUEST, "`id` must be a string or an integer"
            )
            return jsonrpc.error(None, error)
        if not isinstance(message["method"], str):
            error = ProtocolError(INVALID_REQUEST, "`method` must be a string")
            return jsonrpc.error(request_id, error)
        try:
            answer = await self._run(exchange, session, outlet, request_id, message)
            response = None if answer is None else legacy_result(request_id, answer)
        except ProtocolError as error:
            exchange.outcome = f"error {error.code}"
            return error_response(request_id, error)
        except Refused as refusal:
            if exchange.stream is None:
                raise
            # It is too late for another HTTP status.
            exchange.outcome = f"error {refusal.error.code}"
            return error_response(request_id, refusal.error)
        except Exception:
            _log.exception("%s failed", message["method"])
            exchange.outcome = f"error {INTERNAL_ERROR}"
            internal = ProtocolError(INTERNAL_ERROR, "Internal error")
            return jsonrpc.error(request_id, internal)
        if answer is None:
            exchange.outcome = "cancelled"
            return None
        if answer.is_error:
            exchange.outcome = "tool_error"
        return response

    async def _run(
        self,
        exchange: Exchange,
        session: Session,
        outlet: SessionOutlet,
        request_id: jsonrpc.RequestId,
        message: Mapping[str, Any],
    ) -> Answer | None:
        method: str = message["method"]
        params: Any = message.get("params")
        if params is None:
            params = {}
        if method not in self._requests[session.client.version]:
            raise ProtocolError(METHOD_NOT_FOUND, f"Method not found: {method}")
        if not is_object(params):
            raise ProtocolError(INVALID_PARAMS, "`params` must be an object")
        own = self._own.get(method)
        if own is not None:
            return own(session, params)
        await self._limits.enter(exchange)
        if request_id in session.running:
            # Counting may have taken its time, in which another one of a batch began.
            await self._limits.leave(exchange)
            raise ProtocolError(INVALID_REQUEST, f"Request {request_id!r} still runs")
        revision = self._revisions[session.client.version]
        asker = ServerRequests(session, revision, outlet, self._settings.answer_timeout)
        meta = params.get("_meta")
        ctx = Context(
            "legacy",
            session.client,
            request_id,
            meta if is_object(meta) else {},
            exchange.visible_headers,
            session,
            self._catalog,
            outlet,
            asker,
            session.log_floor,
            {},
            asyncio.get_running_loop(),
            exchange.principal,
        )
        running = session.running[request_id] = Running(asyncio.current_task(), ctx)
        try:
            return await self._work(running, method, params)
        finally:
            del session.running[request_id]
            self._registry.touch(session)
            await leave(ctx, self._limits, exchange)

    async def _work(
        self, running: Running, method: str, params: JsonObject
    ) -> Answer | None:
        """Call a method; None if the request was cancelled, whatever came of it."""
        try:
            with Contained():
                answer = await self._table[method](params, running.ctx)
        except asyncio.CancelledError:
            if not running.cancelled:
                raise
            return None
        except Exception:
            if not running.cancelled:
                raise
            _log.exception("%s failed after it was cancelled", method)
            return None
        finally:
            running.end()
        return None if running.cancelled else answer

    def _subscribe(self, session: Session, params: JsonObject) -> Answer:
        uri = _uri(params)
        if len(uri) > MAX_URI:
            raise ProtocolError(
                INVALID_PARAMS, f"`uri` has more than {MAX_URI} characters"
            )
        if len(session.subscribed) >= self._settings.max_subscriptions:
            raise ProtocolError(INVALID_REQUEST, "Too many subscriptions")
        session.subscribed.add(uri)
        return EMPTY


def _failed(message: Mapping[str, Any]) -> bytes:
    """The response for an entry of a batch whose handler cancelled its own task."""
    return jsonrpc.error(message["id"], ProtocolError(INTERNAL_ERROR, "Internal error"))


def _ping(session: Session, params: JsonObject) -> Answer:
    return EMPTY


def _unsubscribe(session: Session, params: JsonObject) -> Answer:
    session.subscribed.discard(_uri(params))
    return EMPTY


def _set_level(session: Session, params: JsonObject) -> Answer:
    level = params.get("level")
    if not isinstance(level, str) or level not in SEVERITY:
        raise ProtocolError(
            INVALID_PARAMS, f"`level` must be one of {', '.join(SEVERITY)}"
        )
    session.log_floor = SEVERITY[level]
    return EMPTY


def _uri(params: JsonObject) -> str:
    uri = params.get("uri")
    if not isinstance(uri, str):
        raise ProtocolError(INVALID_PARAMS, "`uri` must be a string")
    return uri
