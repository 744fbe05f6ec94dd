"""HTTP+SSE, the transport of 2024-11-05, beside Streamable HTTP.

A client opens an event stream; its first event names the URL that messages are posted
to. Each POST is answered 202 at once, all responses come on the stream.
https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit

from aiohttp import web

from ....core.jsonrpc import is_array
from ...eras.era import Era
from ...http_endpoint import Handler, HttpEndpoint, check_form, with_slash
from ...incoming import (
    OVERLOADED,
    TOO_MANY,
    Incoming,
    Refused,
    refused,
    too_many,
)
from ...options.section import SettingsError, same_paths
from ...parts import AccessLog, Parts
from ..connection import ConnectionServer
from ..http.exchange import Exchange, is_gone
from ..http.guard import Guard
from ..http.settings import PublicSettings
from ..http.sse import COMMENT, named_event
from .settings import SseSettings

Handle: TypeAlias = Callable[[Exchange], Awaitable[web.StreamResponse]]
"""Answers the requests of a path."""

_MAX_POSTS: Final = 16
"""POSTs of one client that may wait until it reads responses."""


def unknown_session() -> Refused:
    """The refusal of a POST to a session that its sender does not have."""
    return refused(404, "The session is unknown or has ended")


def _unread() -> Refused:
    """The refusal of a POST for which there is no room."""
    return too_many(TOO_MANY, "The responses on the event stream are not read", None, 1)


class _WaitingPost:
    """A POST that waits until its client reads responses."""

    def __init__(self, posted: Exchange) -> None:
        self._request = posted.request
        self._task = asyncio.current_task()

    def check(self, now: float) -> None:
        """Cancel it if its client is gone."""
        if self._task is not None and is_gone(self._request):
            self._task.cancel("the client closed the connection")
            self._task = None


class SseConnection:
    """A client, from its GET until the stream ends; its event stream as a `Connection`.

    Attributes:
        owner: The key of its principal; None without authentication.
    """

    def __init__(
        self,
        parts: Parts,
        eras: Sequence[Era],
        exchange: Exchange,
        session_id: str,
        messages_url: str,
    ) -> None:
        """Prepare.

        Args:
            parts: What the server consists of.
            eras: The eras that are served here.
            exchange: The GET request.
            session_id: What the client names when it posts.
            messages_url: The URL to post to, with that.
        """
        self.owner: Final = exchange.owner
        self._exchange = exchange
        self._url = messages_url.encode("ascii")
        self._closed = asyncio.Event()
        self._principal = exchange.principal
        self._keep_alive = parts.settings.keep_alive
        self._post_timeout = parts.settings.body_timeout
        self._posts = 0
        self._unused_until = exchange.written + parts.settings.session_idle
        self._pulse: asyncio.Task[None] | None = None
        self._server = ConnectionServer(
            parts, eras, self, exchange.principal, session_id
        )
        self.serve: Final[Callable[[], Awaitable[None]]] = self._server.serve
        """Send messages until the stream ends; ConnectionError: the client is gone."""
        self.end: Final[Callable[[], None]] = self._server.end
        """End the stream; what runs is canceled."""
        self.finish: Final[Callable[[], None]] = self._server.finish
        """Take no more requests, and end the stream when those that run are done."""

    async def receive(self) -> bytes | None:
        """Name the URL to post to, and wait for the end: nothing else comes."""
        # No sooner than this can what is posted be served.
        await self._exchange.write(named_event(b"endpoint", self._url))
        await self._closed.wait()
        return None

    async def send(self, message: bytes) -> None:
        """See `Connection`."""
        await self._exchange.write(named_event(b"message", message))

    async def close(self) -> None:
        """See `Connection`."""
        self._closed.set()
        if self._pulse is not None:
            self._pulse.cancel()
        if self._exchange.stream is not None:
            await self._exchange.end()

    async def take(
        self, message: object, posted: Exchange
    ) -> asyncio.Task[None] | None:
        """Begin to work on a message; what does, if anything is left to be done.

        Args:
            message: The JSON value of the body.
            posted: The POST request.

        Raises:
            ProtocolError: It is not a message.
            Refused: As `wait_for_room`.
        """
        # New credentials of the same principal, which may last longer.
        self._principal = posted.principal
        # Others may have filled it while the body arrived.
        await self.wait_for_room(posted)
        return self._server.post(message, posted)

    async def wait_for_room(self, posted: Exchange) -> None:
        """Wait until the client has read enough of the responses that wait for it.

        Raises:
            Refused: 429 when it takes too long, or too many wait already; 404 when the
                stream has ended meanwhile.
        """
        if not self._server.room.is_set():
            await self._wait_for_room(posted)
        if self._server.ending.is_set():
            raise unknown_session()

    async def _wait_for_room(self, posted: Exchange) -> None:
        if self._posts >= _MAX_POSTS:
            raise _unread()
        waiting = _WaitingPost(posted)
        self._posts += 1
        posted.channel = waiting
        try:
            # A client that is gone is not noticed before its body has arrived.
            async with asyncio.timeout(self._post_timeout or None):
                await self._server.room.wait()
        except TimeoutError:
            raise _unread() from None
        finally:
            posted.channel = None
            self._posts -= 1

    def check(self, now: float) -> None:
        """End the stream of a client that is gone; break a long silence."""
        exchange = self._exchange
        if (
            is_gone(exchange.request)
            or Incoming(self._principal).has_expired
            or (now > self._unused_until and not self._server.has_begun)
        ):
            self.end()
        elif (
            self._keep_alive
            and now - exchange.written > self._keep_alive
            and (self._pulse is None or self._pulse.done())
        ):
            self._pulse = asyncio.ensure_future(self._beat())

    async def _beat(self) -> None:
        try:
            await self._exchange.write(COMMENT)
        except ConnectionError:
            self.end()


class SseTransport:
    """Both endpoints, and the streams that are open.

    Attributes:
        routes: What answers the requests of each path.
    """

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
            guard: Checks Host and Origin.
            eras: The eras that are served here.
            access: Takes every request when it is over.

        Raises:
            SettingsError: A path is another one's as well.
        """
        settings = parts.settings
        assert isinstance(settings, SseSettings)
        self._open: dict[str, SseConnection] = {}
        self._closing = False
        self._streams = _Endpoint(parts, guard, access, "GET", self._stream)
        self._messages = _Endpoint(parts, guard, access, "POST", self._message)
        self._parts = parts
        self._eras = eras
        self._path = settings.sse_path
        self._messages_path = settings.messages_path
        self._public_prefix = _public_prefix(settings, settings.path)
        self.routes: Final[Mapping[str, Handler]] = {
            **dict.fromkeys(with_slash(settings.sse_path), self._streams.handle),
            **dict.fromkeys(with_slash(settings.messages_path), self._messages.handle),
        }
        _check_paths(settings)

    def finish(self) -> None:
        """Open no more streams; those that are open end when nothing runs on them."""
        self._closing = True
        for connection in tuple(self._open.values()):
            connection.finish()

    async def _message(self, exchange: Exchange) -> web.StreamResponse:
        """Answer a POST: begin to work on a message."""
        check_form(exchange.request)
        connection = self.find(exchange)
        await connection.wait_for_room(exchange)
        message = await self._messages.read(exchange)
        if is_array(message):
            # Only the oldest revisions have them.
            self._eras[-1].check_batch(len(message))
            await self._parts.limits.batch(exchange, len(message))
        task = await connection.take(message, exchange)
        if task is not None:
            self._messages.working[exchange] = task
        return exchange.accepted()

    async def _stream(self, exchange: Exchange) -> web.StreamResponse:
        """Answer a GET: serve a client until its stream ends."""
        if not exchange.takes_events:
            raise refused(406, "Accept must list text/event-stream")
        async with self._parts.limits.streaming(exchange):
            return await self._serve(exchange)

    async def _serve(self, exchange: Exchange) -> web.StreamResponse:
        if self._closing:
            raise refused(503, "The server is stopping", {"Retry-After": "1"})
        if len(self._open) >= self._parts.settings.max_sessions:
            raise too_many(OVERLOADED, "Too many sessions", "max_sessions", 30)
        session_id = exchange.session_id = secrets.token_urlsafe(24)
        url = self._messages_url(exchange, session_id)
        connection = SseConnection(self._parts, self._eras, exchange, session_id, url)
        self._open[session_id] = connection
        try:
            with self._parts.monitor.streaming(connection, exchange):
                await connection.serve()
        except ConnectionError:
            exchange.outcome = "closed"
        finally:
            del self._open[session_id]
        return await exchange.open()

    def find(self, exchange: Exchange) -> SseConnection:
        """The connection that a POST names.

        Raises:
            Refused: 400 without an id; 404 where it is unknown, or of another principal.
        """
        named = exchange.request.query.getall("sessionId", [])
        if len(named) != 1:
            raise refused(
                400, f"GET {self._path} names the URL to post to, with one sessionId"
            )
        connection = self._open.get(named[0])
        if connection is None or connection.owner != exchange.owner:
            raise unknown_session()
        exchange.session_id = named[0]
        return connection

    def _messages_url(self, exchange: Exchange, session_id: str) -> str:
        """The path to post to, as the client knows it; the origin is that of its GET."""
        prefix = self._public_prefix
        if prefix is None:
            path = exchange.request.path.rstrip("/")
            prefix = path.removesuffix(self._path.rstrip("/"))
        # With two slashes at its beginning, it would name another host.
        prefix = quote(prefix and f"/{prefix.strip('/')}")
        return f"{prefix}{self._messages_path}?sessionId={session_id}"


