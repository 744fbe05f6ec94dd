"""The end of a drain: what clients have sent by then is answered."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import uvloop

from mcpgen.runtime.server import Settings
from mcpgen.runtime.server import runner as running
from mcpgen.runtime.server.app import mounted
from mcpgen.runtime.server.main import tls_context
from mcpgen.runtime.server.runner import ApplicationRunner, Runner
from mcpgen.runtime.server.server import Server

from .attacks.conftest import http, message
from .certificates import self_signed
from .wire import SECONDS, until
from .workshop import Workshop

ADD = http(
    message("tools/call", name="add", arguments={"a": 20, "b": 22}),
    b"Accept: application/json, text/event-stream",
    method=b"tools/call",
    name=b"add",
)
"""A request that is answered with 42."""
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

Scenario: TypeAlias = Callable[["Ending"], Awaitable[None]]
Kind: TypeAlias = Callable[[Server, Settings], Runner | ApplicationRunner]

KINDS: dict[str, Kind] = {
    "alone": Runner,
    "application": lambda server, settings: ApplicationRunner(
        mounted(server, settings, ()), settings
    ),
}
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


@dataclass
class Ending:
    """A server that has been asked to end.

    Attributes:
        runner: What runs it.
        port: Where it listens.
        service: What it serves.
    """

    runner: Runner | ApplicationRunner
    port: int
    service: Workshop
    ending: asyncio.Task[None] | None = None

    def connect(self) -> socket.socket:
        """Connect at once: the server's process has no time to notice."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def stop(self) -> None:
        """Begin to end the server; nothing has happened when this returns."""
        if self.ending is None:
            self.ending = asyncio.create_task(self.runner.cleanup())

    async def refuses(self) -> None:
        """Wait until nobody listens any more."""

        await until(lambda: not self.runner.addresses)
        with pytest.raises(ConnectionRefusedError):
            self.connect()

    async def ended(self) -> None:
        """Wait for the end of the server."""
        assert self.ending is not None
        await asyncio.wait_for(self.ending, SECONDS)


@asynccontextmanager
async def _server(
    kind: Kind, context: ssl.SSLContext | None, **options: Any
) -> AsyncIterator[Ending]:
    settings = Settings(access_log="off", **options)
    service = Workshop()
    runner = kind(Server(service, settings), settings)
    await runner.setup()
    try:
        await runner.listen("127.0.0.1", 0, context)
    except BaseException:
        await runner.cleanup()
        raise
    server = Ending(runner, runner.addresses[0][1], service)
    try:
        yield server
    finally:
        server.stop()
        await server.ended()


