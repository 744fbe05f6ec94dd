"""What a server may send in all: pages of lists, and bytes that drip."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mcpgen.diagnostics import MCPGenError
from mcpgen.pull import live
from mcpgen.pull.source import Source, read
from mcpgen.runtime.client import Client, ClientError
from tests.pace import patient

from .wire import LIMIT, Call, Reply, Wire, modern, running

TEXT = "x" * 30_000


def endless(entries: int = 1) -> Wire:
    """A server whose pages go on for as long as one asks."""

    async def tools(call: Call) -> Reply:
        number = int(call.params.get("cursor", "0"))
        found: list[Any] = [
            {
                "name": f"tool-{number}-{entry}",
                "description": TEXT if entries == 1 else "",
                "inputSchema": {"type": "object"},
            }
            for entry in range(entries)
        ]
        return call.result(tools=found, nextCursor=str(number + 1))

    return modern({"tools": {}}, tools_list=tools)


async def test_pages_of_a_list_hold_so_many_bytes_together(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        async with (
            running(endless()) as wire,
            Client(wire.url, max_bytes=100_000) as client,
        ):
            found = await client.list_tools()
    assert [tool.name for tool in found] == [f"tool-{n}-0" for n in range(4)]
    assert len(wire.of("tools/list")) == 4
    assert "the rest is left out" in caplog.text


async def test_pages_of_a_list_hold_so_many_items_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mcpgen.runtime.client.listing.MAX_ITEMS", 250)
    async with running(endless(100)) as wire, Client(wire.url) as client:
        found = await client.list_tools()
    assert len(found) == 300
    assert len(wire.of("tools/list")) == 3


async def test_a_pull_reads_so_many_bytes_of_a_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "MAX_BYTES", 2**20)
    async with running(endless()) as wire:
        source = Source(url=wire.url)
        with pytest.raises(MCPGenError, match="hold more than 1 MiB"):
            await asyncio.to_thread(read, source)
    assert len(wire.of("tools/list")) == 35


# --- servers that drip ------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\n"
DRIPS = {
    "head": OK + b"X-Slow: ",
    "body": OK + b"Content-Type: application/json\r\nContent-Length: 90000\r\n\r\n",
    "stream": OK + b"Content-Type: text/event-stream\r\n\r\n:",
}


@asynccontextmanager
async def dripping(start: bytes) -> AsyncIterator[str]:
    """A server that sends the beginning of a response at once, and then single bytes."""
    serving = set[asyncio.Task[Any] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(start)
            while not reader.at_eof():
                writer.write(b" ")
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(65536), 0.05)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    finally:
        server.close()
        async with asyncio.timeout(LIMIT):
            await asyncio.gather(*filter(None, serving), return_exceptions=True)


@pytest.mark.parametrize("start", DRIPS.values(), ids=DRIPS)
async def test_a_server_that_drips_does_not_prolong_connecting(start: bytes) -> None:
    async with dripping(start) as url, asyncio.timeout(patient(10)):
        with pytest.raises(ClientError, match="in time"):
            async with Client(url, timeout=0.5):
                pass


async def test_a_handshake_that_never_ends_does_not_prolong_connecting() -> None:
    async with dripping(b"") as url, asyncio.timeout(patient(10)):
        with pytest.raises(ClientError, match="in time"):
            async with Client(url.replace("http:", "https:"), timeout=0.5):
                pass


@pytest.mark.parametrize("start", DRIPS.values(), ids=DRIPS)
async def test_a_server_that_drips_does_not_prolong_a_pull(start: bytes) -> None:
    async with dripping(start) as url, asyncio.timeout(patient(10)):
        with pytest.raises(MCPGenError, match="in time"):
            await asyncio.to_thread(read, Source(url=url, seconds=0.5))
