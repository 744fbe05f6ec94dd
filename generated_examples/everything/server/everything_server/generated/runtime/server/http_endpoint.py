"""An HTTP endpoint of any transport: who is admitted, how bodies are read, what errors say.

Knows nothing of methods, sessions or eras; each transport's endpoint is built on it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeAlias

from aiohttp import hdrs, web

from ..core import jsonrpc
from ..core.errors import INTERNAL_ERROR, ProtocolError
from ..core.jsonrpc import RequestId, is_array, is_object, is_request_id
from .incoming import (
    OVERLOADED,
    TOO_MANY,
    Refused,
    Unreadable,
    has_more_values,
    meta_of,
    parse,
    refused,
)
from .parts import AccessLog, Parts
from .transports.http.exchange import (
    ENCODINGS,
    PROTOCOL_VERSION,
    SESSION_ID,
    Exchange,
    read_body,
    too_large,
    unpackable,
    unsupported_encoding,
)
from .transports.http.guard import Guard
from .transports.http.sse import event

if TYPE_CHECKING:
    from .eras.era import Era

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
"""Answers the HTTP requests of a path."""

_log: Final = logging.getLogger("mcp.server")

_METHODS: Final = ("GET", "POST", "DELETE", "OPTIONS")
_OPTIONAL: Final = ("GET", "DELETE")
"""HTTP methods that are served where an era needs them."""
_SMALL_BODY: Final = 64 * 1024
"""Bytes of a refused body in which the id is looked for."""
_SMALL: Final = 128 * 1024
"""Bytes of a body that is parsed at once, in a few milliseconds."""


class Http(Protocol):
    """A transport over HTTP beside Streamable HTTP."""

    @property
    def routes(self) -> Mapping[str, Handler]:
        """What answers the requests of each path."""
        ...

    def finish(self) -> None:
        """Open no more streams; those that are open end when nothing runs on them."""
        ...


def router(handlers: Mapping[str, Handler]) -> Handler:
    """What answers the HTTP requests of every path by those of each."""

    def handle(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        # The path as it was sent is nearly always the path itself, which takes longer.
        handler = handlers.get(request.raw_path) or handlers.get(
            request.path, not_found
        )
        return handler(request)

    return handle


async def not_found(_: web.BaseRequest) -> web.StreamResponse:
    """The answer where nothing is."""
    return web.Response(status=404, text="Not found")


def with_slash(path: str) -> tuple[str, ...]:
    """A path with and without a slash at its end; itself first."""
    bare = path.rstrip("/")
    return tuple(dict.fromkeys((path, bare or "/", bare + "/")))


class HttpEndpoint(ABC):
    """Handles every HTTP request to a path."""

    over_sse: ClassVar[bool] = False
    """Whether it is one of HTTP+SSE."""

    def __init__(
        self, parts: Parts, guard: Guard, access: AccessLog, allow: str
    ) -> None:
        """Prepare.

        Args:
            parts: What the server consists of.
            guard: Checks Host and Origin.
            access: Takes every request when it is over.
            allow: The HTTP methods that are served, for the header `Allow`.
        """
        self._guard = guard
        self._limits = parts.limits
        self._authentication = parts.authentication
        self.ended: Callable[[Exchange, int, float], None] = access.write
        """Takes a request that is over, its status, and how many seconds it took."""
        self._max_body = parts.settings.max_body
        self._max_values = parts.settings.max_values
        self._at_once = min(_SMALL, self._max_values)
        self._body_timeout = parts.settings.body_timeout
        self._allow = allow
        self._monitor = parts.monitor

    @abstractmethod
    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        """Answer a request that was admitted.

        Raises:
            Refused: It gets an HTTP error.
            ProtocolError: Its body is not a message; the status is 400.
        """

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request."""
        started = time.perf_counter()
        exchange = Exchange(request, over_sse=self.over_sse)
        response: web.StreamResponse
        status = 499  # the client closed the connection before there was an answer
        monitor = self._monitor
        monitor.running.add(exchange)
        if monitor.timer is None:
            monitor.start()
        try:
            try:
                if request.method == "OPTIONS":
                    waiting = self._limits.admit(exchange)
                    if waiting is not None:
                        await waiting
                    response = self._guard.preflight(request, self._allow)
                else:
                    waiting = self._admit(exchange)
                    if waiting is not None:
                        await waiting
                    response = await self.respond(exchange)
            except Exception as error:
                response = await self._failed(exchange, error)
            status = response.status
        except BaseException:
            if exchange.outcome == "ok":
                exchange.outcome = "aborted"
            raise
        finally:
            monitor.running.discard(exchange)
            self.ended(exchange, status, time.perf_counter() - started)
        return response

    async def read(self, exchange: Exchange) -> Any:
        """The JSON value of a request's body.

        Raises:
            Refused: The body is too large, or too slow.
            ProtocolError: It is not JSON.
        """
        request = exchange.request
        content, limit = request.content, self._max_body
        try:
            body = (
                content.read_nowait()
                if content.is_eof()
                else await read_body(request, limit, self._body_timeout)
            )
        except web.RequestPayloadError:
            raise unpackable() from None
        size = len(body)
        if size > limit:
            raise too_large(limit)
        if size <= self._at_once:
            return parse(body)
        # A large one takes a while, in which others want to be served.
        return (
            self._parsed(body)
            if size <= _SMALL
            else await asyncio.to_thread(self._parsed, body)
        )

    def _admit(self, exchange: Exchange) -> Awaitable[None] | None:
        """Let a request in, by where it comes from, how many came, and who sends it.

        Returns:
            What is to be waited for before it is in, if anything.
        """
        headers = exchange.request.headers
        if (
            self._authentication is None
            and hdrs.ORIGIN not in headers
            and headers.get(hdrs.HOST) in self._guard.known
            and (exchange.request.raw_path or "").startswith("/")
        ):
            return self._limits.admit(exchange)
        return self._admit_with_care(exchange)

    async def _admit_with_care(self, exchange: Exchange) -> None:
        try:
            exchange.headers = self._guard.check(exchange.request)
        finally:
            # Rejected requests count against the limits, too.
            waiting = self._limits.admit(exchange)
            if waiting is not None:
                await waiting
        if self._authentication is not None:
            owner = await self._authentication.admit(exchange)
            await self._limits.identify(exchange, owner)

    async def _failed(self, exchange: Exchange, error: Exception) -> web.StreamResponse:
        """Answer with an error: by its HTTP status, or as an event once a stream is open."""
        status, request_id = 400, None
        if isinstance(error, Refused):
            exchange.headers.update(error.headers)
            status, request_id = error.status, error.request_id
            if status in (TOO_MANY, OVERLOADED):
                request_id = exchange.request_id
                if request_id is None:
                    request_id = _known_id(exchange.request)
            error = error.error
        elif isinstance(error, Unreadable):
            request_id = error.request_id
        elif isinstance(error, ConnectionError):
            raise error
        elif not isinstance(error, ProtocolError):
            _log.error("a request failed", exc_info=error)
            status, error = 500, ProtocolError(INTERNAL_ERROR, "Internal error")
        if exchange.stream is None:
            return exchange.failure(error, status, request_id)
        exchange.outcome = f"error {error.code}"
        if request_id is None:
            request_id = exchange.request_id
        return await exchange.end(event(jsonrpc.error(request_id, error)))

    def _not_served(self, exchange: Exchange) -> Refused:
        """The refusal of an HTTP method."""
        method = exchange.request.method
        return refused(405, f"{method} is not served here", {"Allow": self._allow})

    def _parsed(self, body: bytes) -> Any:
        """The JSON value of a body.

        The parser, the validator and the models each keep the interpreter to themselves
        for as long as they take, which their number of values bounds.
        """
        if len(body) > self._max_values and has_more_values(body, self._max_values):
            raise refused(
                413,
                f"The request body has more than {self._max_values} values; setting "
                "max_values",
            )
        return parse(body)


