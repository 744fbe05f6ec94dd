"""Attacks on HTTP+SSE, each with its guard and with the guard taken out."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import (
    SERVER,
    Answer,
    Context,
    Next,
    Request,
    Settings,
    create_app,
)
from mcpgen.runtime.server.eras.legacy.session_manager import SessionManager
from mcpgen.runtime.server.features.auth import AuthRequest, Principal, bearer_token
from mcpgen.runtime.server.incoming import Incoming, refused
from mcpgen.runtime.server.transports.http.guard import Guard
from mcpgen.runtime.server.transports.http.sse import event
from mcpgen.runtime.server.transports.sse import transport as sse_transport
from mcpgen.runtime.server.transports.sse.transport import SseConnection, SseTransport

from ..auth.vault import Names, Vault
from ..conftest import serving
from ..sse.conftest import Start
from ..sse.wire import SseWire, SseWorkshop, over_sse, text_of
from ..wire import SECONDS, until
from .conftest import running

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.fixture
async def start(http: ClientSession) -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:
        yield Start(http, stack)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "https://evil.example"},
    ],
    ids=["origin", "null", "host", "both"],
)
async def test_a_foreign_page(
    guarded: bool,
    start: Start,
    headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page that opens a stream, or posts to one whose URL it knows."""
    await start()
    victim = await start.client()
    if not guarded:
        monkeypatch.setattr(Guard, "check", lambda *_: {})

    async with start.wire().http.get(start.url, headers=headers) as response:
        assert response.status == (403 if guarded else 200)
    assert (await victim.post(PING, **headers)).status == (403 if guarded else 202)


async def test_the_session_of_another_principal(
    guarded: bool, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is the same as for a session that is not there."""
    await start(over_sse(Vault(Names())), auth_issuer="https://login.example.com")
    victim = await start.client(Authorization="Bearer alice")
    if not guarded:
        monkeypatch.setattr(SseTransport, "find", _anybody_s)
    thief = start.wire(Authorization="Bearer eve")

    reply = await thief.post(PING, victim.endpoint)
    other = await thief.post(PING, victim.endpoint + "x")
    without = await start.wire().post(PING, victim.endpoint)

    assert reply.status == (404 if guarded else 202)
    assert other.status == 404
    assert (reply.text == other.text) is guarded
    assert "unknown or has ended" in other.text or not guarded
    assert without.status == 401


def _anybody_s(transport: Any, exchange: Any) -> SseConnection:
    found: SseConnection | None = transport._open.get(
        exchange.request.query["sessionId"]
    )
    if found is None:
        raise refused(404, "Another answer than that of the guard")
    return found


async def test_a_guessed_or_closed_session(start: Start) -> None:
    await start()
    async with start.wire().connected() as client:
        await client.initialize()
        base = client.endpoint.partition("?")[0]
        for query in ("", "?sessionId=", "?sessionId=1", "?sessionId=a&sessionId=b"):
            assert (await client.post(PING, base + query)).status in (400, 404)
        guessed = client.endpoint[:-1] + ("A" if client.endpoint[-1] != "A" else "B")
        assert (await client.post(PING, guessed)).status == 404
    (transport,) = start.app[SERVER].transports
    assert isinstance(transport, SseTransport)
    await until(lambda: not transport._open)
    assert (await client.post(PING)).status == 404


def _any_session(manager: Any, exchange: Any, session_id: str) -> Any:
    return manager._store.get(session_id)


async def test_a_session_over_the_other_endpoint(
    guarded: bool, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id of a URL, which proxies may have in their logs, as `Mcp-Session-Id`."""
    await start()
    client = await start.client()
    await client.initialize("2025-11-25")
    if not guarded:
        monkeypatch.setattr(SessionManager, "_get", _any_session)

    session_id = client.endpoint.rpartition("=")[2]
    headers = {"Mcp-Session-Id": session_id, "Accept": "application/json"}
    reply = await client.post(PING, start.url.replace("/sse", "/mcp"), **headers)

    assert reply.status == (404 if guarded else 200)


async def test_a_flood_of_streams_of_one_client(guarded: bool, start: Start) -> None:
    await start(peer="203.0.113.7", client_streams=3 if guarded else 0)
    for _ in range(3):
        await start.client()

    async with start.wire().http.get(start.url) as response:
        assert response.status == (429 if guarded else 200)


async def test_a_flood_of_streams_of_all(guarded: bool, start: Start) -> None:
    """Streams that never initialize count, too."""
    await start(max_sessions=3 if guarded else 10_000)
    for _ in range(3):
        await start.client()

    async with start.wire().http.get(start.url) as response:
        assert response.status == (503 if guarded else 200)


async def test_sessions_of_one_client(guarded: bool, start: Start) -> None:
    await start(peer="203.0.113.7", address_sessions=1 if guarded else 0)
    await (await start.client()).initialize()
    second = await start.client()

    params = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {}}
    response = await second.call("initialize", params)

    assert ("error" in response) is guarded
    if guarded:
        assert response["error"]["code"] == 429


