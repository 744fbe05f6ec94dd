"""The legacy era over Streamable HTTP: requests, each in a session.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from ....core import headers, jsonrpc
from ....core.errors import INVALID_REQUEST, ProtocolError
from ...incoming import refused
from ...parts import Parts
from ...settings import Settings
from ...transports.http.exchange import Exchange
from ...transports.http.sse import COMMENT, event
from ..era import HttpEra
from .era import Legacy
from .replay import EventLog
from .server_requests import is_response, take_answer
from .session_manager import SessionManager
from .sessions import LegacySession

_PRIMED_SINCE = "2025-11-25"
"""From here on clients know events without data, and streams that close to be polled."""


class ResumableStream:
    """The answer of a request that goes on when its connection is lost."""

    __slots__ = (
        "_connected",
        "_exchange",
        "_finished",
        "_history",
        "_keep_alive",
        "_lifetime",
        "_lock",
        "_log",
        "_opened",
        "_priming",
        "_pulse",
        "_retry_ms",
        "_session",
    )

    def __init__(
        self, exchange: Exchange, session: LegacySession, settings: Settings
    ) -> None:
        self._exchange = exchange
        self._finished = False
        self._session = session
        self._history = settings.event_history
        self._lifetime = settings.event_lifetime
        self._retry_ms = settings.retry_ms
        self._keep_alive = settings.keep_alive
        self._connected = True
        self._opened = False
        self._priming = b""
        self._log: EventLog | None = None
        self._lock: asyncio.Lock | None = None
        self._pulse: asyncio.Task[None] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more can be sent."""
        return self._finished

    @property
    def takes_events(self) -> bool:
        """Whether anything but the response can be sent."""
        return self._exchange.takes_events

    async def send(self, message: bytes) -> None:
        """Send a notification or a request to the client.

        What comes after the response is dropped.
        """
        if not self._exchange.takes_events:
            return
        async with self._sending():
            if not self._finished:
                self._open()
                await self._write(self._framed(message))

    async def disconnect(self, retry_ms: int | None) -> None:
        """Close the connection; the client asks for the rest with Last-Event-ID."""
        can_return = self._session.is_kept and self._takes_priming and self._history
        if not can_return or not self.takes_events:
            return
        async with self._sending():
            if self._finished:
                return
            self._open()
            retry_ms = self._retry_ms if retry_ms is None else retry_ms
            await self._write(self._framed(b"", retry_ms))
            if self._connected and self._exchange.stream is not None:
                self._connected = False
                await self._exchange.stream.hang_up()

    async def finish(
        self, messages: list[bytes], *, batch: bool = False, cancelled: bool = False
    ) -> web.StreamResponse:
        """Send the responses, as the last events or as JSON.

        A request that was cancelled gets no response, so its stream just ends: the
        status 202 is that of messages which need no response.
        """
        if self._lock is not None:
            # What was reported before comes before; what waits behind this is too late.
            async with self._lock:
                self._finished = True
        self._finished = True
        exchange = self._exchange
        if not self._opened:
            if not messages and not cancelled:
                return exchange.accepted()
            if not messages and not exchange.takes_events:
                return web.Response(status=204, headers=exchange.headers)
            if messages and not exchange.prefers_events:
                joined = b",".join(messages)
                return exchange.json(b"[%b]" % joined if batch else joined)
            self._open()
        last = b"".join(map(self._framed, messages))
        self.close()
        if self._connected:
            try:
                return await exchange.end(self._priming + last)
            except ConnectionError:
                self._connected = False
        return (await exchange.open()).response

    def close(self) -> None:
        """Send nothing more; who came back for the stream gets its end, too."""
        self._finished = True
        if self._log is not None and self._log.finished is None:
            self._log.finish()

    def check(self, now: float) -> None:
        """Break a long silence. A client that is gone changes nothing: it may return."""
        if (
            self._connected
            and self._keep_alive
            and now - self._exchange.written > self._keep_alive
            and self._exchange.takes_events
            and (self._pulse is None or self._pulse.done())
        ):
            self._pulse = asyncio.ensure_future(self._beat())

    @property
    def _takes_priming(self) -> bool:
        return self._session.client.version >= _PRIMED_SINCE

    async def _beat(self) -> None:
        async with self._sending():
            if not self._finished:
                self._open()
                await self._write(COMMENT)

    def _open(self) -> None:
        """From now on the answer is a stream; something must be written to it at once."""
        if self._opened:
            return
        self._opened = True
        session = self._session
        session.forget_logs(time.monotonic() - self._lifetime)
        self._log = session.open_log(session.next_number())
        if self._log is not None and self._takes_priming:
            self._priming = self._log.record(b"")

    def _framed(self, data: bytes, retry_ms: int | None = None) -> bytes:
        return event(data) if self._log is None else self._log.record(data, retry_ms)

    async def _write(self, data: bytes) -> None:
        if self._connected:
            # An event without data precedes the first one, so that clients have an id.
            data, self._priming = self._priming + data, b""
            try:
                await self._exchange.write(data)
            except ConnectionError:
                self._connected = False

    def _sending(self) -> asyncio.Lock:
        """One writer at a time, in the order in which they came; the last one ends it."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        return self._lock


class LegacyHttp(HttpEra):
    """Answers legacy HTTP requests."""

    methods = ("GET", "DELETE")

    def __init__(
        self, era: Legacy, session_manager: SessionManager, parts: Parts
    ) -> None:
        self._era = era
        self._session_manager = session_manager
        self._limits = parts.limits
        self._monitor = parts.monitor
        self._settings = parts.settings

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
        session = self._session_manager.serving(exchange)
        if "method" not in message:
            taken = take_answer(session, message)
            if not taken and not is_response(message):
                raise refused(400, "Neither a request, a notification nor a response")
            return exchange.accepted()
        exchange.method = str(message["method"])[:100]
        if "id" not in message:
            self._era.notified(session, message)
            return exchange.accepted()
        self._era.require(exchange, [message])
        channel = ResumableStream(exchange, session, self._settings)
        self._monitor.add(channel)
        try:
            response = await self._era.respond(exchange, session, channel, message)
            if response is None:
                return await channel.finish([], cancelled=True)
            return await channel.finish([response])
        finally:
            self._monitor.discard(channel)
            channel.close()

    async def batch(
        self, exchange: Exchange, messages: Sequence[Any]
    ) -> web.StreamResponse:
        """Answer a batch.

        Raises:
            Refused: There is no such thing in the session's revision, or it has too many
                messages.
        """
        self._era.check_batch(len(messages))
        await self._limits.batch(exchange, len(messages))
        session = self._session_manager.serving(exchange)
        channel = ResumableStream(exchange, session, self._settings)
        self._monitor.add(channel)
        try:
            answered = await self._era.batch(exchange, session, channel, messages)
            return await channel.finish(answered, batch=True)
        finally:
            self._monitor.discard(channel)
            channel.close()

    async def other(self, exchange: Exchange) -> web.StreamResponse:
        """Answer GET and DELETE."""
        if exchange.request.method == "GET":
            async with self._limits.streaming(exchange):
                return await self._session_manager.listen(exchange)
        return await self._session_manager.delete(exchange)

    def _initialize(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        request_id = message.get("id")
        if not jsonrpc.is_request_id(request_id):
            raise refused(400, "`id` must be a string or an integer")
        try:
            if self._session_manager.is_within(exchange):
                raise ProtocolError(
                    INVALID_REQUEST,
                    "The session is initialized already; leave out "
                    f"{headers.SESSION_ID} for a new one",
                )
            client = self._era.negotiate(message.get("params"))
        except ProtocolError as error:
            return exchange.failure(error, 400, request_id)
        session = self._session_manager.open(exchange, client)
        exchange.session_id = session.id
        exchange.headers[headers.SESSION_ID] = session.id
        return exchange.json(self._era.welcome(request_id, client))
