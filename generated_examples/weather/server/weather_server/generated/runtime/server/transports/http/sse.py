"""Server-Sent Events: one open stream on one HTTP request, and a mailbox for waiting ones.

Knows bytes and connections, not JSON-RPC or eras.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import HttpVersion11, web

from . import direct
from .aiohttp_parts import HeldBack

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


def is_gone(request: web.BaseRequest) -> bool:
    """Whether the client has closed the connection of a request."""
    transport = request.transport
    return transport is None or transport.is_closing()


class Stream:
    """An open event stream: the answer to one HTTP request."""

    __slots__ = ("_ended", "_request", "_response")

    def __init__(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        self._ended = False
        self._request = request
        self._response = response

    @classmethod
    async def open(
        cls,
        request: web.BaseRequest,
        headers: Mapping[str, str],
        *,
        hold_back: bool = False,
    ) -> Stream:
        """Send the response's head; ConnectionError where the client is gone.

        Args:
            request: What is answered.
            headers: Further response headers.
            hold_back: Send the head with the first event, which must follow at once.
        """
        if not headers and direct.suits(request):
            events = direct.Events(request)
            if not hold_back:
                await events.write(b"")
            return cls(request, events)
        kind = HeldBack if hold_back else web.StreamResponse
        response = kind(headers={**direct.EVENT_STREAM, **headers})
        if request.version >= HttpVersion11:
            response.enable_chunked_encoding()
        # Older HTTP, which some proxies speak by default, ends it with the connection.
        await response.prepare(request)
        return cls(request, response)

    @property
    def response(self) -> web.StreamResponse:
        """The HTTP response behind the stream."""
        return self._response

    async def write(self, data: bytes) -> None:
        """Send bytes; waits while the client is slow, ConnectionError when it is gone."""
        if self._ended or is_gone(self._request):
            # After the end, the connection belongs to the next request.
            raise ConnectionResetError("the stream is closed")
        await self._response.write(data)

    async def end(self, last: bytes = b"") -> None:
        """End the response, with last events or without.

        A client that is gone is none the worse, unless there are such events; then it
        is a ConnectionError.
        """
        if self._ended:
            return
        self._ended = True
        try:
            if last and is_gone(self._request):
                raise ConnectionResetError("the client has closed the stream")
            await self._response.write_eof(last)
        except ConnectionError:
            if last:
                raise

    async def hang_up(self) -> None:
        """End the response and close its connection, which can't serve another request
        while this one is still being worked on."""
        await self.end()
        if self._request.transport is not None:
            self._request.transport.close()


class Mailbox:
    """Events for a stream whose own coroutine waits for them.

    Senders never wait: a client that falls too far behind loses the stream.
    """

    __slots__ = ("_closed", "_items", "_loop", "_size", "_waiter")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._items: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self._loop = loop

    @property
    def closed(self) -> bool:
        """Whether nothing more can be put in."""
        return self._closed

    def put(self, data: bytes) -> None:
        """Add an event; closes the mailbox when too much lies in it."""
        if self._closed:
            return
        self._items.append(data)
        self._size += len(data)
        if self._size > _MAILBOX_BYTES:
            self.close()
        self._wake()

    def close(self) -> None:
        """Let `deliver` return after what is already here."""
        self._closed = True
        self._wake()

    async def deliver(self, stream: Stream, keep_alive: float) -> None:
        """Write events as they come, and comments in silence, until the mailbox closes.

        Raises:
            ConnectionError: The client is gone.
        """
        try:
            while True:
                while self._items:
                    data = b"".join(self._items)
                    self._items.clear()
                    self._size = 0
                    await stream.write(data)
                if self._closed:
                    return
                if await self._silence(keep_alive):
                    await stream.write(COMMENT)
        finally:
            self._closed = True

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
        return not self._items and not self._closed

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
