"""Server-sent events: bytes in, events out.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
and knows nothing of HTTP or JSON. Data stays bytes, so that no character is ever cut.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_BOM: Final = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event: its type, its data, and the last event id known when it came."""

    type: str
    data: bytes
    id: str


class SseParser:
    """Collects events from chunks that may be cut anywhere.

    Attributes:
        last_event_id: The id to resume after; empty until the server sends one.
        retry: Milliseconds to wait before a reconnect; None until the server says so.
        ignored: The data of the last event that was no message; set by the reader.
    """

    def __init__(self, limit: int) -> None:
        """A parser that takes events of at most `limit` bytes."""
        self._limit = limit
        self._started = False
        self._skip_newline = False
        self._partial: list[bytes] = []
        self._data: list[bytes] = []
        self._size = 0
        self._type = ""
        self.last_event_id = ""
        self.retry: int | None = None
        self.ignored = b""

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that a chunk completes.

        Raises:
            ValueError: An event is greater than the limit.
        """
        chunk = self._with_newlines(chunk)
        if not chunk:
            return []
        first, *lines = chunk.split(b"\n")
        self._partial.append(first)
        self._size += len(first)
        if self._size > self._limit:
            raise ValueError(f"an event is greater than {self._limit} bytes")
        if not lines:
            return []
        last = lines.pop()
        events: list[Event] = []
        line = b"".join(self._partial)
        if not self._started:
            self._started = True
            line = line.removeprefix(_BOM)
        self._line(line, events)
        for line in lines:
            self._size += len(line)
            self._line(line, events)
        self._partial = [last]
        self._size += len(last)
        return events

    def _with_newlines(self, chunk: bytes) -> bytes:
        """The chunk with every line end as a newline, CRLF across chunks included."""
        if self._skip_newline and chunk:
            self._skip_newline = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._skip_newline = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _line(self, line: bytes, events: list[Event]) -> None:
        if not line:
            self._dispatch(events)
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._type = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self.last_event_id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            self.retry = min(int(value[:10]), 86_400_000)

    def _dispatch(self, events: list[Event]) -> None:
        if self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            events.append(Event(self._type or "message", data, self.last_event_id))
            self._data = []
        self._type = ""
        self._size = 0
