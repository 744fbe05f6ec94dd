"""With an aiohttp that lacks a part which it never promised, everything still works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, web

from mcpgen.runtime.client import AuthError
from mcpgen.runtime.client.features.oauth import watched as of_oauth
from mcpgen.runtime.client.features.oauth import web as oauth_web
from mcpgen.runtime.client.features.oauth.web import Place, Reach
from mcpgen.runtime.client.transports.http import aiohttp_parts as of_client
from mcpgen.runtime.server import Settings
from mcpgen.runtime.server import runner as running
from mcpgen.runtime.server.app import mounted
from mcpgen.runtime.server.runner import ApplicationRunner, Runner
from mcpgen.runtime.server.server import Server
from mcpgen.runtime.server.transports.http import aiohttp_parts as of_server

from .client.weather import WeatherClient, weather_app
from .server.attacks.conftest import http, message
from .server.conftest import serving
from .server.wire import SECONDS, LegacyWire, ModernWire
from .server.workshop import Workshop

PARTS = [
    *("request_factory", "request_handler", "ERROR", "handle_error", "_set_status"),
    *("InvalidURLError", "HttpProcessingError", "SERVER_SOFTWARE"),
    *("connection_made", "connection_lost", "_waiter", "_current_request"),
    *("_next_keepalive_close_time", "keepalive_timeout"),
    *("writer", "output_size"),
]
LARGE = "x" * 300_000


def without(monkeypatch: pytest.MonkeyPatch, module: Any, *names: str) -> None:
    """Let a side find no part of these names; aiohttp itself goes on to use them."""
    find = module.part

    def part(owner: Any, name: str, *default: Any) -> Any:
        if name in names:
            return default[0] if default else None
        return find(owner, name, *default)

    monkeypatch.setattr(module, "part", part)


@asynccontextmanager
async def served(alone: bool) -> AsyncIterator[tuple[Runner | ApplicationRunner, str]]:
    """A workshop that listens by itself, and the URL of its endpoint."""
    settings = Settings(shutdown_timeout=1, max_connections=20)
    server = Server(Workshop(), settings)
    runner: Runner | ApplicationRunner
    if alone:
        runner = Runner(server, settings)
    else:
        runner = ApplicationRunner(mounted(server, settings, ()), settings)
    await runner.setup()
    try:
        await runner.listen("127.0.0.1", 0)
        yield runner, f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
    finally:
        async with asyncio.timeout(2 * SECONDS):
            await runner.cleanup()


async def works(url: str) -> None:
    """Call in both eras: plain answers, events, a large request, a wrong one."""
    async with ClientSession() as session:
        modern, legacy = ModernWire(session, url), LegacyWire(session, url)
        await legacy.initialize()
        for wire in (modern, legacy):
            assert (await wire.tool("add", {"a": 40, "b": 2})).content
            assert (await wire.tool("context", {"pad": LARGE})).result["content"]
        asked = {"io.modelcontextprotocol/logLevel": "debug"}
        assert len((await modern.tool("logging", meta=asked)).messages) == 6
        async with session.post(url, json="x") as response:
            assert response.status == 400


async def exchanged(port: int, data: bytes) -> bytes:
    """What comes for these bytes until the connection ends, or a head has come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        async with asyncio.timeout(SECONDS):
            return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "application"])
@pytest.mark.parametrize("name", [*PARTS, "all of them"])
async def test_a_server_works_without_it(
    name: str, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, of_server, *(PARTS if name == "all of them" else [name]))
    monkeypatch.setattr(running, "GRACE_SECONDS", 0.05)
    async with served(alone) as (runner, url):
        await works(url)
        port = runner.addresses[0][1]
        assert b" 400 " in await exchanged(port, b"nonsense\r\n\r\n")

        request = http(
            message("tools/call", name="add", arguments={"a": 1}),
            b"Accept: application/json, text/event-stream",
            method=b"tools/call",
            name=b"add",
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            async with asyncio.timeout(2 * SECONDS):
                assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
                runner.drain()
                # The connection is kept, and no request comes any more: it is ended.
                await runner.cleanup()
                await reader.read()
        finally:
            writer.transport.abort()


@pytest.mark.parametrize("name", ["_create_connection", "_factory"])
async def test_a_client_in_memory_works_without_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, of_client, name)
    async with WeatherClient.in_memory(weather_app()) as weather:
        assert (await weather.get_forecast(city="Oslo")).days == 3
        await weather.compare(cities=["a", "b"])


@asynccontextmanager
async def document() -> AsyncIterator[tuple[str, list[str]]]:
    """The URL of a JSON document on this machine, and the requests for it."""
    got: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        got.append(request.path)
        return web.json_response({"a": 1})

    app = web.Application()
    app.router.add_get("/", answer)
    async with serving(app, "/") as url:
        yield url, got


@pytest.mark.parametrize("names", [(), ("_request_class",)])
async def test_a_connection_is_checked_before_anything_is_sent(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pass_(*_: object) -> None:
        """As when a name stands for another address a moment later."""

    without(monkeypatch, of_oauth, *names)
    monkeypatch.setattr(Reach, "check", pass_)
    async with ClientSession() as session, document() as (url, got):
        local = Reach.of(Place.LOOPBACK)
        answer = await oauth_web.fetch(session, url, "document", local)
        assert answer.body == {"a": 1}
        assert answer.place is Place.LOOPBACK
        got.clear()
        with pytest.raises(AuthError, match="on this machine"):
            await oauth_web.fetch(session, url, "document", Reach.of(Place.PUBLIC))
        assert got == []


async def test_nothing_is_sent_where_connections_can_not_be_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without(monkeypatch, of_oauth, "send")
    async with ClientSession() as session, document() as (url, got):
        with pytest.raises(AuthError, match="aiohttp"):
            await oauth_web.fetch(session, url, "document")
        assert got == []