async def test_a_flood_of_messages(guarded: bool, start: Start) -> None:
    rate = {"address_rate": 0.001, "address_burst": 3} if guarded else {}
    await start(peer="203.0.113.7", **rate)
    client = await start.client()
    statuses = [(await client.post(PING)).status for _ in range(4)]

    assert statuses == [202, 202, 429, 429] if guarded else [202] * 4


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
async def test_a_huge_message(guarded: bool, start: Start, packed: bool) -> None:
    await start(max_body=10_000 if guarded else 10_000_000)
    client = await start.client()
    await client.initialize()
    body = json.dumps({**PING, "params": {"x": "y" * 1_000_000}}).encode()
    headers = {"Content-Encoding": "gzip"} if packed else {}

    reply = await client.post(gzip.compress(body) if packed else body, **headers)

    assert reply.status == (413 if guarded else 202)


async def test_a_message_of_many_values(guarded: bool, start: Start) -> None:
    await start(max_values=100 if guarded else 100_000)
    client = await start.client()

    reply = await client.post({**PING, "params": {"x": [0] * 1_000}})

    assert reply.status == (413 if guarded else 202)


async def test_line_breaks_in_a_message(
    guarded: bool, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would end an event, and begin one of the attacker's."""

    async def pretty(request: Request, proceed: Next) -> Answer:
        await proceed(request)
        return Answer(
            b'"content":[],\n\nevent: endpoint\ndata: //evil.example\n\n"x":1'
        )

    if not guarded:
        monkeypatch.setattr(
            sse_transport, "named_event", lambda name, data: event(data)
        )
    app = create_app(SseWorkshop(), hooks=[pretty])
    async with serving(app, "/sse") as url, http.get(url) as response:
        wire = SseWire(http, url)
        first = (await response.content.readuntil(b"\n\n")).decode()
        wire.endpoint = url.replace("/sse", first.split("data: ")[1].strip())
        params = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {}}
        await wire.begin("initialize", params)
        await response.content.readuntil(b"\n\n")
        await wire.begin("tools/call", {"name": "context"})
        async with asyncio.timeout(SECONDS):
            await response.content.readuntil(b"\n\n")
            following = asyncio.ensure_future(response.content.readuntil(b"\n\n"))
            await asyncio.wait([following], timeout=0.2)
            begun = following.done()
            following.cancel()

    assert begun is not guarded


