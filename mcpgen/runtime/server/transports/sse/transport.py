"""HTTP+SSE, the transport of 2024-11-05, beside Streamable HTTP.

A client opens an event stream; its first event names the URL that messages are posted
to. Each POST is answered 202 at once, all responses come on the stream.
https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from aiohttp import web

from ....core.jsonrpc import is_array
from ...eras.era import Era
from ...http_endpoint import Handler, HttpEndpoint, check_form, with_slash
from ...incoming import OVERLOADED, refused, too_many
from ...options.section import SettingsError
from ...parts import AccessLog, Parts
from ..http.exchange import Exchange
from ..http.guard import Guard
from ..http.settings import PublicSettings
from .connection import SseConnection, unknown_session
from .settings import SseSettings


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
        self._streams = _Streams(self, parts, guard, access)
        self._messages = _Messages(self, parts, guard, eras[-1], access)
        self._parts = parts
        self._eras = eras
        self._path = settings.sse_path
        self._messages_path = settings.messages_path
        self._public_prefix = _public_prefix(settings, settings.path)
        self.routes: Final[Mapping[str, Handler]] = {
            **dict.fromkeys(with_slash(settings.sse_path), self._streams.handle),
            **dict.fromkeys(with_slash(settings.messages_path), self._messages.handle),
        }
        _check_paths(parts, settings)

    def finish(self) -> None:
        """Open no more streams; those that are open end when nothing runs on them."""
        self._closing = True
        for connection in tuple(self._open.values()):
            connection.finish()

    async def cancel(self, seconds: float) -> None:
        """Cancel what still runs, and wait for it to end."""
        await asyncio.gather(
            self._streams.cancel(seconds), self._messages.cancel(seconds)
        )

    async def stream(self, exchange: Exchange) -> web.StreamResponse:
        """Answer a GET: serve a client until its stream ends."""
        if self._closing:
            raise refused(503, "The server is stopping", {"Retry-After": "1"})
        if len(self._open) >= self._parts.settings.max_sessions:
            raise too_many(OVERLOADED, "Too many sessions", "max_sessions", 30)
        session_id = exchange.session_id = secrets.token_urlsafe(24)
        url = self._messages_url(exchange, session_id)
        connection = SseConnection(self._parts, self._eras, exchange, session_id, url)
        self._open[session_id] = connection
        self._parts.monitor.add_stream(connection)
        try:
            await connection.serve()
        except ConnectionError:
            exchange.outcome = "closed"
        finally:
            self._parts.monitor.discard(connection)
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


class _Streams(HttpEndpoint):
    over_sse = True

    def __init__(
        self, transport: SseTransport, parts: Parts, guard: Guard, access: AccessLog
    ) -> None:
        super().__init__(parts, guard, access, "GET, OPTIONS")
        self._transport = transport

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        if exchange.request.method != "GET":
            raise self._not_served(exchange)
        if not exchange.takes_events:
            raise refused(406, "Accept must list text/event-stream")
        async with self._limits.streaming(exchange):
            return await self._transport.stream(exchange)


class _Messages(HttpEndpoint):
    over_sse = True

    def __init__(
        self,
        transport: SseTransport,
        parts: Parts,
        guard: Guard,
        oldest: Era,
        access: AccessLog,
    ) -> None:
        super().__init__(parts, guard, access, "POST, OPTIONS")
        self._transport = transport
        self._oldest = oldest
        self._working: dict[Exchange, asyncio.Task[None]] = {}

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        if exchange.request.method != "POST":
            raise self._not_served(exchange)
        check_form(exchange.request)
        connection = self._transport.find(exchange)
        await connection.wait_for_room(exchange)
        message = await self.read(exchange)
        if is_array(message):
            # Only the oldest revisions have them.
            self._oldest.check_batch(len(message))
            await self._limits.batch(exchange, len(message))
        task = await connection.take(message, exchange)
        if task is not None:
            self._working[exchange] = task
        return exchange.accepted()

    def ended(self, exchange: Exchange, status: int, seconds: float) -> None:
        """Write the line of a request when its work is done, with what came of it."""
        task = self._working.pop(exchange, None)
        if task is None:
            super().ended(exchange, status, seconds)
            return
        write, started = super().ended, time.perf_counter() - seconds
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


def _check_paths(parts: Parts, settings: SseSettings) -> None:
    general = parts.settings
    taken = {
        each.rstrip("/") or "/": name
        for name in ("metrics_path", "ready_path", "health_path", "path")
        if (each := getattr(general, name, ""))
    }
    for name in ("sse_path", "messages_path"):
        path = str(getattr(settings, name))
        other = taken.setdefault(path.rstrip("/") or "/", name)
        if other != name:
            raise SettingsError(
                problems=[(name, f"{path!r} is the value of {other} as well")]
            )
