"""SIGTERM: draining, an orderly end, and an end whatever handlers do."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import ClientSession, TCPConnector, web

from mcpgen.runtime.server import LiveCatalog, Settings, create_app
from mcpgen.runtime.server.features.auth import Principal
from mcpgen.runtime.server.runner import Runner
from mcpgen.runtime.server.server import Server

from .programs import Program, program
from .stubborn import EXITS
from .wire import SECONDS, LegacyWire, ModernWire
from .workshop import Workshop

LOOPS = [(), ("--without-uvloop",)]
QUICK = ("--shutdown-timeout", "0.5", "--access-log", "off")


@asynccontextmanager
async def calling(wire: ModernWire | LegacyWire, tool: str) -> AsyncIterator[None]:
    """While a call runs that never ends by itself."""
    call = asyncio.create_task(wire.tool(tool))
    try:
        yield
    finally:
        call.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await call


@pytest.mark.parametrize("loop", LOOPS, ids=["uvloop", "asyncio"])
async def test_exits_in_tasks_of_handlers_do_not_end_the_server(
    http: ClientSession, loop: tuple[str, ...]
) -> None:
    async with program(*loop, *QUICK) as server:
        legacy = LegacyWire(http, server.url)
        await legacy.initialize()
        for wire in (ModernWire(http, server.url), legacy):
            for tool in EXITS:
                for _ in range(2):
                    reply = await wire.tool(tool)
                    assert reply.result.get("isError", False) is (tool != "callback")
            assert (await wire.tool("hello")).content == "hello"
        server.process.send_signal(signal.SIGTERM)
        out, log = await server.end()
    assert server.process.returncode == 0
    assert "on_shutdown" in out
    failures = [line for line in log if " ERROR mcp.server: " in line]
    assert len(failures) == 2 * 2 * (len(EXITS) - 1)


class TestWhateverHandlersDo:
    """A server ends shortly after `shutdown_timeout`."""

    @pytest.mark.parametrize("loop", LOOPS, ids=["uvloop", "asyncio"])
    @pytest.mark.parametrize(
        "tool", ["swallow", "sleep", "thread", "to_thread", "block"]
    )
    @pytest.mark.parametrize("era", [ModernWire, LegacyWire])
    async def test_it_ends(
        self, http: ClientSession, loop: tuple[str, ...], tool: str, era: type[Any]
    ) -> None:
        async with program(*loop, *QUICK) as server:
            wire = era(http, server.url)
            if era is LegacyWire:
                await wire.initialize()
            async with calling(wire, tool):
                assert await server.line() == "begun"
                server.process.send_signal(signal.SIGTERM)
                out, log = await server.end()

        # Nothing can be done in order once a handler keeps the event loop.
        assert server.process.returncode == (1 if tool == "block" else 0)
        assert ("on_shutdown" in out) is (tool != "block")
        assert not any("Traceback" in line for line in log)

    async def test_a_canceled_handler_cleans_up_before_on_shutdown(
        self, http: ClientSession
    ) -> None:
        async with (
            program(*QUICK) as server,
            calling(ModernWire(http, server.url), "short"),
        ):
            assert await server.line() == "begun"
            server.process.send_signal(signal.SIGTERM)
            out, _ = await server.end()

        assert out == ["cleaned up", "on_shutdown"]
        assert server.process.returncode == 0


class Closing:
    """An authenticator that remembers whether it was closed."""

    closed = False

    async def authenticate(self, request: object) -> Principal:
        """Let everyone in."""
        return Principal("x")

    async def close(self) -> None:
        """Remember."""
        self.closed = True


class Failing(Workshop):
    """A service whose start or end fails."""

    def __init__(self, *, at_start: bool = False) -> None:
        super().__init__()
        self.who = Closing()
        self.at_start = at_start

    def authenticator(self, configured: Any) -> Any:
        return self.who

    async def on_startup(self, catalog: LiveCatalog) -> None:
        if self.at_start:
            raise RuntimeError("the database is away")

    async def on_shutdown(self) -> None:
        raise RuntimeError("the database is away")


class TestOrder:
    """Everything is closed, whatever fails."""

    @pytest.mark.parametrize("mounted", [False, True])
    async def test_a_failing_on_shutdown_leaves_nothing_open(
        self, mounted: bool
    ) -> None:
        service, settings = Failing(), Settings()
        runner: web.BaseRunner = Runner(Server(service, settings), settings)
        if mounted:
            runner = web.AppRunner(create_app(service))
        await runner.setup()
        with pytest.raises(RuntimeError, match="database"):
            await runner.cleanup()

        assert service.who.closed

    async def test_a_failing_start_leaves_nothing_open(self) -> None:
        service = Failing(at_start=True)
        settings = Settings()
        runner = Runner(Server(service, settings), settings)
        with pytest.raises(RuntimeError, match="database"):
            await runner.setup()

        assert service.who.closed

    async def test_calls_of_a_mounted_server_end_before_on_shutdown(
        self, http: ClientSession
    ) -> None:
        order: list[str] = []
        begun = asyncio.Event()

        class Slow(Workshop):
            async def failing(self, args: Any, ctx: Any) -> str:
                begun.set()
                try:
                    await asyncio.sleep(60)
                finally:
                    await asyncio.sleep(0)
                    order.append("cleaned up")
                return ""

            async def on_shutdown(self) -> None:
                order.append("on_shutdown")

        runner = web.AppRunner(create_app(Slow()), shutdown_timeout=0.05)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
        async with calling(ModernWire(http, url), "failing"):
            await asyncio.wait_for(begun.wait(), SECONDS)
            await runner.cleanup()

        assert order == ["cleaned up", "on_shutdown"]


async def _status(http: ClientSession, server: Program, path: str) -> int:
    url = server.url.replace("/mcp", path)
    async with http.get(url) as response:
        await response.read()
        return response.status


class TestDraining:
    """After SIGTERM, a server goes on for a while and says that it is about to end."""

    @pytest.mark.parametrize("loop", LOOPS, ids=["uvloop", "asyncio"])
    async def test_requests_during_the_drain_are_neither_refused_nor_cut(
        self, loop: tuple[str, ...]
    ) -> None:
        """Neither those that come and go meanwhile, nor those sent just before its end."""
        patience = ("--shutdown-timeout", str(SECONDS), "--access-log", "off")
        async with (
            program(*loop, "--drain-delay", "300", *patience) as server,
            ClientSession(connector=TCPConnector(force_close=True)) as http,
            ClientSession() as keeping,
        ):
            wire, kept = ModernWire(http, server.url), ModernWire(keeping, server.url)
            assert (await kept.tool("hello")).content == "hello"
            assert await _status(http, server, "/readyz") == 200
            server.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(SECONDS):
                while await _status(http, server, "/readyz") != 503:
                    pass

            # The connection that was there before is used once more, and then closed.
            last = await kept.tool("hello")
            assert (last.content, last.headers.get("Connection")) == ("hello", "close")
            for _ in range(20):
                replies = await asyncio.gather(*(wire.tool("hello") for _ in range(5)))
                assert [reply.content for reply in replies] == ["hello"] * 5
            with ExitStack() as opened:
                sent = [opened.enter_context(_sent(server)) for _ in range(50)]
                # The second signal ends the drain.
                server.process.send_signal(signal.SIGTERM)
                answers = await asyncio.gather(*map(_rest, sent))
            _, log = await server.end()

        assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
        assert all(answer.endswith(b'{"status": "ok"}') for answer in answers)
        assert server.process.returncode == 0
        assert not any("Traceback" in line for line in log)

    async def test_ctrl_c_does_not_wait(self, http: ClientSession) -> None:
        async with program("--drain-delay", "300", *QUICK) as server:
            assert await _status(http, server, "/readyz") == 200
            server.process.send_signal(signal.SIGINT)
            await server.end()

        assert server.process.returncode == 0

    async def test_a_second_signal_ends_the_drain(self, http: ClientSession) -> None:
        async with program("--drain-delay", "300", *QUICK) as server:
            server.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(SECONDS):
                while await _status(http, server, "/readyz") != 503:
                    pass
            assert await _status(http, server, "/healthz") == 200
            server.process.send_signal(signal.SIGTERM)
            await server.end()

        assert server.process.returncode == 0


def _sent(server: Program) -> socket.socket:
    """A connection on which a request has been sent."""
    connection = socket.create_connection(("127.0.0.1", server.port), SECONDS)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection


async def _rest(connection: socket.socket) -> bytes:
    """What comes until the server closes a connection."""
    connection.setblocking(False)
    receive = asyncio.get_running_loop().sock_recv
    came = b""
    async with asyncio.timeout(SECONDS):
        while data := await receive(connection, 65536):
            came += data
    return came
