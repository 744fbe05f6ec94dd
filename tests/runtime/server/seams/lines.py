"""A transport of one's own: a Unix socket with a message a line, as over stdio."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcpgen.runtime.server import Server

from ..wire import SECONDS

LIMIT = 16 * 1024 * 1024


class SocketConnection:
    """The server's end of a socket, as a `Connection`."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> bytes | None:
        try:
            return (await self._reader.readuntil(b"\n"))[:-1]
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def send(self, message: bytes) -> None:
        if self._writer.is_closing():
            raise ConnectionResetError("the client is gone")
        self._writer.write(message + b"\n")
        await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def listening(
    server: Server, path: Path, kind: type[SocketConnection] = SocketConnection
) -> AsyncIterator[None]:
    """Serves each connection to a Unix socket."""
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server.serve(kind(reader, writer)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async with server.running():
        listener = await asyncio.start_unix_server(connected, path, limit=LIMIT)
        try:
            yield
        finally:
            listener.close()
    if tasks:
        await asyncio.wait_for(asyncio.gather(*tasks), SECONDS)


class Peer:
    """A client by hand on such a socket."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0

    @classmethod
    @asynccontextmanager
    async def connected(cls, path: Path) -> AsyncIterator[Peer]:
        """A connection to a socket."""
        reader, writer = await asyncio.open_unix_connection(path, limit=LIMIT)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    async def send(self, message: Any) -> None:
        """Sends JSON, or a line as it is."""
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self._writer.write(line + b"\n")
        await self._writer.drain()

    async def next(self) -> Any:
        """The next message; None at the end."""
        line = await asyncio.wait_for(self._reader.readline(), SECONDS)
        return json.loads(line) if line else None

    async def begin(self, method: str, params: Any = None) -> int:
        """Sends a request; gives its id."""
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method}
        await self.send(message | ({} if params is None else {"params": params}))
        return self._number

    async def notify(self, method: str, params: Any = None) -> None:
        """Sends a notification."""
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        await self.send(message | ({} if params is None else {"params": params}))

    async def answer(self, number: int) -> Any:
        """The response to a request; what comes before must belong to nothing else."""
        message = await self.next()
        assert message.get("id") == number, message
        return message

    async def call(self, method: str, params: Any = None) -> Any:
        """The result of a request."""
        message = await self.answer(await self.begin(method, params))
        assert "result" in message, message
        return message["result"]

    async def initialize(self, capabilities: Any = None) -> Any:
        """Begins a legacy session."""
        result = await self.call(
            "initialize",
            {
                "protocolVersion": "2025-11-25",
                "capabilities": capabilities or {},
                "clientInfo": {"name": "peer", "version": "1"},
            },
        )
        await self.notify("notifications/initialized")
        return result


def modern(params: Any = None, capabilities: Any = None, **meta: Any) -> Any:
    """Parameters of a modern request."""
    return {
        **(params or {}),
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": capabilities or {},
            **meta,
        },
    }
