"""Legacy sessions: who they belong to, what runs and waits in them, when they end; and what
was sent on their event streams, for clients that come back for the rest.

An event's id is the stream's number and the event's place in it, such as `3-7`. Knows the
state of sessions, not the messages that change it.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from ....core import jsonrpc
from ....core.catalog import Json
from ....core.jsonrpc import RequestId
from ...handlers.context import SEVERITY
from ...stores import Events, EventStore, Session
from ...transports.http.sse import Mailbox, event
from ..era import Connected

if TYPE_CHECKING:
    from ...handlers.context import Context

_log: Final = logging.getLogger("mcp.server")

# As factories, `dict[str, str]` and its like take ten times as long.
_dict: Final = cast("Callable[[], dict[Any, Any]]", dict)
_set: Final = cast("Callable[[], set[Any]]", set)
_list: Final = cast("Callable[[], list[Any]]", list)

_EVENT_ID: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")
_MAX_PAGES: Final = 100
"""Pages of a session that are remembered until they are done."""
_MAX_STREAMS: Final = 32
"""Streams that a session remembers, apart from those on which something still runs."""


@dataclass(eq=False, repr=False, slots=True)
class LegacySession(Session):
    """A session with all that runs and waits in it.

    Attributes:
        is_kept: Whether it lasts for longer than one message.
        is_connected: Whether it lasts as long as a connection of its own, by which alone
            it is reached.
        log_floor: Least severity of the log messages that it wants.
        subscribed: Resources of whose updates it wants to hear.
        running: Requests that are being worked on, by id; None for one that was
            cancelled, until its work has ended.
        waiting: Requests to the client without an answer yet, by id.
        streams: Logs of its event streams, by number; 0 is the GET stream's.
        mailboxes: Open GET streams, the newest last.
    """

    _tell: Callable[[LegacySession, bytes], None] | None = None
    _events: EventStore | None = None
    is_kept: bool = field(default=True, kw_only=True)
    is_connected: bool = field(init=False, default=False)
    log_floor: int = field(init=False, default=SEVERITY["info"])
    subscribed: set[str] = field(init=False, default_factory=_set)
    running: dict[RequestId, tuple[asyncio.Task[Any] | None, Context] | None] = field(
        init=False, default_factory=_dict
    )
    waiting: dict[RequestId, asyncio.Future[Any]] = field(
        init=False, default_factory=_dict
    )
    streams: dict[int, EventLog] = field(init=False, default_factory=_dict)
    mailboxes: list[Mailbox] = field(init=False, default_factory=_list)
    _numbers: int = field(init=False, default=0)
    _ended: bool = field(init=False, default=False)
    _pages: dict[str, None] = field(init=False, default_factory=_dict)

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

    def cancel(self, request_id: RequestId, reason: str) -> bool:
        """Stop the work on a request, once; it gets no response. Whether it still runs."""
        running = self.running.get(request_id)
        if running is not None:
            self.running[request_id] = None
            task, ctx = running
            ctx.cancel()
            if task is not None:
                task.cancel(reason)
        return request_id in self.running

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
        if len(self._pages) >= _MAX_PAGES:
            del self._pages[next(iter(self._pages))]
        self._pages[elicitation_id] = None

    def elicitation_complete(self, elicitation_id: str) -> bool:
        """See `Session`."""
        if self._tell is None or elicitation_id not in self._pages:
            return False
        del self._pages[elicitation_id]
        method = "notifications/elicitation/complete"
        params: dict[str, Json] = {"elicitationId": elicitation_id}
        self._tell(self, jsonrpc.notification(method, params))
        return True

    def end(self) -> None:
        """Stop everything that belongs to the session and let go of it."""
        self._ended = True
        for request_id in tuple(self.running):
            self.cancel(request_id, "the session has ended")
        for future in self.waiting.values():
            future.cancel()
        for mailbox in self.mailboxes:
            mailbox.close()
        for log in self.streams.values():
            log.finish()
            log.forget()
        self.streams.clear()


class MemoryEvents:
    """The last events of each stream, in memory.

    Args:
        history: How many of each.
        size: Bytes of all of them. Where that is too little, the stream that began to
            be kept first is forgotten first.
    """

    __slots__ = ("_space",)

    def __init__(self, history: int, size: int = 64 * 1024 * 1024) -> None:
        self._space = _Space(history, size)

    def open(self, session_id: str, stream: int) -> Events:
        """See `EventStore`."""
        return _Recent(self._space)


class _Space:
    """How much of streams is kept."""

    __slots__ = ("_kept", "_size", "_used", "history")

    def __init__(self, history: int, size: int) -> None:
        self.history = history
        self._size = size
        self._used = 0
        self._kept: dict[_Recent, None] = {}

    def grow(self, recent: _Recent, size: int) -> None:
        """Count what a stream keeps more, or less."""
        self._used += size
        self._kept[recent] = None
        while self._used > self._size:
            next(iter(self._kept)).forget()

    def drop(self, recent: _Recent) -> None:
        """Count a stream that keeps nothing any more."""
        self._used -= recent.size
        self._kept.pop(recent, None)


class _Recent:
    """The last events of one stream."""

    __slots__ = ("_events", "_space", "size")

    def __init__(self, space: _Space) -> None:
        self._space = space
        self._events: deque[tuple[int, bytes]] = deque()
        self.size = 0

    def append(self, number: int, framed: bytes) -> None:
        self._events.append((number, framed))
        more = len(framed)
        if len(self._events) > self._space.history:
            more -= len(self._events.popleft()[1])
        self.size += more
        self._space.grow(self, more)

    def after(self, number: int) -> Iterable[bytes]:
        return [framed for place, framed in self._events if place > number]

    def forget(self) -> None:
        self._space.drop(self)
        self.size = 0
        self._events.clear()


class EventLog:
    """What was sent on one stream, and the connection that follows it, if any.

    Attributes:
        number: The stream's number in its session.
        finished: When the stream got its last event, by `time.monotonic`; else None.
        follower: Where events go once the original connection is lost.
    """

    __slots__ = ("_count", "_events", "finished", "follower", "number")

    def __init__(self, number: int, events: Events | None) -> None:
        """Begin a log; without a place for events, none can be replayed."""
        self.number = number
        self.finished: float | None = None
        self.follower: Mailbox | None = None
        self._count = 0
        self._events = events

    def record(self, data: bytes, retry_ms: int | None = None) -> bytes:
        """Give an event its id and remember it; the result is what goes on the wire."""
        self._count += 1
        framed = event(data, f"{self.number}-{self._count}", retry_ms)
        if self._events is not None:
            try:
                self._events.append(self._count, framed)
            except Exception:
                _log.exception("an event can't be kept, so it can't be replayed")
        if self.follower is not None:
            self.follower.put(framed)
        return framed

    def after(self, count: int) -> list[bytes] | None:
        """The events after one of them; None where they can't be had."""
        if self._events is None:
            return None
        try:
            return list(self._events.after(count))
        except Exception:
            _log.exception("kept events can't be read, so they can't be replayed")
            return None

    def forget(self) -> None:
        """Let go of what was kept, and keep nothing more."""
        events, self._events = self._events, None
        if events is None:
            return
        try:
            events.forget()
        except Exception:
            _log.exception("kept events can't be forgotten")

    def finish(self) -> None:
        """No more events will come."""
        self.finished = time.monotonic()
        if self.follower is not None:
            self.follower.close()


def parse_event_id(text: str) -> tuple[int, int] | None:
    """The stream and the place in it, or None if this is no id of ours."""
    found = _EVENT_ID.fullmatch(text)
    return None if found is None else (int(found[1]), int(found[2]))
