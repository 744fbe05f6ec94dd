"""What was sent on a legacy event stream, for clients that come back for the rest.

An event's id is the stream's number and the event's place in it, such as `3-7`.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from ...stores.events import Events
from ...transports.http.sse import Mailbox, event

_log: Final = logging.getLogger("mcp.server")
_EVENT_ID: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")


class MemoryEvents:
    """The last events of each stream, in memory.

    Args:
        history: How many of each.
        size: Bytes of all of them. Where that is too little, the stream that began to
            be kept first is forgotten first.
    """

    __slots__ = ("_budget", "_history")

    def __init__(self, history: int, size: int = 64 * 1024 * 1024) -> None:
        self._history = history
        self._budget = _Budget(size)

    def open(self, session_id: str, stream: int) -> Events:
        """See `EventStore`."""
        return _Recent(self._budget, self._history)


class _Budget:
    """Bytes that streams share; too many, and the first of them loses its own."""

    __slots__ = ("_kept", "_size", "_used")

    def __init__(self, size: int) -> None:
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
    __slots__ = ("_budget", "_events", "_history", "size")

    def __init__(self, budget: _Budget, history: int) -> None:
        self._budget = budget
        self._history = history
        self._events: deque[tuple[int, bytes]] = deque()
        self.size = 0

    def append(self, number: int, framed: bytes) -> None:
        self._events.append((number, framed))
        more = len(framed)
        if len(self._events) > self._history:
            more -= len(self._events.popleft()[1])
        self.size += more
        self._budget.grow(self, more)

    def after(self, number: int) -> Iterable[bytes]:
        return [framed for place, framed in self._events if place > number]

    def forget(self) -> None:
        self._budget.drop(self)
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