async def test_a_client_that_reads_nothing(guarded: bool) -> None:
    """Its responses would lie in memory for as long as it keeps the stream open."""
    idle = 0.3 if guarded else 60.0
    service = SseWorkshop()
    async with running(service, Settings(connection_idle=idle)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n")
        endpoint = f"http://127.0.0.1:{port}{await _endpoint(reader)}"
        async with ClientSession() as http:
            wire = SseWire(http, "")
            wire.endpoint = endpoint
            params = {"protocolVersion": "2024-11-05", "capabilities": {}}
            await wire.begin("initialize", {**params, "clientInfo": {}})
            posting = asyncio.ensure_future(_post_until_refused(wire))
            done, _ = await asyncio.wait([posting], timeout=SECONDS if guarded else 2)
            posting.cancel()
        writer.close()

    assert bool(done) is guarded


async def _post_until_refused(wire: SseWire) -> None:
    listing = {"jsonrpc": "2.0", "method": "tools/list"}
    number = 1
    while (await wire.post({**listing, "id": (number := number + 1)})).status == 202:
        pass


class Filling(SseWorkshop):
    """A tool whose result is larger than what may wait, with a few of the others."""

    async def nothing(self, args: Any, ctx: Context) -> Any:
        return "x" * 3_000_000


@asynccontextmanager
async def _full(start: Start) -> AsyncIterator[tuple[SseWire, set[object]]]:
    """A client whose stream is full, as it reads nothing; the POSTs being handled."""
    parts = urlsplit(start.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1)
    try:
        writer.write(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wire = start.wire()
        wire.endpoint = urljoin(start.url, await _endpoint(reader))
        params = {"protocolVersion": "2024-11-05", "capabilities": {}}
        await wire.begin("initialize", {**params, "clientInfo": {}})
        (transport,) = start.app[SERVER].transports
        assert isinstance(transport, SseTransport)
        (served,) = transport._open.values()
        async with asyncio.timeout(SECONDS):
            while served._server.room.is_set():
                await wire.begin_tool("nothing")
        handled: Any = start.app[SERVER].parts.monitor.running
        await until(lambda: not handled)
        yield wire, handled
    finally:
        writer.transport.abort()


async def _endpoint(reader: asyncio.StreamReader) -> str:
    read = b""
    async with asyncio.timeout(SECONDS):
        while (found := re.search(rb"data: (\S+)\n\n", read)) is None:
            read += await reader.read(1_000)
    return found[1].decode()


async def test_posts_that_outlive_their_connections(
    guarded: bool, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads nothing posts, and closes each POST's connection."""
    if not guarded:
        monkeypatch.setattr(sse_transport, "_MAX_POSTS", 1_000)
        monkeypatch.setattr(sse_transport._WaitingPost, "check", lambda *_: None)
    await start(Filling(), body_timeout=0)
    async with _full(start) as (wire, handled):
        posts = [asyncio.ensure_future(wire.post(PING)) for _ in range(30)]
        await until(lambda: len(handled) == (16 if guarded else 30))
        if guarded:
            await until(lambda: sum(post.done() for post in posts) == 14)
        refused = [post.result() for post in posts if post.done()]
        for post in posts:
            post.cancel()
        ended = asyncio.ensure_future(until(lambda: not handled))
        done, _ = await asyncio.wait([ended], timeout=SECONDS if guarded else 0.5)
        ended.cancel()

    assert bool(done) is guarded
    assert [reply.status for reply in refused] == ([429] * 14 if guarded else [])
    assert all(reply.headers["Retry-After"] == "1" for reply in refused)


async def test_posts_whose_large_bodies_wait(guarded: bool, start: Start) -> None:
    """That their client is gone can't be seen before the body has been read."""
    await start(Filling(), body_timeout=0.3 if guarded else 0)
    async with _full(start) as (wire, handled):
        body = {**PING, "params": {"x": "y" * 1_000_000}}
        posts = [asyncio.ensure_future(wire.post(body)) for _ in range(5)]
        done, waiting = await asyncio.wait(posts, timeout=SECONDS if guarded else 1)
        assert len(handled) == (0 if guarded else 5)
        for post in waiting:
            post.cancel()

    assert [post.result().status for post in done] == ([429] * 5 if guarded else [])


@pytest.mark.parametrize("size", [0, 4])
async def test_batches_that_are_empty_or_large(
    guarded: bool, start: Start, size: int
) -> None:
    """Refused before they are accepted, and counted like every request."""
    rate = {"address_rate": 0.001, "address_burst": 6} if guarded else {}
    await start(peer="203.0.113.7", max_batch=3, **rate)
    client = await start.client()
    statuses = [(await client.post([PING] * size)).status for _ in range(6)]

    assert statuses == ([400] * 5 + [429] if guarded else [400] * 6)


async def test_a_token_in_the_query(start: Start) -> None:
    await start(over_sse(Vault(Names())), auth_issuer="https://login.example.com")
    async with start.wire().http.get(f"{start.url}?access_token=alice") as response:
        assert response.status == 400


class Expiring:
    """One principal with tokens that last for half a second, or for ever."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        is_short = bearer_token(request.headers) == "short"
        return Principal("alice", expires=time.time() + 0.5 if is_short else None)


async def test_credentials_that_end(
    guarded: bool, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream lasts no longer than the newest credentials that its client has shown."""
    if not guarded:
        monkeypatch.setattr(Incoming, "has_expired", False)
    await start(over_sse(Vault(Expiring())), auth_issuer="https://login.example.com")
    client = await start.client(Authorization="Bearer short")
    renewed = await start.client(Authorization="Bearer short")
    await renewed.initialize()
    renewed.headers["Authorization"] = "Bearer long"
    assert text_of(await renewed.tool("whoami")).startswith("alice")

    ended = asyncio.ensure_future(client.ended())
    done, _ = await asyncio.wait([ended], timeout=SECONDS if guarded else 2)
    ended.cancel()

    assert bool(done) is guarded
    assert text_of(await renewed.tool("whoami")).startswith("alice")
