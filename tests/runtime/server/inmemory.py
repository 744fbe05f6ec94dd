"""Connections to a server without a network: aiohttp's own protocol, fed by hand.

What goes through is what goes through a socket, for a third of the time.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from mcpgen.runtime.server import Settings
from mcpgen.runtime.server.runner import Runner
from mcpgen.runtime.server.server import Server

_END: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"


class _Wire(asyncio.Transport):
    """Keeps what is written, and says when an answer is complete."""

    def __init__(self, peer: str) -> None:
        super().__init__({"peername": (peer, 1), "sockname": ("127.0.0.1", 80)})
        self.written = bytearray()
        self.closed = False
        self.waiter: asyncio.Future[None] | None = None

    def write(self, data: Any) -> None:
        self.written += data
        self._wake()

    def writelines(self, list_of_data: Any) -> None:
        for data in list_of_data:
            self.written += data
        self._wake()

    def close(self) -> None:
        self.closed = True
        self._wake()

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        return

    def resume_reading(self) -> None:
        return

    def is_reading(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(
        self, high: int | None = None, low: int | None = None
    ) -> None:
        return

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Answer:
    """An HTTP response.

    Attributes:
        status: Its status; 0 where the connection ended without one.
        body: Its body; of a stream that goes on, what there is of it.
        complete: Whether nothing more belongs to it.
        is_stream: Whether it is an event stream.
    """

    __slots__ = ("body", "complete", "head", "is_stream", "status")

    def __init__(self, data: bytes, bodiless: bool = False) -> None:
        head, end, rest = data.partition(_END)
        self.head = head if end else b""
        self.status = int(head[9:12]) if end else 0
        if bodiless:
            self.body, self.complete, self.is_stream = rest, bool(end), False
            return
        low = head.lower()
        self.is_stream = b"\r\ncontent-type: text/event-stream" in low
        if b"\r\ntransfer-encoding: chunked" in low:
            self.complete = rest.endswith(_LAST_CHUNK)
            self.body = rest
            return
        place = low.find(b"\r\ncontent-length: ")
        if self.is_stream and place < 0:
            # It ends with the connection.
            self.body, self.complete = rest, False
            return
        length = int(low[place + 18 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        self.body = rest[:length]
        self.complete = bool(end) and len(rest) >= length


class Connection:
    """One connection to a server."""

    def __init__(self, server: web.Server, peer: str) -> None:
        self._wire = _Wire(peer)
        self._protocol = server()
        self._protocol.connection_made(self._wire)

    @property
    def closed(self) -> bool:
        """Whether the server has closed it."""
        return self._wire.closed

    @property
    def dirty(self) -> bool:
        """Whether the server has been given more than it has answered."""
        protocol = self._protocol
        return bool(protocol._messages) or protocol._current_request is not None

    async def send(
        self, data: bytes, seconds: float, *, stream_seconds: float | None = None
    ) -> Answer:
        """Send bytes; the answer that comes first, or what there is of it.

        Args:
            data: A request, or what looks like one.
            seconds: How long to wait for the answer.
            stream_seconds: How long to wait for an event stream to end.
        """
        self._wire.written.clear()
        self._protocol.data_received(data)
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._answer(
                    limit, stream_seconds, data.startswith(b"HEAD ")
                )
        except TimeoutError:
            return Answer(bytes(self._wire.written))

    async def _answer(
        self, limit: asyncio.Timeout, stream_seconds: float | None, bodiless: bool
    ) -> Answer:
        loop = asyncio.get_running_loop()
        wire = self._wire
        while True:
            answer = Answer(bytes(wire.written), bodiless)
            if answer.complete or wire.closed:
                return answer
            if answer.is_stream and stream_seconds is not None:
                limit.reschedule(loop.time() + stream_seconds)
                stream_seconds = None
            wire.waiter = loop.create_future()
            await wire.waiter

    def end(self) -> None:
        """Go away, as clients do."""
        self._wire.closed = True
        self._protocol.connection_lost(None)


class InMemory:
    """A server that listens nowhere: `async with InMemory(Server(...)) as server`."""

    def __init__(self, server: Server, settings: Settings) -> None:
        self._runner = Runner(server, settings)

    async def __aenter__(self) -> InMemory:
        await self._runner.setup()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def connect(self, peer: str = "127.0.0.1") -> Connection:
        """A new connection, which seems to come from an address."""
        assert self._runner.server is not None
        return Connection(self._runner.server, peer)
