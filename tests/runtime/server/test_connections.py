"""More connections than the process may open."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector

from mcpgen.runtime.server import Settings
from mcpgen.runtime.server.runner import Runner
from mcpgen.runtime.server.server import Server
from mcpgen.runtime.server.transports.http.connections import connection_limit

from .attacks.conftest import http as http_request
from .attacks.conftest import message
from .certificates import self_signed
from .programs import Program, program
from .test_stopping import LOOPS
from .wire import SECONDS, ModernWire, until
from .workshop import Workshop

DESCRIPTORS = 300


async def _flood(port: int, count: int) -> list[asyncio.StreamWriter]:
    """Connections that never send anything, all at once."""
    opened = await asyncio.gather(
        *(asyncio.open_connection("127.0.0.1", port) for _ in range(count)),
        return_exceptions=True,
    )
    return [each[1] for each in opened if not isinstance(each, BaseException)]


@asynccontextmanager
async def flooded(server: Program, times: int = 4) -> AsyncIterator[None]:
    """While a server has had more silent connections than it may open, twice over."""
    writers: list[asyncio.StreamWriter] = []
    try:
        for _ in range(times):
            writers += await _flood(server.port, DESCRIPTORS // 2)
        yield
    finally:
        for writer in writers:
            writer.transport.abort()


class TestSilentConnections:
    """They make room for those who send something."""

    @pytest.mark.parametrize("loop", LOOPS, ids=["uvloop", "asyncio"])
    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_others_are_served_and_the_log_stays_short(
        self, loop: tuple[str, ...], scheme: str, tmp_path: Path
    ) -> None:
        options: list[str] = []
        context: ssl.SSLContext | bool = True
        if scheme == "https":
            certificate, key = self_signed(tmp_path)
            options = ["--tls-cert", str(certificate), "--tls-key", str(key)]
            context = ssl.create_default_context(cafile=certificate)
        connector = TCPConnector(ssl=context, force_close=True)
        limited = ("--descriptors", str(DESCRIPTORS), "--access-log", "off")
        async with (
            program(*loop, *limited, *options) as server,
            ClientSession(connector=connector) as http,
        ):
            async with flooded(server):
                wire = ModernWire(http, server.url)
                for _ in range(3):
                    assert (await wire.tool("hello")).content == "hello"
            server.process.terminate()
            _, log = await server.end()

        assert 1 <= len(log) <= 30
        for line in log:
            assert re.search(
                r"too many connections .* closed \d+ that were silent", line
            )


@pytest.mark.parametrize("loop", LOOPS, ids=["uvloop", "asyncio"])
async def test_handlers_that_take_all_descriptors(loop: tuple[str, ...]) -> None:
    """A silent connection gives its descriptor to a new one, time and again."""
    limited = ("--descriptors", str(DESCRIPTORS), "--access-log", "off")
    connector = TCPConnector(force_close=True)
    async with (
        program(*loop, *limited) as server,
        ClientSession(connector=connector) as http,
    ):
        silent = await _flood(server.port, 20)
        wire = ModernWire(http, server.url)
        assert "open files" in (await wire.tool("files")).content
        kept = [await asyncio.open_connection("127.0.0.1", server.port)]
        for _ in range(3):
            assert (await wire.tool("hello")).content == "hello"
        server.process.terminate()
        _, log = await server.end()
        for writer in (*silent, *(each[1] for each in kept)):
            writer.transport.abort()

    assert not any("Traceback" in line for line in log)
    assert len(log) <= 30


@asynccontextmanager
async def serving(
    limit: int, **options: float
) -> AsyncIterator[tuple[int, Workshop, Runner]]:
    """A server with a limit of connections; its port, its service and what runs it."""
    settings = Settings(max_connections=limit, **options)  # type: ignore[arg-type]
    service = Workshop()
    runner = Runner(Server(service, settings, access_log=lambda line: None), settings)
    await runner.setup()
    try:
        await runner.listen("127.0.0.1", 0)
        yield runner.addresses[0][1], service, runner
    finally:
        await runner.cleanup()


async def _closed(reader: asyncio.StreamReader) -> bool:
    """Whether a connection was closed by the server, as far as is known by now."""
    return reader.at_eof() or reader.exception() is not None


class TestWhichOneIsClosed:
    """The one that has been silent longest; never one that is answered."""

    async def test_the_oldest_first(self) -> None:
        async with serving(3) as (port, _, _):
            opened = [
                await asyncio.open_connection("127.0.0.1", port) for _ in range(3)
            ]
            # The first one says something, so it is not the one silent longest.
            reader, writer = opened[0]
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await asyncio.wait_for(reader.readuntil(b'"ok"}'), SECONDS)

            opened.append(await asyncio.open_connection("127.0.0.1", port))
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(_end(opened[1][0]), SECONDS)
            for number in (0, 2, 3):
                assert not await _closed(opened[number][0])
            for _, each in opened:
                each.transport.abort()

    async def test_an_address_with_many_busy_connections_keeps_them(
        self, http: ClientSession
    ) -> None:
        async with serving(4) as (port, service, _):
            wire = ModernWire(http, f"http://127.0.0.1:{port}/mcp")
            calls = [asyncio.create_task(wire.tool("blocking")) for _ in range(4)]
            await until(lambda: len(service.seen) == 4)
            # Nothing is silent: the new one has to go.
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(_end(reader), SECONDS)
            writer.transport.abort()
            service.release.set()
            replies = await asyncio.gather(*calls)

        assert all(reply.status == 200 for reply in replies)

    async def test_an_answer_that_is_read_slowly_is_not_cut(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = "x" * 20_000_000

        async def long(self: Workshop, args: Any, ctx: Any) -> str:
            return text

        monkeypatch.setattr(Workshop, "nothing", long)
        async with serving(1) as (port, _, runner):
            body = message("tools/call", name="nothing", arguments={})
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(http_request(body, method=b"tools/call", name=b"nothing"))
            await asyncio.wait_for(reader.readexactly(1), SECONDS)
            assert runner.server is not None
            (answering,) = runner.server.connections
            # The answer is made, and most of it waits for the client.
            await until(lambda: answering._current_request is None)
            other, refused = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(_end(other), SECONDS)
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
            received = 0
            async with asyncio.timeout(SECONDS):
                while received < len(text):
                    received += len(await reader.read(1_000_000))
            for each in (writer, refused):
                each.transport.abort()

    async def test_a_body_that_does_not_come_is_silence(self) -> None:
        async with serving(1) as (port, _, runner):
            first, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
                b"Content-Type: application/json\r\n\r\n{"
            )
            await until(lambda: runner.server.requests_count == 1)  # type: ignore[union-attr]
            _, other = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(_end(first), SECONDS)
            for each in (writer, other):
                each.transport.abort()


async def _end(reader: asyncio.StreamReader) -> None:
    await reader.read()
    raise ConnectionError("closed in order")


def test_the_limit_is_below_that_of_descriptors() -> None:
    resource = pytest.importorskip("resource")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    assert connection_limit(10) == 10
    assert connection_limit(0) == connection_limit(soft * 2)
    assert (connection_limit(0) or 0) < soft
