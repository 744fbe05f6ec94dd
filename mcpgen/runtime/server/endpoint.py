"""The MCP endpoint: one HTTP request in, one answer out, whichever era it is of.

Decides the era of each request by itself, as "Versioning and Compatibility" says.
https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning#backward-compatibility-with-initialization-based-versions
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import hdrs, web

from ..core import jsonrpc
from ..core.errors import INTERNAL_ERROR, INVALID_REQUEST, ProtocolError
from ..core.headers import NAMED_BY
from ..core.jsonrpc import is_array, is_object
from .admission import AccessLog
from .eras.legacy.http import LegacyHttp
from .eras.legacy.session_manager import SessionManager
from .eras.modern import envelope
from .eras.modern.http import ModernHttp
from .incoming import OVERLOADED, TOO_MANY, Refused, refused
from .parts import Parts
from .reading import Unreadable, has_more_values, parse
from .transports.http import names
from .transports.http.exchange import (
    ENCODINGS,
    Exchange,
    read_body,
    unsupported_encoding,
)
from .transports.http.guard import Guard
from .transports.http.sse import event

_log: Final = logging.getLogger("mcp.server")

_SMALL_BODY: Final = 64 * 1024
"""Bytes of a refused body in which the id is looked for."""
_SMALL: Final = 128 * 1024
"""Bytes of a body that is parsed at once, in a few milliseconds."""


class Endpoint:
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
        self._guard = guard
        self._limits = parts.limits
        self._authentication = parts.authentication
        self._modern = modern
        self._legacy = legacy
        self._legacy_versions = frozenset(parts.offer.legacy)
        self._session_manager = session_manager
        self._access = access
        self._max_body = parts.settings.max_body
        self._max_values = parts.settings.max_values
        self._body_timeout = parts.settings.body_timeout
        self._allow = (
            "POST, OPTIONS" if legacy is None else "GET, POST, DELETE, OPTIONS"
        )
        self._running: set[asyncio.Task[object] | None] = set()

    async def cancel(self, seconds: float) -> None:
        """Cancel all requests that are being answered, and wait for them to end.

        Args:
            seconds: How long to wait; what has not ended by then is left alone.
        """
        running = {task for task in self._running if task is not None}
        if not running:
            return
        for task in running:
            if not task.cancelling():
                task.cancel()
        _, left = await asyncio.wait(running, timeout=seconds)
        if left:
            _log.warning(
                "%d canceled calls did not end within %g s", len(left), seconds
            )

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request."""
        started = time.perf_counter()
        exchange = Exchange(request)
        status = 499  # the client closed the connection before there was an answer
        task = asyncio.current_task()
        self._running.add(task)
        try:
            response = await self._answer(exchange)
            status = response.status
        except BaseException:
            if exchange.outcome == "ok":
                exchange.outcome = "aborted"
            raise
        finally:
            self._running.discard(task)
            self._access.write(exchange, status, time.perf_counter() - started)
        return response

    async def _answer(self, exchange: Exchange) -> web.StreamResponse:
        request = exchange.request
        try:
            if request.method == "OPTIONS":
                await self._limits.admit(exchange)
                return self._guard.preflight(request, self._allow)
            await self._admit(exchange)
            if request.method == "POST":
                return await self._post(exchange)
            if self._legacy is not None and request.method == "GET":
                async with self._limits.streaming(exchange):
                    return await self._session_manager.listen(exchange)
            if self._legacy is not None and request.method == "DELETE":
                return await self._session_manager.delete(exchange)
            raise refused(
                405, f"{request.method} is not served here", {"Allow": self._allow}
            )
        except Refused as refusal:
            exchange.headers.update(refusal.headers)
            request_id = refusal.request_id
            if refusal.status in (TOO_MANY, OVERLOADED):
                request_id = _id_of(exchange)
            return await self._fail(exchange, refusal.error, refusal.status, request_id)
        except ProtocolError as error:
            known = error.request_id if isinstance(error, Unreadable) else None
            return await self._fail(exchange, error, 400, known)
        except ConnectionError:
            raise
        except Exception:
            _log.exception("a request failed")
            internal = ProtocolError(INTERNAL_ERROR, "Internal error")
            return await self._fail(exchange, internal, 500)

    async def _fail(
        self,
        exchange: Exchange,
        error: ProtocolError,
        status: int,
        request_id: jsonrpc.RequestId | None = None,
    ) -> web.StreamResponse:
        """Answer with an error: by its HTTP status, or as an event once a stream is open."""
        if exchange.stream is None:
            return exchange.failure(error, status, request_id)
        exchange.outcome = f"error {error.code}"
        if request_id is None:
            request_id = exchange.request_id
        return await exchange.end(event(jsonrpc.error(request_id, error)))

    async def _admit(self, exchange: Exchange) -> None:
        """Let a request in, by where it comes from, how many came, and who sends it."""
        try:
            exchange.headers = self._guard.check(exchange.request)
        except Refused:
            # Whoever is not welcome counts, too.
            await self._limits.admit(exchange)
            raise
        await self._limits.admit(exchange)
        if self._authentication is not None:
            owner = await self._authentication.admit(exchange)
            await self._limits.identify(exchange, owner)

    async def _post(self, exchange: Exchange) -> web.StreamResponse:
        request = exchange.request
        _check_form(request)
        exchange.require_accept()
        body = await read_body(request, self._max_body, self._body_timeout)
        # A large one takes a while, in which others want to be served.
        message = (
            self._read(body)
            if len(body) <= _SMALL
            else await asyncio.to_thread(self._read, body)
        )
        if is_array(message):
            return await self._batch(exchange, message)
        if not is_object(message) or message.get("jsonrpc") != "2.0":
            raise ProtocolError(INVALID_REQUEST, "Not a JSON-RPC 2.0 message")
        request_id = message.get("id")
        if jsonrpc.is_request_id(request_id):
            exchange.request_id = request_id
        params = message.get("params")
        if is_object(params):
            _note_target(exchange, message.get("method"), params)
        if self._modern is not None and self._is_modern(exchange, message, params):
            return await self._modern.post(exchange, message)
        if self._legacy is not None:
            return await self._legacy.post(exchange, message)
        raise refused(400, "No protocol revision is served")

    def _read(self, body: bytes) -> Any:
        """The JSON value of a body.

        The parser, the validator and the models each keep the interpreter to themselves
        for as long as they take, which their number of values bounds.
        """
        if has_more_values(body, self._max_values):
            raise refused(
                413,
                f"The request body has more than {self._max_values} values; setting "
                "max_values",
            )
        return parse(body)

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


