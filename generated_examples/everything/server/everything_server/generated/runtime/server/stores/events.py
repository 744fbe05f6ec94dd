"""What a store of the events of legacy streams does, for clients that come back for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Events(Protocol):
    """The events of one stream, as they go over the wire."""

    def append(self, number: int, framed: bytes) -> None:
        """Keep an event; numbers begin at 1 and increase by one."""
        ...

    def after(self, number: int) -> Iterable[bytes]:
        """The events that are kept after one of them, in their order."""
        ...

    def forget(self) -> None:
        """Nobody can come back for the stream any more."""
        ...


class EventStore(Protocol):
    """Where the events of legacy streams are kept; called in the event loop.

    What it raises is logged; the event is sent all the same, and can't be replayed.
    """

    def open(self, session_id: str, stream: int) -> Events:
        """A place for the events of a new stream; `stream` is unique in its session."""
        ...
