"""A server below HTTP: it may send any bytes, and end a connection in any way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from .wire import LIMIT, event

End = Literal["close", "reset", "hang"]


@dataclass(frozen=True)
class Fault:
    """What a call of the tool "bad" is answered with.

    Attributes:
        sent: The bytes.
        end: What becomes of the connection then.
    """

    sent: bytes
    end: End = "close"


def answer(
    body: bytes, *headers: str, kind: str = "application/json", status: str = "200 OK"
) -> bytes:
    """A whole answer."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def open_answer(*headers: str, kind: str = "application/json") -> bytes:
    """The head of an answer whose body is to come."""
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


STREAM = open_answer("Connection: close", kind="text/event-stream")


@dataclass
class RawServer:
    """A server of one era; everything works but the tool "bad".

    Attributes:
        era: "modern", "legacy" or "sse".
        fault: What happens to the tool "bad".
        probe: What happens to `server/discover`.
        connections: How many are open.
        calls: The tools that were called, in order.
    """

    era: str
    fault: Fault
    probe: Fault | None = None
    connections: int = 0
    calls: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    url: str = ""
    _stream: asyncio.StreamWriter | None = None

    async def no_connection_is_left(self) -> None:
        async with asyncio.timeout(LIMIT), self.changed:
            await self.changed.wait_for(lambda: self.connections == 0)

    async def calls_came(self, number: int) -> None:
        async with asyncio.timeout(LIMIT), self.changed:
            await self.changed.wait_for(lambda: len(self.calls) >= number)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            writer.close()
            self.connections -= 1
            async with self.changed:
                self.changed.notify_all()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """One request; whether there may be another on the same connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method = head.partition(" ")[0]
        length = [
            line.partition(":")[2]
            for line in head.splitlines()
            if line.lower().startswith("content-length")
        ]
        body = await reader.readexactly(int(length[0])) if length else b""
        if method != "POST":
            return await self._listen(method, reader, writer)
        message = json.loads(body)
        params = message.get("params", {})
        if self.probe is not None and message["method"] == "server/discover":
            return await self._fail(self.probe, reader, writer)
        if message["method"] == "tools/call":
            self.calls.append(params["name"])
            async with self.changed:
                self.changed.notify_all()
            if params["name"] == "bad":
                return await self._fail(self.fault, reader, writer)
        await self._answer(message, writer)
        return True

    async def _listen(
        self, method: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if method == "GET" and self.era == "sse":
            self._stream = writer
            writer.write(STREAM + event("/messages", event="endpoint"))
            await reader.read()
            return False
        writer.write(answer(b"", status="405 Method Not Allowed"))
        return True

    async def _fail(
        self, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        target = writer
        if self.era == "sse" and fault.sent.startswith(STREAM):
            # There, what comes of a call is an event of the other connection.
            writer.write(answer(b"", status="202 Accepted"))
            assert self._stream is not None
            target = self._stream
            target.write(fault.sent.removeprefix(STREAM))
        else:
            target.write(fault.sent)
        if fault.end == "hang":
            if target is writer:
                await reader.read()
            return target is not writer
        if fault.end == "reset":
            # Closing with a linger of no seconds sends RST.
            await target.drain()
            linger = struct.pack("ii", 1, 0)
            raw: socket.socket = target.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            target.transport.abort()
        target.close()
        return target is not writer

    async def _answer(
        self, message: dict[str, Any], writer: asyncio.StreamWriter
    ) -> None:
        if "id" not in message:
            writer.write(answer(b"", status="202 Accepted"))
            return
        result = self._result(message)
        if result is None:
            refused = {"code": -32601, "message": "What?"}
            told = {"jsonrpc": "2.0", "id": message["id"], "error": refused}
            writer.write(answer(json.dumps(told).encode(), status="400 Bad Request"))
            return
        told = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        if self._stream is not None:
            self._stream.write(event(told))
            writer.write(answer(b"", status="202 Accepted"))
        else:
            writer.write(answer(json.dumps(told).encode()))

    def _result(self, message: dict[str, Any]) -> dict[str, Any] | None:
        match message["method"]:
            case "server/discover" if self.era == "modern":
                return {"supportedVersions": ["2026-07-28"], "capabilities": {}}
            case "initialize" if self.era == "legacy" or self._stream is not None:
                about = {"name": "raw", "version": "0"}
                return {
                    "protocolVersion": "2024-11-05",
                    "capabilities": {},
                    "serverInfo": about,
                }
            case "tools/call":
                return {"content": []}
            case "tools/list":
                return {"tools": []}
        return None


@asynccontextmanager
async def raw_server(era: str, fault: Fault) -> AsyncIterator[RawServer]:
    """Serves at `url`."""
    made = RawServer(era, fault)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
        yield made
