"""The legacy era: `initialize`, then everything else within a session.

https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
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
from ...handlers.questions import Client
from ...incoming import Incoming, Refused, refused
from ...methods.steps import EMPTY, Answer
from ...middleware import Request
from ...parts import Parts
from ..era import ResponseChannel, failed
from .server_requests import ServerRequests, is_response, take_answer
from .sessions import LegacySession, Running

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
            error = invalid_request("An entry of a batch must be an object")
            return jsonrpc.error(None, error)
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

    def notified(self, session: LegacySession, message: Mapping[str, Any]) -> None:
        """Take a notification."""
        params = message.get("params")
        if message["method"] == "notifications/cancelled" and is_object(params):
            request_id = params.get("requestId")
            if jsonrpc.is_request_id(request_id) and request_id in session.running:
                session.running[request_id].cancel("the client cancelled the request")

    async def respond(
        self,
        incoming: Incoming,
        session: LegacySession,
        channel: ResponseChannel,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """The response to a request, or None if it was cancelled."""
        request_id = message["id"]
        if not jsonrpc.is_request_id(request_id):
            error = invalid_request("`id` must be a string or an integer")
            return jsonrpc.error(None, error)
        if not isinstance(message["method"], str):
            error = invalid_request("`method` must be a string")
            return jsonrpc.error(request_id, error)
        try:
            answer = await self._run(incoming, session, channel, request_id, message)
            response = None if answer is None else legacy_result(request_id, answer)
        except Refused as refusal:
            if not incoming.is_streaming:
                raise
            # It is too late for another HTTP status.
            return failed(incoming, message["method"], request_id, refusal.error)
        except Exception as error:
            return failed(incoming, message["method"], request_id, error)
        if answer is None:
            incoming.outcome = "cancelled"
            return None
        if answer.is_error:
            incoming.outcome = "tool_error"
        return response

    async def _run(
        self,
        incoming: Incoming,
        session: LegacySession,
        channel: ResponseChannel,
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
            raise invalid_params("`params` must be an object")
        own = self._own.get(method)
        if own is not None:
            if not session.is_kept and own is not _ping:
                raise invalid_request(
                    f"{method} needs a session; start with `initialize`"
                )
            return own(session, params)
        if request_id in session.running:
            raise invalid_request(f"Request {request_id!r} still runs")
        revision = self._revisions[session.client.version]
        requester = ServerRequests(
            session, revision, channel, self._settings.answer_timeout
        )
        meta = params.get("_meta")
        ctx = Context(
            "legacy",
            request_id,
            session.client,
            meta if is_object(meta) else {},
            incoming,
            channel,
            requester,
            {},
            session.log_floor,
            self._catalog,
            session,
        )
        running = session.running[request_id] = Running(asyncio.current_task(), ctx)
        try:
            return await self._work(running, Request(method, params, ctx, incoming, {}))
        finally:
            del session.running[request_id]
            self._touch(session)

    async def _work(self, running: Running, request: Request) -> Answer | None:
        """Call a method; None if the request was cancelled, whatever came of it."""
        try:
            answer = await self._table[request.method](request)
        except asyncio.CancelledError:
            if not running.cancelled:
                raise
            return None
        except Exception:
            if not running.cancelled:
                raise
            _log.exception("%s failed after it was cancelled", request.method)
            return None
        finally:
            running.end()
        return None if running.cancelled else answer

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
