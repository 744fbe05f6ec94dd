"""Answers of the two usual forms, written to the connection without going through headers.

`web.Response` makes its headers anew for each answer, which costs a tenth of a call.
Here a head is bytes that stay the same for a second. Knows HTTP and nothing of messages.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Final

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

from .aiohttp_parts import count_written, server_software, writer_of, writes_directly

LARGEST: Final = 64 * 1024
"""Bytes of a body above which another copy costs more than a second write."""

EVENT_STREAM: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
"""The headers of every event stream."""


def suits(request: web.BaseRequest) -> bool:
    """Whether a request can be answered like this.

    Otherwise something looks at the answer's headers on its way (an application's
    middlewares and signals), or the head must say more.
    """
    return (
        type(request) is web.BaseRequest
        and request.version == HttpVersion11
        and request.keep_alive
        and writes_directly(request)
    )


class _Direct(web.StreamResponse):
    """An answer that is sent with status 200, and leaves the connection open."""

    def __init__(self, request: web.BaseRequest) -> None:
        super().__init__()
        self._request = request

    @property
    def keep_alive(self) -> bool:
        """Always: a head that says nothing of the connection means it."""
        return True

    @property
    def prepared(self) -> bool:
        """Always: nothing can be changed."""
        return True

    async def _send(self, data: bytes) -> None:
        """Write, and wait while the client is slow; ConnectionError when it is gone."""
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        transport.write(data)
        writer = writer_of(self._request)
        count_written(writer, len(data))
        if transport.get_write_buffer_size():
            await writer.drain()


class Whole(_Direct):
    """A JSON object, sent with its head when aiohttp asks for it."""

    def __init__(self, request: web.BaseRequest, body: bytes) -> None:
        super().__init__(request)
        self._json = body

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Send everything.

        Raises:
            ConnectionError: The client is gone.
        """
        body = self._json
        await self._send(b"%b%d\r\n\r\n%b" % (_heads.json(), len(body), body))
        return writer_of(request)

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to be sent."""


class Events(_Direct):
    """An event stream, whose head goes out with the first write."""

    def __init__(self, request: web.BaseRequest) -> None:
        super().__init__(request)
        self._unsent = _heads.events()
        self._ended = False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Nothing: the head waits for what follows."""
        return writer_of(request)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send events, or the head alone.

        Raises:
            ConnectionError: The client is gone.
        """
        if self._ended:
            raise ConnectionResetError("the stream has ended")
        head, self._unsent = self._unsent, b""
        await self._send(b"%b%b" % (head, _chunk(data)))

    async def write_eof(self, data: bytes = b"") -> None:
        """Send last events, and end.

        Raises:
            ConnectionError: The client is gone.
        """
        if self._ended:
            return
        self._ended = True
        head, self._unsent = self._unsent, b""
        await self._send(b"%b%b0\r\n\r\n" % (head, _chunk(data)))


def _chunk(data: bytes | bytearray | memoryview) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc9112#section-7.1"""
    return b"%x\r\n%b\r\n" % (len(data), bytes(data)) if data else b""


class _Heads:
    """Heads up to what differs from answer to answer, made once a second."""

    __slots__ = ("_events", "_json", "_second")

    def __init__(self) -> None:
        self._second = 0
        self._json = b""
        self._events = b""

    def json(self) -> bytes:
        """The head of a JSON object up to the number of its bytes."""
        self._renew()
        return self._json

    def events(self) -> bytes:
        """The head of an event stream."""
        self._renew()
        return self._events

    def _renew(self) -> None:
        now = int(time.time())
        if self._second == now:
            return
        self._second = now
        date = formatdate(now, usegmt=True)
        common = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nServer: {server_software()}\r\n"
        kind = "Content-Type: application/json\r\nContent-Length: "
        self._json = f"{common}{kind}".encode("ascii")
        lines = "".join(f"{name}: {value}\r\n" for name, value in EVENT_STREAM.items())
        end = "Transfer-Encoding: chunked\r\n\r\n"
        self._events = f"{common}{lines}{end}".encode("ascii")


_heads: Final = _Heads()
