"""The legacy era: `initialize`, then everything else within a session.

https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from pydantic_core import to_json

from ....core import jsonrpc
from ....core.catalog import JsonObject
from ....core.errors import (
    INTERNAL_ERROR,
    METHOD_NOT_FOUND,
    ProtocolError,
    invalid_params,
    invalid_request,
)
from ....core.jsonrpc import is_object
from ....core.uri.template import MAX_URI
from ...handlers.context import SEVERITY, Context
from ...handlers.contract import Offer
from ...handlers.questions import Client, Question
from ...incoming import Incoming, Refused, Unreadable, refused
from ...methods.steps import EMPTY, Answer
from ...middleware import Request
from ...parts import Parts
from ..era import ResponseChannel, failed
from .server_requests import ServerRequests, is_response, take_answer
from .sessions import LegacySession

_log: Final = logging.getLogger("mcp.server")

_BATCHES_IN: Final = "2025-03-26"
"""The only revision with JSON-RPC batches."""
_LARGEST_CLIENT: Final = 32 * 1024
"""Bytes of the params of `initialize`."""


class Legacy:
    """The codec of legacy messages, and what every session has in all transports."""

    def __init__(self, parts: Parts, touch: Callable[[LegacySession], None]) -> None:
        """Prepare.

        Args:
            parts: What the server consists of.
            touch: Dates a session that has been used.
        """
        self._welcomes = _welcomes(parts.offer)
        self._catalog = parts.catalog
        self._authentication = parts.authentication
        self._table = parts.chain.around(parts.methods)
        self._touch = touch
        self._settings = parts.settings
        self._revisions = parts.offer.legacy
        self._own: Final[
            Mapping[str, Callable[[LegacySession, JsonObject], Answer]]
        ] = {
            "ping": _ping,
            "logging/setLevel": _set_level,
            "resources/subscribe": self._subscribe,
            "resources/unsubscribe": _unsubscribe,
        }
        answered = {*self._table, *self._own}
        self._requests = {
            v: parts.offer.requests_in(r) & answered | parts.custom
            for v, r in parts.offer.legacy.items()
        }

    def negotiate(self, params: Any) -> Client:
        """The client behind an `initialize`, with the version that it will be served in.

        Raises:
            ProtocolError: The parameters are malformed, or too long to be kept.
        """
        if len(to_json(params)) > _LARGEST_CLIENT:
            # The session keeps it for as long as it lives.
            raise invalid_params(f"`initialize` params exceed {_LARGEST_CLIENT} bytes")
        if not is_object(params):
            raise invalid_params("`params` must be an object")
        wanted = params.get("protocolVersion")
        capabilities, info = params.get("capabilities"), params.get("clientInfo")
        if not isinstance(wanted, str):
            raise invalid_params("`protocolVersion` must be a string")
        if not is_object(capabilities) or not is_object(info):
            raise invalid_params("`capabilities` and `clientInfo` must be objects")
        version = wanted if wanted in self._revisions else next(iter(self._revisions))
        return Client(version, info, capabilities)

    def welcome(self, request_id: jsonrpc.RequestId, client: Client) -> bytes:
        """The response to `initialize`."""
        return jsonrpc.result(request_id, self._welcomes[client.version])

    def require(self, incoming: Incoming, messages: Sequence[Any]) -> None:
        """Refuse requests that need scopes which the caller lacks, naming all of them.

        Raises:
            Refused: 403; of a batch, nothing is worked on then.
        """
        if self._authentication is None:
            return
        scopes: list[str] = []
        for message in messages:
            if is_object(message) and "id" in message:
                method, params = message.get("method"), message.get("params")
                scopes += self._authentication.needed(method, params)
        if scopes:
            first = messages[0].get("id") if len(messages) == 1 else None
            request_id = first if jsonrpc.is_request_id(first) else None
            self._authentication.require(incoming, scopes, request_id)

    def check_batch(self, size: int) -> None:
        """Refuse a batch of too many messages, or none.

        Raises:
            Refused: 400.
        """
        if not size:
            raise refused(400, "A batch must have at least one message")
        most = self._settings.max_batch
        if most and size > most:
            raise refused(400, f"A batch may have {most} messages; setting max_batch")

    async def batch(
        self,
        incoming: Incoming,
        session: LegacySession,
        channel: ResponseChannel,
        messages: Sequence[Any],
    ) -> list[bytes]:
        """The responses to a batch.

        Raises:
            Refused: There is no such thing in the session's revision.
        """
        if session.client.version != _BATCHES_IN:
            raise refused(400, f"Only {_BATCHES_IN} has batches")
        incoming.method = "batch"
        self.require(incoming, messages)
        responses = await asyncio.gather(
            *(self._entry(incoming, session, channel, each) for each in messages),
            return_exceptions=True,
        )
        return [
            _failed(message) if isinstance(each, BaseException) else each
            for each, message in zip(responses, messages, strict=True)
            if each is not None
        ]

    async def _entry(
        self,
        incoming: Incoming,
        session: LegacySession,
        channel: ResponseChannel,
        message: Any,
    ) -> bytes | None:
        if not is_object(message):
            problem = "An entry of a batch must be an object"
            return jsonrpc.error(None, invalid_request(problem))
        try:
            message = Incoming().checked(message)
        except Unreadable as error:
            return jsonrpc.error(error.request_id, error)
        if "method" not in message:
            if take_answer(session, message) or is_response(message):
                return None
            problem = "Neither a request, a notification nor a response"
            return jsonrpc.error(None, invalid_request(problem))
        if "id" not in message:
            self.notified(session, message)
            return None
        try:
            return await self.respond(incoming, session, channel, message)
        except Refused as refusal:
            # The batch is one HTTP answer, so this entry's refusal is in the body alone.
            return jsonrpc.error(message["id"], refusal.error)

    def notified(self, session: LegacySession, message: Mapping[str, Any]) -> bool:
        """Take a notification; whether it cancels a request that still runs."""
        params = message.get("params")
        if message["method"] != "notifications/cancelled" or not is_object(params):
            return False
        request_id = params.get("requestId")
        reason = "the client cancelled the request"
        return jsonrpc.is_request_id(request_id) and session.cancel(request_id, reason)

    async def respond(
        self,
        incoming: Incoming,
        session: LegacySession,
        channel: ResponseChannel,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """The response to a request, or None if it was cancelled."""
        request_id, method = message["id"], message["method"]
        try:
            params = self._params(session, message)
            own = self._own.get(method)
            answer = (
                await self._call(incoming, session, channel, message, params)
                if own is None
                else own(session, params)
            )
            if answer is None:
                incoming.outcome = "cancelled"
                return None
            response = legacy_result(request_id, answer)
        except Refused as refusal:
            if not incoming.is_streaming:
                raise
            # It is too late for another HTTP status.
            return failed(incoming, method, request_id, refusal.error)
        except Exception as error:
            return failed(incoming, method, request_id, error)
        if answer.is_error:
            incoming.outcome = "tool_error"
        return response

    def _params(self, session: LegacySession, message: Mapping[str, Any]) -> JsonObject:
        """The parameters of a request that may be made now.

        Raises:
            ProtocolError: It may not.
        """
        method, params = message["method"], message.get("params")
        if method not in self._requests[session.client.version]:
            raise ProtocolError(METHOD_NOT_FOUND, f"Method not found: {method}")
        if params is not None and not is_object(params):
            raise invalid_params("`params` must be an object")
        if not session.is_kept and method in self._own and method != "ping":
            raise invalid_request(f"{method} needs a session; start with `initialize`")
        return params or {}

    async def _call(
        self,
        incoming: Incoming,
        session: LegacySession,
        channel: ResponseChannel,
        message: Mapping[str, Any],
        params: JsonObject,
    ) -> Answer | None:
        """Call a method; None if the request was cancelled, whatever came of it."""
        request_id, method = message["id"], message["method"]
        if request_id in session.running:
            raise invalid_request(f"Request {request_id!r} still runs")
        meta = params.get("_meta")
        ctx = Context(
            "legacy",
            request_id,
            session.client,
            meta if is_object(meta) else {},
            incoming,
            channel,
            partial(self._ask, session, channel),
            {},
            session.log_floor,
            self._catalog,
            session,
        )
        task = asyncio.current_task()
        running = session.running[request_id] = task, ctx
        answer: Answer | None = None
        try:
            request = Request(method, params, ctx, incoming, {})
            answer = await self._table[method](request)
        except (asyncio.CancelledError, Exception) as error:
            if session.running.get(request_id) is running:
                raise
            if isinstance(error, Exception):
                _log.exception("%s failed after it was cancelled", method)
        finally:
            cancelled = session.running.pop(request_id) is not running
            if cancelled and task is not None:
                # It goes on with something else.
                task.uncancel()
            self._touch(session)
        return None if cancelled else answer

    async def _ask(
        self,
        session: LegacySession,
        channel: ResponseChannel,
        questions: Mapping[str, Question[Any]],
    ) -> dict[str, Any]:
        """Ask the client of a session."""
        revision = self._revisions[session.client.version]
        timeout = self._settings.answer_timeout
        return await ServerRequests(session, revision, channel, timeout).ask(questions)

    def _subscribe(self, session: LegacySession, params: JsonObject) -> Answer:
        uri = _uri(params)
        if len(uri) > MAX_URI:
            raise invalid_params(f"`uri` has more than {MAX_URI} characters")
        if len(session.subscribed) >= self._settings.max_subscriptions:
            raise invalid_request("Too many subscriptions")
        session.subscribed.add(uri)
        return EMPTY


def _welcomes(offer: Offer) -> dict[str, bytes]:
    """What `initialize` is answered with in each version."""
    welcomes: dict[str, bytes] = {}
    for version, revision in offer.legacy.items():
        result: dict[str, Any] = {
            "protocolVersion": version,
            "capabilities": offer.capabilities_in(revision),
            "serverInfo": offer.server,
        }
        if offer.instructions is not None:
            result["instructions"] = offer.instructions
        welcomes[version] = to_json(result)[1:-1]
    return welcomes


def _failed(message: Mapping[str, Any]) -> bytes:
    """The response for an entry of a batch whose handler cancelled its own task."""
    return jsonrpc.error(message["id"], ProtocolError(INTERNAL_ERROR, "Internal error"))


def _ping(session: LegacySession, params: JsonObject) -> Answer:
    return EMPTY


def _unsubscribe(session: LegacySession, params: JsonObject) -> Answer:
    session.subscribed.discard(_uri(params))
    return EMPTY


def _set_level(session: LegacySession, params: JsonObject) -> Answer:
    level = params.get("level")
    if not isinstance(level, str) or level not in SEVERITY:
        raise invalid_params(f"`level` must be one of {', '.join(SEVERITY)}")
    session.log_floor = SEVERITY[level]
    return EMPTY


def _uri(params: JsonObject) -> str:
    uri = params.get("uri")
    if not isinstance(uri, str):
        raise invalid_params("`uri` must be a string")
    return uri


def legacy_result(request_id: jsonrpc.RequestId, answer: Answer) -> bytes:
    """The response of a legacy request."""
    if answer.meta is None:
        return jsonrpc.result(request_id, answer.members)
    meta = b'"_meta":' + jsonrpc.encode(answer.meta)
    members = b"%b,%b" % (meta, answer.members) if answer.members else meta
    return jsonrpc.result(request_id, members)