@pytest.fixture(params=LOOPS, ids=str)
def loop(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    return LOOPS[request.param]


Run: TypeAlias = Callable[..., None]


@pytest.fixture(params=KINDS, ids=str)
def run(
    request: pytest.FixtureRequest, loop: Callable[[], asyncio.AbstractEventLoop]
) -> Run:
    """Runs a scenario on each event loop, with each way to run a server."""

    def run(
        scenario: Scenario, context: ssl.SSLContext | None = None, **options: Any
    ) -> None:
        async def main() -> None:
            async with _server(KINDS[request.param], context, **options) as server:
                await scenario(server)

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(main())

    return run


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, clients are quick enough."""
    monkeypatch.setattr(running, "GRACE_SECONDS", SECONDS)


@contextmanager
def _closing(sockets: list[socket.socket]) -> Iterator[list[socket.socket]]:
    try:
        yield sockets
    finally:
        for each in sockets:
            each.close()


async def _answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the one answer on a connection that is closed then."""
    connection.setblocking(False)
    receive = asyncio.get_running_loop().sock_recv
    text = b""
    async with asyncio.timeout(SECONDS):
        while data := await receive(connection, 65536):
            text += data
    return _parsed(text)


def _parsed(text: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = text.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    headers = dict(each.split(": ", 1) for each in lines)
    assert len(body) == int(headers["Content-Length"])
    return int(line.split()[1]), headers, body


async def _answered(connection: socket.socket) -> None:
    status, headers, body = await _answer(connection)
    assert (status, headers["Connection"]) == (200, "close")
    assert json.loads(body)["result"]["structuredContent"] == {"sum": 42}


@pytest.mark.parametrize("drained", [True, False], ids=["drained", "at once"])
def test_requests_on_connections_that_were_not_accepted_yet(
    run: Run, drained: bool, patience: None
) -> None:
    async def scenario(server: Ending) -> None:
        if drained:
            server.runner.drain()
        with _closing([server.connect() for _ in range(200)]) as connections:
            for each in connections:
                each.sendall(ADD)
            server.stop()
            await asyncio.gather(*map(_answered, connections))
        await server.ended()

    run(scenario)


def test_a_request_on_a_connection_that_was_there_before(
    run: Run, patience: None
) -> None:
    """Whether it is new, or has been used before."""

    async def scenario(server: Ending) -> None:
        with _closing([server.connect() for _ in range(4)]) as connections:
            for each in connections[:2]:
                each.sendall(HEALTH)
                await _whole(each)
            server.runner.drain()
            server.stop()
            await server.refuses()
            for each in connections:
                each.sendall(ADD)
            await asyncio.gather(*map(_answered, connections))
        await server.ended()

    run(scenario)


async def _whole(connection: socket.socket) -> None:
    """Read one answer of a connection that stays open."""
    connection.setblocking(False)
    text = b""
    while not text.endswith(b"}"):
        receive = asyncio.get_running_loop().sock_recv(connection, 65536)
        text += await asyncio.wait_for(receive, SECONDS)
    assert text.startswith(b"HTTP/1.1 200")
    connection.setblocking(True)


@pytest.mark.parametrize("drained", [True, False], ids=["drained", "at once"])
def test_a_body_that_is_on_its_way(run: Run, drained: bool) -> None:
    async def scenario(server: Ending) -> None:
        with _closing([server.connect() for _ in range(4)]) as connections:
            for each in connections:
                each.sendall(ADD[:-10])
            await _read(server, len(connections))
            if drained:
                server.runner.drain()
            server.stop()
            await server.refuses()
            for each in connections:
                each.sendall(ADD[-10:])
            for each in connections:
                status, _, body = await _answer(each)
                assert status == 200
                assert json.loads(body)["result"]["structuredContent"] == {"sum": 42}
        await server.ended()

    run(scenario, shutdown_timeout=SECONDS)


async def _read(server: Ending, count: int) -> None:
    """Wait until requests have been read but for the end of their bodies."""

    def reading() -> bool:
        manager = server.runner.server
        assert manager is not None
        return manager.requests_count == count

    await until(reading)


def test_a_handshake_that_is_on_its_way(
    run: Run, tmp_path: Path, patience: None
) -> None:
    certificate, key = self_signed(tmp_path)
    context = tls_context(Settings(tls_cert=certificate, tls_key=key))
    trusting = ssl.create_default_context(cafile=certificate)

    async def scenario(server: Ending) -> None:
        server.runner.drain()
        with _closing([server.connect() for _ in range(3)]) as connections:
            server.stop()
            await server.refuses()
            for each in connections:
                each.setblocking(False)
                reader, writer = await asyncio.wait_for(
                    asyncio.open_connection(
                        sock=each, ssl=trusting, server_hostname="127.0.0.1"
                    ),
                    SECONDS,
                )
                writer.write(ADD)
                text = await asyncio.wait_for(reader.read(), SECONDS)
                assert _parsed(text)[0] == 200
                writer.close()
        await server.ended()

    run(scenario, context)


def test_silent_connections_do_not_hold_up_the_end(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "GRACE_SECONDS", 0.05)

    async def scenario(server: Ending) -> None:
        server.runner.drain()
        with _closing([server.connect() for _ in range(3)]) as connections:
            connections[0].sendall(HEALTH[:20])
            server.stop()
            await server.ended()
            for each in connections:
                each.settimeout(SECONDS)
                assert each.recv(1) == b""

    # None of them keeps the server from ending as a request that runs would.
    run(scenario, shutdown_timeout=10 * SECONDS)


async def test_a_body_that_never_comes_is_given_up() -> None:
    async with _server(Runner, None, shutdown_timeout=0.1) as server:
        with _closing([server.connect()]) as (connection,):
            connection.sendall(ADD[:-10])
            await _read(server, 1)
            server.stop()
            await server.ended()


async def test_where_sockets_that_listen_can_not_be_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on Windows."""

    def impossible(*_: object) -> None:
        raise NotImplementedError

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "add_reader", impossible)
    async with _server(Runner, None) as server:
        with _closing([server.connect() for _ in range(3)]) as connections:
            for each in connections:
                each.sendall(HEALTH)
                await _whole(each)
        with _closing([server.connect()]) as (late,):
            late.sendall(ADD)
            server.stop()
            await _answered(late)
        await server.ended()


async def test_the_head_of_an_answer_during_the_drain_closes_its_connection() -> None:
    async with _server(Runner, None) as server:
        server.runner.drain()
        with _closing([server.connect()]) as (connection,):
            connection.sendall(ADD)
            await _answered(connection)
