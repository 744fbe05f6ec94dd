"""Every attack is made twice: with its guard, and with the guard taken out."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.server import Settings
from mcpgen.runtime.server.app import mounted
from mcpgen.runtime.server.parts import Sink
from mcpgen.runtime.server.runner import ApplicationRunner, Runner
from mcpgen.runtime.server.server import Server

from ..wire import MODERN, SECONDS
from ..workshop import Workshop


@pytest.fixture(params=["guard in", "guard out"])
def guarded(request: pytest.FixtureRequest) -> bool:
    """Whether the guard is in place; without it the attack must succeed."""
    return bool(request.param == "guard in")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@asynccontextmanager
async def running(
    service: Workshop,
    settings: Settings | None = None,
    *,
    lines: Sink | None = None,
    as_application: bool = False,
    **options: Any,
) -> AsyncIterator[int]:
    """A server as `main` runs it; its port. Options are those of aiohttp's parser."""
    settings = settings or Settings()
    server = Server(service, settings, access_log=lines)
    runner: web.BaseRunner = Runner(server, settings)
    if as_application:
        runner = ApplicationRunner(mounted(server, settings, ()), settings)
    await runner.setup()
    assert runner.server is not None
    runner.server._kwargs.update(options)
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def message(method: str, **params: Any) -> bytes:
    """A modern request's body."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": method,
        "params": {**params, "_meta": meta},
    }
    return json.dumps(body).encode()


def http(
    body: bytes,
    *more: bytes,
    line: bytes = b"POST /mcp HTTP/1.1",
    host: bytes = b"Host: localhost",
    length: bool = True,
    method: bytes = b"tools/list",
    name: bytes | None = None,
) -> bytes:
    """A request, byte by byte."""
    head = [
        line,
        host,
        b"Content-Type: application/json",
        b"MCP-Protocol-Version: " + MODERN.encode(),
        b"Mcp-Method: " + method,
        *([] if name is None else [b"Mcp-Name: " + name]),
        *([b"Content-Length: %d" % len(body)] if length else []),
        *more,
    ]
    return b"\r\n".join([*head, b"", body])


async def raw(port: int, data: bytes) -> bytes:
    """What comes back for some bytes, until a first answer is complete or all is over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        async with asyncio.timeout(SECONDS):
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(
                line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line
            )
            length = int(fields.get(b"Content-Length", b"0"))
            return head + await reader.readexactly(length)
    finally:
        writer.close()


def status(answer: bytes) -> int:
    """The status of an answer."""
    return int(answer.split(b" ", 2)[1])
