"""What was sent on a legacy event stream, for clients that come back for the rest.

An event's id is the stream's number and the event's place in it, such as `3-7`.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
"""

from __future__ import annotations

import re
import time
from collections import deque
from typing import Final

from ..http.sse import Mailbox, event

_EVENT_ID: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")


class EventLog:
    """The last events of one stream, and the connection that follows it, if any.

    Attributes:
        number: The stream's number in its session.
        finished: When the stream got its last event, by `time.monotonic`; else None.
        follower: Where events go once the original connection is lost.
    """

    __slots__ = ("_count", "_events", "finished", "follower", "number")

    def __init__(self, number: int, history: int) -> None:
        self.number = number
        self.finished: float | None = None
        self.follower: Mailbox | None = None
        self._count = 0
        self._events: deque[tuple[int, bytes]] = deque(maxlen=history)

    def record(self, data: bytes, retry_ms: int | None = None) -> bytes:
        """Give an event its id and remember it; the result is what goes on the wire."""
        self._count += 1
        framed = event(data, f"{self.number}-{self._count}", retry_ms)
        self._events.append((self._count, framed))
        if self.follower is not None:
            self.follower.put(framed)
        return framed

    def after(self, count: int) -> list[bytes]:
        """The events after one of them."""
        return [framed for number, framed in self._events if number > count]

    def finish(self) -> None:
        """No more events will come."""
        self.finished = time.monotonic()
        if self.follower is not None:
            self.follower.close()


def parse_event_id(text: str) -> tuple[int, int] | None:
    """The stream and the place in it, or None if this is no id of ours."""
    found = _EVENT_ID.fullmatch(text)
    return None if found is None else (int(found[1]), int(found[2]))