def _check_form(request: web.BaseRequest) -> None:
    """Refuse bodies that are not JSON by their headers, or not packed as can be read."""
    headers = request.headers
    if (
        headers.get(hdrs.CONTENT_TYPE) != "application/json"
        and request.content_type != "application/json"
    ):
        raise refused(415, "Content-Type must be application/json")
    encoding = headers.get(hdrs.CONTENT_ENCODING)
    if encoding is not None and encoding.strip().lower() not in ENCODINGS:
        raise unsupported_encoding()


def _id_of(exchange: Exchange) -> jsonrpc.RequestId | None:
    if exchange.request_id is None:
        return _known_id(exchange.request)
    return exchange.request_id


def _note_target(exchange: Exchange, method: Any, params: Mapping[str, Any]) -> None:
    key = NAMED_BY.get(method) if isinstance(method, str) else None
    target = params.get(key) if key is not None else None
    if isinstance(target, str):
        exchange.target = target[:200]


def _known_id(request: web.BaseRequest) -> jsonrpc.RequestId | None:
    """The JSON-RPC id of a request that is refused unread, if it costs nothing to know."""
    content = request.content
    if request.method != "POST" or not content.is_eof():
        return None
    body = content.read_nowait()
    if len(body) > _SMALL_BODY:
        return None
    try:
        message = jsonrpc.parse(body)
    except ProtocolError:
        return None
    found = message.get("id") if jsonrpc.is_object(message) else None
    return found if jsonrpc.is_request_id(found) else None
