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
    """

    __slots__ = ("body", "complete", "head", "status")

    def __init__(self, data: bytes) -> None:
        head, end, rest = data.partition(_END)
        self.head = head if end else b""
        self.status = int(head[9:12]) if end else 0
        low = head.lower()
        if b"\r\ntransfer-encoding: chunked" in low:
            self.complete = rest.endswith(_LAST_CHUNK)
            self.body = rest
            return
        place = low.find(b"\r\ncontent-length: ")
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

    async def send(self, data: bytes, seconds: float) -> Answer:
        """Send bytes; the answer that comes first, or what there is after some seconds."""
        wire = self._wire
        wire.written.clear()
        self._protocol.data_received(data)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    answer = Answer(bytes(wire.written))
                    if answer.complete or wire.closed:
                        return answer
                    wire.waiter = asyncio.get_running_loop().create_future()
                    await wire.waiter
        except TimeoutError:
            return Answer(bytes(wire.written))

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