class Endpoint(HttpEndpoint):
    """Handles every HTTP request to the endpoint's path."""

    def __init__(
        self,
        parts: Parts,
        guard: Guard,
        eras: Sequence[Era],
        access: AccessLog,
    ) -> None:
        """Prepare.

        Args:
            parts: What the server consists of.
            guard: Checks where requests come from.
            eras: Who answers, the newest first; there is at least one.
            access: Takes every request when it is over.
        """
        *self._newer, self._oldest = eras
        self._others = {k: answer for era in eras for k, answer in era.methods.items()}
        allow = [m for m in _METHODS if m not in _OPTIONAL or m in self._others]
        super().__init__(parts, guard, access, ", ".join(allow))

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        """See `HttpEndpoint`."""
        request = exchange.request
        method, headers = request.method, request.headers
        if method in self._others:
            return await self._others[method](exchange)
        if method != "POST":
            raise self._not_served(exchange)
        if (
            headers.get(hdrs.CONTENT_TYPE) != "application/json"
            or hdrs.CONTENT_ENCODING in headers
        ):
            check_form(request)
        if not (exchange.takes_events or exchange.takes_json):
            raise refused(
                406, "Accept must list application/json and text/event-stream"
            )
        message = await self.read(exchange)
        if is_array(message):
            # Only the oldest revisions have them.
            return await self._oldest.batch(exchange, message)
        try:
            message = exchange.checked(message)
        except Unreadable:
            if exchange.method is not None:
                self._era(exchange, message).find_session(exchange)
            raise
        return await self._era(exchange, message).post(exchange, message)

    def _era(self, exchange: Exchange, message: Mapping[str, Any]) -> Era:
        """Whose a message is, as "Versioning and Compatibility" says.

        https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning#backward-compatibility-with-initialization-based-versions
        """
        meta, headers = meta_of(message), exchange.request.headers
        for era in self._newer:
            if not era.marks.isdisjoint(meta):
                return era
            if (
                SESSION_ID not in headers
                and message.get("method") != "initialize"
                and era.claims(headers.get(PROTOCOL_VERSION))
            ):
                return era
        return self._oldest


def check_form(request: web.BaseRequest) -> None:
    """Refuse bodies that are not JSON by their headers, or not packed as can be read.

    Raises:
        Refused: 415.
    """
    headers = request.headers
    if (
        headers.get(hdrs.CONTENT_TYPE) != "application/json"
        and request.content_type != "application/json"
    ):
        raise refused(415, "Content-Type must be application/json")
    encoding = headers.get(hdrs.CONTENT_ENCODING)
    if encoding is not None and encoding.strip().lower() not in ENCODINGS:
        raise unsupported_encoding()


def _known_id(request: web.BaseRequest) -> RequestId | None:
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
    found = message.get("id") if is_object(message) else None
    return found if is_request_id(found) else None
