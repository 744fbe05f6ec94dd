"""The legacy era as transports use it: over Streamable HTTP, where requests are in sessions,
and on connections, each of which is a session.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from ....core import headers, jsonrpc
from ....core.errors import ProtocolError, invalid_request
from ....core.jsonrpc import RequestId
from ...incoming import Incoming, refused
from ...methods.registry import Change, Changes
from ...parts import Parts
from ...settings import Settings
from ...stores import EventStore, SessionStore
from ...transports.http.exchange import Exchange
from ...transports.http.sse import COMMENT, ResponseStream, event
from ..era import Connected, ConnectionEra, Era, ResponseChannel, notification
from .era import Legacy
from .server_requests import is_response, take_answer
from .session_manager import MemorySessions, SessionManager
from .sessions import EventLog, LegacySession

_PRIMED_SINCE = "2025-11-25"
"""From here on clients know events without data, and streams that close to be polled."""


def serve(
    parts: Parts, sessions: SessionStore | None, events: EventStore | None
) -> Era:
    """The era, with its sessions over HTTP."""
    if sessions is None:
        sessions = MemorySessions(parts.settings.max_sessions)
    return LegacyEra(parts, SessionManager(sessions, parts, events))


class ResumableStream(ResponseStream):
    """The answer of a request that goes on when its connection is lost."""

    _connected = True
    _opened = False
    _priming = b""
    _log: EventLog | None = None

    def __init__(
        self, exchange: Exchange, session: LegacySession, settings: Settings
    ) -> None:
        self._exchange = exchange
        self._keep_alive = settings.keep_alive
        self._session = session
        self._settings = settings

    async def disconnect(self, retry_ms: int | None) -> None:
        """Close the connection; the client asks for the rest with Last-Event-ID."""
        history = self._settings.event_history
        can_return = self._session.is_kept and self._takes_priming and history
        if not can_return or not self.takes_events:
            return
        async with self._sending():
            if self.finished:
                return
            self._open()
            retry_ms = self._settings.retry_ms if retry_ms is None else retry_ms
            await self._write(self._framed(b"", retry_ms))
            if self._connected and self._exchange.stream is not None:
                self._connected = False
                await self._exchange.hang_up()

    async def finish(
        self, messages: list[bytes], *, batch: bool = False, cancelled: bool = False
    ) -> web.StreamResponse:
        """Send the responses, as the last events or as JSON.

        A request that was cancelled gets no response, so its stream just ends: the
        status 202 is that of messages which need no response.
        """
        if self._lock is not None:
            await self._last_turn()
        self.finished = True
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
        return await exchange.open()

    def close(self) -> None:
        """Send nothing more; who came back for the stream gets its end, too."""
        self.finished = True
        if self._log is not None and self._log.finished is None:
            self._log.finish()

    def check(self, now: float) -> None:
        """Break a long silence. A client that is gone changes nothing: it may return."""
        if self._connected:
            super().check(now)

    @property
    def _takes_priming(self) -> bool:
        return self._session.client.version >= _PRIMED_SINCE

    async def _deliver(self, message: bytes | None) -> None:
        self._open()
        await self._write(COMMENT if message is None else self._framed(message))

    def _open(self) -> None:
        """From now on the answer is a stream; something must be written to it at once."""
        if self._opened:
            return
        self._opened = True
        session = self._session
        session.forget_logs(time.monotonic() - self._settings.event_lifetime)
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


class LegacyEra(Era):
    """Answers legacy requests."""

    name = "legacy"

    def __init__(self, parts: Parts, manager: SessionManager) -> None:
        self._era = Legacy(parts, manager.touch)
        self._manager = manager
        self._limits = parts.limits
        self._settings = parts.settings
        self._changes = parts.catalog.changes
        self.methods = {"GET": self._listen, "DELETE": manager.delete}

    def connected(self, connection: Connected) -> ConnectionEra:
        """See `Era`."""
        return LegacyConnection(self._era, self._manager, connection, self._changes)

    def check_batch(self, size: int) -> None:
        """See `Era`."""
        self._era.check_batch(size)

    @property
    def sessions(self) -> int:
        """See `Era`."""
        return len(self._manager)

    def close(self) -> None:
        """See `Era`."""
        self._manager.close()

    async def post(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        """Answer one message that is already a JSON object.

        Raises:
            Refused: It has no session, or the session is unknown.
        """
        if exchange.method == "initialize":
            return self._initialize(exchange, message)
        session = self._manager.find(exchange, alone=True)
        if exchange.method is None:
            taken = take_answer(session, message)
            if not taken and not is_response(message):
                raise refused(400, "Neither a request, a notification nor a response")
            return exchange.accepted()
        if exchange.request_id is None:
            self._era.notified(session, message)
            return exchange.accepted()
        self._era.require(exchange, [message])
        channel = ResumableStream(exchange, session, self._settings)
        exchange.channel = channel
        try:
            response = await self._era.respond(exchange, session, channel, message)
            if response is None:
                return await channel.finish([], cancelled=True)
            return await channel.finish([response])
        finally:
            exchange.channel = None
            channel.close()

    def find_session(self, exchange: Exchange) -> None:
        """See `Era`."""
        if exchange.method != "initialize":
            self._manager.find(exchange, alone=True)

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
        session = self._manager.find(exchange, alone=True)
        channel = ResumableStream(exchange, session, self._settings)
        exchange.channel = channel
        try:
            answered = await self._era.batch(exchange, session, channel, messages)
            return await channel.finish(answered, batch=True)
        finally:
            exchange.channel = None
            channel.close()

    async def _listen(self, exchange: Exchange) -> web.StreamResponse:
        async with self._limits.streaming(exchange):
            return await self._manager.listen(exchange)

    def _initialize(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        request_id = exchange.request_id
        if request_id is None:
            raise refused(400, "`initialize` needs an `id`")
        try:
            if self._manager.is_within(exchange):
                raise invalid_request(
                    "The session is initialized already; leave out "
                    f"{headers.SESSION_ID} for a new one"
                )
            client = self._era.negotiate(message.get("params"))
        except ProtocolError as error:
            return exchange.failure(error, 400, request_id)
        session = self._manager.open(exchange, client)
        exchange.session_id = session.id
        exchange.headers[headers.SESSION_ID] = session.id
        return exchange.json(self._era.welcome(request_id, client))


class LegacyConnection(ConnectionEra):
    """The session of one connection, once there was an `initialize`."""

    def __init__(
        self,
        era: Legacy,
        manager: SessionManager,
        connection: Connected,
        changes: Changes,
    ) -> None:
        self._era = era
        self._manager = manager
        self._connection = connection
        self._session: LegacySession | None = None
        self._stop = changes.listen(self)

    def __call__(self, change: Change, /) -> Iterator[None]:
        """Hear of a change."""
        session = self._session
        if session is not None and (
            change.uri is None or change.uri in session.subscribed
        ):
            self._connection.push(notification(change))
        yield

    async def respond(
        self,
        incoming: Incoming,
        channel: ResponseChannel,
        request_id: RequestId,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """See `ConnectionEra`."""
        method = message["method"]
        if method == "initialize":
            return self._initialize(incoming, request_id, message)
        if self._session is not None:
            self._era.require(incoming, [message])
            return await self._era.respond(incoming, self._session, channel, message)
        if method != "ping":
            raise invalid_request("Start with `initialize`")
        return jsonrpc.result(request_id, b"")

    def _initialize(
        self, incoming: Incoming, request_id: RequestId, message: Mapping[str, Any]
    ) -> bytes:
        if self._session is not None:
            raise invalid_request("The session is initialized already")
        client = self._era.negotiate(message.get("params"))
        if self._connection.session_id is None:
            self._session = LegacySession(client, (), incoming.owner)
            self._session.connect(self._connection)
        else:
            self._session = self._manager.open(incoming, client, self._connection)
        return self._era.welcome(request_id, client)

    async def batch(
        self, incoming: Incoming, channel: ResponseChannel, messages: Sequence[Any]
    ) -> list[bytes]:
        """See `ConnectionEra`."""
        if self._session is None:
            return await super().batch(incoming, channel, messages)
        self._era.check_batch(len(messages))
        return await self._era.batch(incoming, self._session, channel, messages)

    @property
    def has_begun(self) -> bool:
        """See `ConnectionEra`."""
        return self._session is not None

    def answered(self, message: Mapping[str, Any]) -> None:
        """See `ConnectionEra`."""
        if self._session is not None:
            take_answer(self._session, message)

    def notified(self, message: Mapping[str, Any]) -> bool:
        """See `ConnectionEra`."""
        return self._session is not None and self._era.notified(self._session, message)

    def end(self) -> None:
        """See `ConnectionEra`."""
        self._stop()
        if self._session is None:
            return
        if self._connection.session_id is None:
            self._session.end()
        else:
            self._manager.close_session(self._session)