class _Endpoint(HttpEndpoint):
    """The requests of one path, which has one method.

    Attributes:
        working: What still works on a request that was answered.
    """

    over_sse = True

    def __init__(
        self, parts: Parts, guard: Guard, access: AccessLog, method: str, answer: Handle
    ) -> None:
        super().__init__(parts, guard, access, f"{method}, OPTIONS")
        self._method = method
        self._answer = answer
        self.working: dict[Exchange, asyncio.Task[None]] = {}
        self._write = access.write
        self.ended = self._worked

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        """See `HttpEndpoint`."""
        if exchange.request.method != self._method:
            raise self._not_served(exchange)
        return await self._answer(exchange)

    def _worked(self, exchange: Exchange, status: int, seconds: float) -> None:
        """Write the line of a request when its work is done, with what came of it."""
        write, started = self._write, time.perf_counter() - seconds
        task = self.working.pop(exchange, None)
        if task is None:
            write(exchange, status, seconds)
            return
        task.add_done_callback(
            lambda _: write(exchange, status, time.perf_counter() - started)
        )


def _public_prefix(settings: PublicSettings, path: str) -> str | None:
    """What stands before the server's own paths where clients see them, if known."""
    if not settings.public_url:
        return None
    public = urlsplit(settings.public_url).path.rstrip("/")
    own = path.rstrip("/")
    return public.removesuffix(own) if public.endswith(own) else None


def _check_paths(settings: SseSettings) -> None:
    """See that no other path is the same; only here, where HTTP+SSE is served."""
    names = ("metrics_path", "ready_path", "health_path", "path")
    paths = [
        (name, str(getattr(settings, name, "")))
        for name in (*names, "sse_path", "messages_path")
    ]
    if problems := [*same_paths(paths)]:
        raise SettingsError(problems=problems)
