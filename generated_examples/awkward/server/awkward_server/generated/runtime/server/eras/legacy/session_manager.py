"""Legacy sessions over HTTP: found by header, opened, expired, deleted, listened to.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from aiohttp import web

from ...handlers.questions import Client
from ...incoming import OVERLOADED, TOO_MANY, Incoming, refused, too_many
from ...methods.registry import Change
from ...parts import Parts
from ...stores import EventStore, Session, SessionStore
from ...transports.http import exchange as names
from ...transports.http.exchange import Exchange, single
from ...transports.http.sse import COMMENT, Mailbox, event
from ..era import Connected, notification
from .sessions import EventLog, LegacySession, MemoryEvents, parse_event_id

_log: Final = logging.getLogger("mcp.server")

_WITHOUT_HEADER: Final = "2025-03-26"
"""The version of requests that name none, as the specification says."""


class MemorySessions:
    """Sessions of this process, the one that was used last at the end."""

    __slots__ = ("_counts", "_limit", "_sessions")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()
        self._sessions: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def get(self, session_id: str) -> Session | None:
        """See `SessionStore`."""
        session = self._sessions.pop(session_id, None)
        if session is not None:
            session.used = time.monotonic()
            self._sessions[session_id] = session
        return session

    def add(self, session: Session) -> bool:
        """See `SessionStore`."""
        if len(self._sessions) >= self._limit:
            return False
        self._sessions[session.id] = session
        self._counts.update(session.counts_for)
        return True

    def remove(self, session_id: str) -> Session | None:
        """See `SessionStore`."""
        session = self._sessions.pop(session_id, None)
        if session is not None:
            self._discount(session)
        return session

    def count(self, owner: str) -> int:
        """See `SessionStore`."""
        return self._counts[owner]

    def expired(self, before: float) -> list[Session]:
        """See `SessionStore`."""
        gone: list[Session] = []
        for session in tuple(self._sessions.values()):
            if session.used >= before:
                break
            if not session.busy:
                gone.append(self._sessions.pop(session.id))
                self._discount(session)
        return gone

    def _discount(self, session: Session) -> None:
        for owner in session.counts_for:
            self._counts[owner] -= 1
            if not self._counts[owner]:
                del self._counts[owner]


class SessionManager:
    """The sessions of one server."""

    def __init__(
        self, store: SessionStore, parts: Parts, events: EventStore | None = None
    ) -> None:
        settings = parts.settings
        self._limits = parts.limits
        kept = events or MemoryEvents(settings.event_history)
        self._events = kept if settings.event_history else None
        self._store = store
        self._revisions = served = parts.offer.legacy
        self._unnamed = (
            _WITHOUT_HEADER if _WITHOUT_HEADER in served else next(iter(served))
        )
        self._monitor = parts.monitor
        self._settings = settings
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        parts.catalog.changes.listen(self._changed)

    def __len__(self) -> int:
        return len(self._store)

    def find(self, exchange: Exchange, *, alone: bool = False) -> LegacySession:
        """The session that a request names.

        Args:
            exchange: The request.
            alone: Whether one that names none may get a session for itself alone, where
                none is required.

        Raises:
            Refused: 400 without an id or with a version that is not served, 404 for a
                session that is not there.
        """
        version = self._served_version(exchange)
        session_id = single(exchange.request.headers, names.SESSION_ID)
        if session_id is None:
            if self._settings.session_required or not alone:
                raise refused(
                    400, f"{names.SESSION_ID} is missing; start with `initialize`"
                )
            client = Client(version or self._unnamed, {}, {})
            return LegacySession(client, (), exchange.owner, is_kept=False)
        session = self._get(exchange, session_id)
        if session is None:
            raise refused(404, "The session is unknown or has ended; initialize again")
        exchange.session_id = session_id
        return session

    def _served_version(self, exchange: Exchange) -> str | None:
        """The version that a request names.

        Raises:
            Refused: 400 for a version that is not served.
        """
        version = single(exchange.request.headers, names.PROTOCOL_VERSION)
        if version is not None and version not in self._revisions:
            served = ", ".join(self._revisions)
            raise refused(
                400,
                f"Unsupported protocol version {version[:50]!r}; served are {served}",
            )
        return version

    def is_within(self, exchange: Exchange) -> bool:
        """Whether a request names a session that its sender has."""
        session_id = single(exchange.request.headers, names.SESSION_ID)
        return session_id is not None and self._get(exchange, session_id) is not None

    def _get(self, exchange: Exchange, session_id: str) -> LegacySession | None:
        """A session of the caller; somebody else's is as if it were not there."""
        session: Any = self._store.get(session_id)
        if session is None or session.owner != exchange.owner or session.is_connected:
            return None
        found: LegacySession = session
        return found

    def touch(self, session: LegacySession) -> None:
        """Count a session as used now; nothing else may date it.

        The store keeps sessions in the order in which they were used.
        """
        self._store.get(session.id)

    def open(
        self, incoming: Incoming, client: Client, connection: Connected | None = None
    ) -> LegacySession:
        """A new session of a client, and of a principal where there is one.

        Args:
            incoming: Who asks for it.
            client: The client.
            connection: By what alone the session is reached; by its header without it.

        Raises:
            Refused: There are too many: of its address or principal, or at all.
        """
        allowed = self._limits.session_owners(incoming)
        if self._full(allowed):
            self._expire()
            if self._full(allowed):
                raise too_many(
                    TOO_MANY,
                    "Too many sessions of this client; end some with DELETE",
                    "address_sessions or principal_sessions",
                    30,
                )
        session = LegacySession(
            client, tuple(allowed), incoming.owner, self._send, self._events
        )
        if connection is not None:
            session.connect(connection)
        if not self._store.add(session):
            self._expire()
            if not self._store.add(session):
                raise too_many(OVERLOADED, "Too many sessions", "max_sessions", 30)
        if self._timer is None:
            self._schedule()
        return session

    def close_session(self, session: LegacySession) -> None:
        """End a session at once, with all that belongs to it."""
        try:
            self._store.remove(session.id)
        finally:
            session.end()

    async def delete(self, exchange: Exchange) -> web.StreamResponse:
        """Answer DELETE: the session ends."""
        self.close_session(self.find(exchange))
        return web.Response(status=204, headers=exchange.headers)

    async def listen(self, exchange: Exchange) -> web.StreamResponse:
        """Answer GET: a stream of what belongs to no request, or the rest of another."""
        if not exchange.takes_events:
            raise refused(406, "Accept must list text/event-stream")
        session = self.find(exchange)
        mailbox = Mailbox(exchange)
        log = self._attach(session, mailbox, exchange)
        try:
            with self._monitor.streaming(mailbox, exchange):
                await exchange.open(hold_back=True)
                # Some proxies hold back the head until the body begins.
                await exchange.write(COMMENT)
                await mailbox.deliver(self._settings.keep_alive)
                await exchange.end()
        except ConnectionError:
            exchange.outcome = "closed"
        finally:
            self.touch(session)
            if mailbox in session.mailboxes:
                session.mailboxes.remove(mailbox)
            if log is not None and log.follower is mailbox:
                log.follower = None
        return await exchange.open()

    def close(self) -> None:
        """End every open GET stream; requests that run are left to finish."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        for session in map(_ours, self._store):
            for mailbox in session.mailboxes:
                mailbox.close()
            for log in session.streams.values():
                if log.follower is not None:
                    log.follower.close()

    def _attach(
        self, session: LegacySession, mailbox: Mailbox, exchange: Exchange
    ) -> EventLog | None:
        """Connect a mailbox to what it shall get; the log if it follows one."""
        last = single(exchange.request.headers, names.LAST_EVENT_ID)
        number, count = self._resumed(session, last)
        log = session.streams.get(number)
        if log is not None and last is not None:
            kept = log.after(count)
            if kept is None:
                raise refused(400, f"Nothing is kept after event {last[:50]!r}")
            for framed in kept:
                mailbox.put(framed)
        if number == 0:
            if len(session.mailboxes) >= max(1, self._settings.max_streams):
                session.mailboxes.pop(0).close()
            session.mailboxes.append(mailbox)
            return None
        if log is not None and log.finished is None and not self._closing:
            if log.follower is not None:
                log.follower.close()
            log.follower = mailbox
            return log
        mailbox.close()
        return None

    def _resumed(self, session: LegacySession, last: str | None) -> tuple[int, int]:
        if last is None:
            return 0, 0
        place = parse_event_id(last)
        if place is None or (place[0] and place[0] not in session.streams):
            raise refused(400, f"Nothing is kept after event {last[:50]!r}")
        return place

    def _changed(self, change: Change) -> Iterator[None]:
        for session in map(_ours, self._store):
            if change.uri is not None and change.uri not in session.subscribed:
                continue
            if session.mailboxes or 0 in session.streams:
                self._send(session, notification(change))
            yield

    def _send(self, session: LegacySession, message: bytes) -> None:
        log = session.streams.get(0) or session.open_log(0)
        framed = event(message) if log is None else log.record(message)
        if session.mailboxes:
            session.mailboxes[-1].put(framed)

    def _full(self, allowed: Mapping[str, int]) -> bool:
        count = self._store.count
        return any(count(owner) >= limit for owner, limit in allowed.items())

    def _expire(self) -> None:
        for session in self._store.expired(
            time.monotonic() - self._settings.session_idle
        ):
            _ours(session).end()

    def _schedule(self) -> None:
        period = min(30.0, max(0.05, self._settings.session_idle / 4))
        self._timer = asyncio.get_running_loop().call_later(period, self._tick)

    def _tick(self) -> None:
        self._timer = None
        try:
            self._expire()
            before = time.monotonic() - self._settings.event_lifetime
            for session in map(_ours, self._store):
                session.forget_logs(before)
        except Exception:
            _log.exception("idle sessions can't be ended; the session store failed")
        if len(self._store) and not self._closing:
            self._schedule()


def _ours(session: Session) -> LegacySession:
    """A session of a store, which has no others than those that it was given."""
    return cast(LegacySession, session)
