"""Which era a client chooses, for every kind of server that it may meet."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    AuthError,
    Client,
    ClientError,
    KnownServers,
    ProtocolError,
    TransportError,
    options,
)
from mcpgen.runtime.client.eras import modern as opening
from tests.requirements import requirement

from .old_server import OldServer
from .wire import (
    LIMIT,
    Call,
    Handler,
    discover,
    json_status,
    legacy,
    modern,
    running,
    serving,
    text,
)
from .wire import Reply as WireReply


def answering(status: int, body: object, kind: str = "application/json") -> Handler:
    async def answer(call: Call) -> WireReply:
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type=kind)
        assert isinstance(body, dict)
        return json_status(status, {**body, "id": call.id})

    return answer


def error(code: int, data: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": {"code": code, "message": "no", "data": data}}


@pytest.mark.parametrize(
    "probe",
    [
        answering(400, ""),
        answering(400, "Bad Request: missing session", "text/plain"),
        answering(400, error(-32000)),
        answering(400, error(-32600)),
        answering(404, error(-32601)),
        answering(404, "<html>", "text/html"),
        answering(405, ""),
        answering(406, ""),
        answering(415, ""),
        answering(422, error(-32602)),
        answering(500, "crash", "text/plain"),
        answering(200, error(-32601)),
        answering(200, {"jsonrpc": "2.0", "result": {}}),
        answering(200, {"jsonrpc": "2.0", "result": {"supportedVersions": "x"}}),
        answering(
            200, {"jsonrpc": "2.0", "result": {"supportedVersions": ["2025-11-25"]}}
        ),
        answering(400, error(-32022, {"supported": ["2025-06-18"], "requested": "x"})),
        answering(200, "not json"),
        answering(200, "[]"),
        answering(202, ""),
    ],
)
async def test_whatever_no_modern_server_says_means_legacy(probe: Handler) -> None:
    wire = legacy()
    wire.methods["server/discover"] = probe
    async with running(wire), Client(wire.url) as client:
        assert client.era == "legacy"


async def test_a_server_that_keeps_silent_is_legacy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "PROBE_LIMIT", 0.1)

    async def silent(call: Call) -> WireReply:
        await asyncio.sleep(LIMIT)
        raise AssertionError

    wire = legacy()
    wire.methods["server/discover"] = silent
    async with running(wire), Client(wire.url) as client:
        assert client.era == "legacy"


@pytest.mark.parametrize("code", [-32020, -32021])
async def test_a_modern_refusal_is_no_reason_to_fall_back(code: int) -> None:
    wire = modern()
    wire.methods["server/discover"] = answering(400, error(code))
    async with running(wire):
        with pytest.raises(ProtocolError):
            await Client(wire.url).open()
    assert len(wire.calls) == 1


async def test_wrong_credentials_are_no_reason_to_fall_back() -> None:
    wire = modern()
    wire.methods["server/discover"] = answering(401, "who?", "text/plain")
    async with running(wire):
        with pytest.raises(AuthError, match="who"):
            await Client(wire.url).open()
    assert len(wire.calls) == 1


async def test_a_wish_for_one_era_is_kept() -> None:
    async with running(legacy()) as wire:
        with pytest.raises(ProtocolError, match="no session"):
            await Client(wire.url, era="modern").open()
        assert [c.message["method"] for c in wire.calls] == ["server/discover"]
    both = legacy()
    both.methods["server/discover"] = discover
    async with running(both) as wire, Client(wire.url, era="legacy") as client:
        assert client.era == "legacy"
        assert wire.calls[0].message["method"] == "initialize"


async def test_a_legacy_server_is_remembered_and_asked_no_modern_question_again() -> (
    None
):
    async with running(legacy()) as wire:
        known = KnownServers()
        for url in (wire.url, wire.url, f"{wire.url}/other?path=1"):
            async with Client(url, known_servers=known):
                pass
    assert len(wire.of("server/discover")) == 1
    assert len(wire.of("initialize")) == 3


async def test_clients_share_no_memory_of_servers_by_themselves() -> None:
    async with running(legacy()) as wire:
        for _ in range(2):
            async with Client(wire.url):
                pass
        client = Client(wire.url)
        for _ in range(2):
            async with client:
                pass
    assert len(wire.of("server/discover")) == 3


async def test_a_remembered_server_that_became_modern_is_found_out() -> None:
    async with running(legacy()) as wire:
        known = KnownServers()
        async with Client(wire.url, known_servers=known):
            pass
        wire.methods = {"server/discover": discover, "tools/call": text}
        async with Client(wire.url, known_servers=known) as client:
            assert client.era == "modern"
            await client.call_tool("a")


async def test_a_server_that_becomes_legacy_while_in_use_is_found_out() -> None:
    async with running(modern(tools_call=text)) as wire, Client(wire.url) as client:
        await client.call_tool("a")
        old = legacy(tools_call=needing_session)
        wire.methods = old.methods
        await asyncio.gather(*(client.call_tool("b") for _ in range(4)))
        assert client.era == "legacy"
    assert len(wire.of("initialize")) == 1


async def needing_session(call: Call) -> WireReply:
    if "Mcp-Session-Id" not in call.request.headers:
        return web.Response(status=400, text="no session")
    return await text(call)


@requirement("2024-11-05/client/http-with-sse")
async def test_the_old_transport_is_the_last_resort() -> None:
    old = OldServer()
    async with (
        serving(old.app()) as origin,
        Client(f"{origin}/sse", timeout=LIMIT) as client,
    ):
        assert (client.era, client.protocol_version) == ("legacy", "2024-11-05")
        result = await client.call_tool("a", {"x": 1})
        assert result.content[0].type == "text"
    assert {r.query_string for r in old.wire.requests} == {"id=1"}


async def test_a_lost_stream_fails_the_call_and_the_next_one_opens_another() -> None:
    old = OldServer()
    gone = asyncio.Event()

    async def vanish(call: Call) -> WireReply:
        if not gone.is_set():
            gone.set()
            old.ended.set()
            await asyncio.sleep(0.05)
            old.ended.clear()
            return call.result(never=1)
        return await text(call)

    old.wire.methods["tools/call"] = vanish
    async with (
        serving(old.app()) as origin,
        Client(f"{origin}/sse", timeout=LIMIT) as client,
    ):
        with pytest.raises(TransportError, match="stream broke off"):
            await client.call_tool("a")
        await client.call_tool("b")
    assert len(old.wire.of("initialize")) == 2


async def test_an_endpoint_elsewhere_is_refused() -> None:
    old = OldServer("http://127.0.0.1:1/steal")
    async with serving(old.app()) as origin:
        with pytest.raises(TransportError, match="HTTP 405"):
            await Client(f"{origin}/sse", headers={"X-Key": "secret"}).open()
    assert old.wire.requests == []


async def test_no_server_at_all_is_explained() -> None:
    async with running(modern()) as wire:
        url = wire.url
    with pytest.raises(TransportError, match="cannot connect") as caught:
        await Client(url).open()
    assert caught.value.hint == "Is the server running there?"
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "url",
    [
        *("", "localhost:8000/mcp", "ftp://x/y", "http:///mcp"),
        *("http://[x", "http://[x]/mcp", "http://h:99999/mcp", "http://h:x/"),
    ],
)
def test_what_is_no_url_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of a server"):
        Client(url)


async def test_a_web_page_is_no_server() -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<html>hi</html>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/", page)
    async with serving(app) as origin:
        with pytest.raises(ClientError, match="content type is text/html"):
            await Client(f"{origin}/").open()


def test_only_so_many_servers_are_remembered() -> None:
    known = KnownServers()
    origins = [("http", f"{n}.example", 80) for n in range(options.MAX_KNOWN + 1)]
    for origin in origins:
        known.remember(origin, "legacy")
    eras = [known.era_of(origin) for origin in origins]
    assert eras == [None, *["legacy"] * options.MAX_KNOWN]
