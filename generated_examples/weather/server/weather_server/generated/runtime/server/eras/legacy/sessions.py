"""Legacy sessions: who they belong to, what runs and waits in them, when they end.

Knows the state of sessions, not the messages that change it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from ....core import jsonrpc
from ....core.catalog import Json
from ....core.jsonrpc import RequestId
from ...handlers.context import SEVERITY
from ...handlers.questions import Client
from ...stores.events import Events, EventStore
from ...stores.sessions import Session
from ...transports.http.sse import Mailbox
from ..era import Connected
from .replay import EventLog

_log: Final = logging.getLogger("mcp.server")

_MAX_PAGES: Final = 100
"""Pages of a session that are remembered until they are done."""
_MAX_STREAMS: Final = 32
"""Streams that a session remembers, apart from those on which something still runs."""


class Cancellable(Protocol):
    """What is told when a request is over before its time."""

    def cancel(self) -> None:
        """Let it know."""
        ...


class Running:
    """A request of a session that is being worked on."""

    __slots__ = ("cancelled", "ctx", "task")

    def __init__(self, task: asyncio.Task[Any] | None, ctx: Cancellable) -> None:
        self.task = task
        self.ctx = ctx
        self.cancelled = False

    def cancel(self, reason: str) -> None:
        """Stop the work, once; the request gets no response."""
        if self.cancelled:
            return
        self.cancelled = True
        self.ctx.cancel()
        if self.task is not None:
            self.task.cancel(reason)

    def end(self) -> None:
        """The task goes on with something else."""
        if self.cancelled and self.task is not None:
            self.task.uncancel()


class LegacySession(Session):
    """A session with all that runs and waits in it.

    Attributes:
        is_kept: Whether it lasts for longer than one message.
        is_connected: Whether it lasts as long as a connection of its own, by which alone
            it is reached.
        log_floor: Least severity of the log messages that it wants.
        subscribed: Resources of whose updates it wants to hear.
        running: Requests that are being worked on, by id.
        waiting: Requests to the client without an answer yet, by id.
        streams: Logs of its event streams, by number; 0 is the GET stream's.
        mailboxes: Open GET streams, the newest last.
    """

    __slots__ = (
        "_ended",
        "_events",
        "_numbers",
        "_pages",
        "_tell",
        "is_connected",
        "is_kept",
        "log_floor",
        "mailboxes",
        "running",
        "streams",
        "subscribed",
        "waiting",
    )

    def __init__(
        self,
        client: Client,
        counts_for: tuple[str, ...] = (),
        owner: str | None = None,
        tell: Callable[[LegacySession, bytes], None] | None = None,
        events: EventStore | None = None,
        *,
        is_kept: bool = True,
    ) -> None:
        super().__init__(client, counts_for, owner)
        self.is_kept = is_kept
        self.is_connected = False
        self._tell = tell
        self._events = events
        self.log_floor = SEVERITY["info"]
        self.subscribed: set[str] = set()
        self.running: dict[RequestId, Running] = {}
        self.waiting: dict[RequestId, asyncio.Future[Any]] = {}
        self.streams: dict[int, EventLog] = {}
        self.mailboxes: list[Mailbox] = []
        self._numbers = 0
        self._ended = False
        self._pages: dict[str, None] | None = None

    @property
    def busy(self) -> bool:
        """Whether something is open or running, so that it is not idle."""
        return self.is_connected or bool(self.running or self.mailboxes)

    def connect(self, connection: Connected) -> None:
        """Belong to a connection: its id, if it has one, and its way to the client."""
        self.id = connection.session_id or self.id
        self.is_connected = True

        def tell(_: LegacySession, message: bytes) -> None:
            connection.push(message)

        self._tell = tell

    def next_number(self) -> int:
        """A number that the session has not given out before."""
        self._numbers += 1
        return self._numbers

    def open_log(self, number: int) -> EventLog | None:
        """A log for a new stream; None where events are not kept."""
        if self._events is None or self._ended:
            return None
        events: Events | None = None
        try:
            events = self._events.open(self.id, number)
        except Exception:
            _log.exception("events can't be kept, so they can't be replayed")
        log = self.streams[number] = EventLog(number, events)
        return log

    def forget_logs(self, before: float) -> None:
        """Let go of streams that ended before a time, and of the oldest of too many."""
        surplus = len(self.streams) - _MAX_STREAMS
        gone: list[EventLog] = []
        for log in self.streams.values():
            if log.finished is None:
                continue
            if len(gone) >= surplus and log.finished >= before:
                break
            gone.append(log)
        for log in gone:
            log.forget()
            del self.streams[log.number]

    def asked_to_open(self, elicitation_id: str) -> None:
        """Remember a page that the client was asked to open."""
        if self._pages is None:
            self._pages = {}
        if len(self._pages) >= _MAX_PAGES:
            del self._pages[next(iter(self._pages))]
        self._pages[elicitation_id] = None

    def elicitation_complete(self, elicitation_id: str) -> bool:
        """See `Session`."""
        if self._tell is None or not self._pages or elicitation_id not in self._pages:
            return False
        del self._pages[elicitation_id]
        method = "notifications/elicitation/complete"
        params: dict[str, Json] = {"elicitationId": elicitation_id}
        self._tell(self, jsonrpc.notification(method, params))
        return True

    def end(self) -> None:
        """Stop everything that belongs to the session and let go of it."""
        self._ended = True
        for running in tuple(self.running.values()):
            running.cancel("the session has ended")
        for future in self.waiting.values():
            future.cancel()
        for mailbox in self.mailboxes:
            mailbox.close()
        for log in self.streams.values():
            log.finish()
            log.forget()
        self.streams.clear()


class MemorySessions:
    """Sessions of this process, the one that was used last at the end."""

    __slots__ = ("_counts", "_limit", "_sessions")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: dict[str, int] = {}
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
        for owner in session.counts_for:
            self._counts[owner] = self._counts.get(owner, 0) + 1
        return True

    def remove(self, session_id: str) -> Session | None:
        """See `SessionStore`."""
        session = self._sessions.pop(session_id, None)
        if session is not None:
            self._discount(session)
        return session

    def count(self, owner: str) -> int:
        """See `SessionStore`."""
        return self._counts.get(owner, 0)

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
