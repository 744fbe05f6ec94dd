"""Server-Sent Events: the answer of a request that may become a stream of them, and a
mailbox for streams that wait for what comes.

Knows bytes and exchanges, not JSON-RPC or eras.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from .exchange import Exchange, is_gone

if TYPE_CHECKING:
    from ...handlers.context import Context

COMMENT: Final = b":\n\n"
"""A keep-alive: clients skip comment lines."""

_MAILBOX_BYTES: Final = 1024 * 1024


def event(
    data: bytes, event_id: str | None = None, retry_ms: int | None = None
) -> bytes:
    """One event; `data` is a single line, as JSON from this runtime always is."""
    head = b"" if event_id is None else b"id: %b\n" % event_id.encode("ascii")
    if retry_ms is not None:
        head += b"retry: %d\n" % retry_ms
    return b"%bdata: %b\n\n" % (head, data)


def named_event(name: bytes, data: bytes) -> bytes:
    """One event with a name. Line breaks between the tokens of JSON become spaces."""
    line = data.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"event: %b\ndata: %b\n\n" % (name, line)


class ResponseStream(ABC):
    """The answer of a request: one JSON object, or events from the first message on.

    Each era has its own, which says what a client that is gone means.

    Attributes:
        ctx: The request, which is notified of its cancellation.
        finished: Whether nothing more can be sent.
    """

    ctx: Context | None = None
    finished: bool = False
    _lock: asyncio.Lock | None = None
    _pulse: asyncio.Task[None] | None = None
    # Set by each subclass, whose constructor is a part of every call.
    _exchange: Exchange
    _keep_alive: float

    @property
    def takes_events(self) -> bool:
        """Whether anything but the response can be sent."""
        return self._exchange.takes_events

    async def send(self, message: bytes) -> None:
        """Send a notification or a request; a client that takes no events misses it.

        What comes after the response is dropped.
        """
        if self._exchange.takes_events:
            await self._put(message)

    async def disconnect(self, retry_ms: int | None) -> None:
        """Close the stream while the request goes on, if the client can come back."""
        return

    def check(self, now: float) -> None:
        """Break a long silence."""
        if (
            self._keep_alive
            and now - self._exchange.written > self._keep_alive
            and self._exchange.takes_events
            and (self._pulse is None or self._pulse.done())
        ):
            self._pulse = asyncio.ensure_future(self._put(None))

    async def _put(self, message: bytes | None) -> None:
        async with self._sending():
            if not self.finished:
                await self._deliver(message)

    @abstractmethod
    async def _deliver(self, message: bytes | None) -> None:
        """Write a message, or a comment; nobody else writes meanwhile."""

    async def _last_turn(self) -> None:
        """Wait for what was reported before the response; what waits behind is dropped."""
        async with self._sending():
            self.finished = True

    def _sending(self) -> asyncio.Lock:
        """One writer at a time, in the order in which they came; the last one ends it."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        return self._lock


class Mailbox:
    """Events for an open-ended stream, whose own coroutine waits for them.

    Senders never wait: a client that falls too far behind loses the stream.

    Attributes:
        closed: Whether nothing more can be put in.
    """

    __slots__ = ("_exchange", "_items", "_loop", "_size", "_waiter", "closed")

    def __init__(self, exchange: Exchange) -> None:
        self._items: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self.closed = False
        self._loop = asyncio.get_running_loop()
        self._exchange = exchange

    def put(self, data: bytes) -> None:
        """Add an event; closes the mailbox when too much lies in it."""
        if self.closed:
            return
        self._items.append(data)
        self._size += len(data)
        if self._size > _MAILBOX_BYTES:
            self.close()
        self._wake()

    def close(self) -> None:
        """Let `deliver` return after what is already here."""
        self.closed = True
        self._wake()

    def check(self, now: float) -> None:
        """End the stream of a client that is gone, or whose credentials have ended."""
        if is_gone(self._exchange.request) or self._exchange.has_expired:
            self.close()

    async def deliver(self, keep_alive: float) -> None:
        """Write events as they come, and comments in silence, until the mailbox closes.

        Raises:
            ConnectionError: The client is gone.
        """
        exchange = self._exchange
        try:
            while True:
                while self._items:
                    data = b"".join(self._items)
                    self._items.clear()
                    self._size = 0
                    await exchange.write(data)
                if self.closed:
                    return
                if await self._silence(keep_alive):
                    await exchange.write(COMMENT)
        finally:
            self.closed = True

    async def _silence(self, seconds: float) -> bool:
        """Wait for something to happen; True if nothing did for that long."""
        waiter = self._waiter = self._loop.create_future()
        timer = self._loop.call_later(seconds, self._wake) if seconds else None
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
        return not self._items and not self.closed

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
