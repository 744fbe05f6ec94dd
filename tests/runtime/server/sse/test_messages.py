"""HTTP+SSE of 2024-11-05: what a client posts, and what comes on its stream.

https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
"""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web

from mcpgen.runtime.server import (
    LIVE_CATALOG,
    SERVER,
    MemorySessions,
    Session,
    Settings,
    create_app,
)

from ..conftest import serving
from ..wire import SECONDS, until
from ..workshop import Workshop
from .conftest import Start
from .wire import SseWire, SseWorkshop, text_of


async def test_the_first_event_names_the_url_to_post_to(start: Start) -> None:
    await start()
    client = await start.client()
    assert client.response.headers["Content-Type"] == "text/event-stream"
    parts = urlsplit(client.endpoint)
    assert (parts.netloc, parts.path) == (urlsplit(start.url).netloc, "/messages")
    name, _, session_id = parts.query.partition("=")
    assert name == "sessionId"
    assert len(session_id) >= 32


async def test_responses_come_on_the_stream(start: Start) -> None:
    await start()
    client = await start.client()
    result = await client.initialize()
    assert result["protocolVersion"] == "2024-11-05"
    assert result["serverInfo"]["name"] == "workshop"
    assert text_of(await client.tool("add", a=2, b=3)) == '{"sum":5}'
    assert (await client.call("ping"))["result"] == {}
    assert len((await client.call("tools/list"))["result"]["tools"]) > 20
    read = await client.call("resources/read", {"uri": "shop://text"})
    assert read["result"]["contents"][0]["text"] == "some text"
    prompt = await client.call(
        "prompts/get", {"name": "trip", "arguments": {"city": "Oslo"}}
    )
    assert "Oslo" in prompt["result"]["messages"][0]["content"]["text"]


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ],
)
async def test_a_client_gets_the_legacy_revision_that_it_asks_for(
    start: Start, asked: str, got: str
) -> None:
    """As with the official SDKs: their clients ask for their newest legacy revision."""
    await start()
    client = await start.client()
    assert (await client.initialize(asked))["protocolVersion"] == got


async def test_modern_requests_are_not_served(start: Start) -> None:
    await start()
    client = await start.client()
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    response = await client.call("tools/list", {"_meta": meta})
    assert response["error"]["message"] == "Start with `initialize`"


async def test_the_server_asks_the_client_on_the_stream(start: Start) -> None:
    await start()
    client = await start.client()
    await client.initialize("2025-11-25", ["elicitation", "sampling", "roots"])

    asking = await client.begin_tool("asking")
    asked = await client.until(method="elicitation/create")
    await client.answer(asked["id"], action="accept", content={"name": "Bo"})
    assert "Bo" in text_of(await client.until(id=asking))

    sampling = await client.begin_tool("sampling")
    asked = await client.until(method="sampling/createMessage")
    block = {"type": "text", "text": "Hello"}
    await client.answer(asked["id"], role="assistant", model="m", content=block)
    assert text_of(await client.until(id=sampling)) == "m: Hello"

    roots = await client.begin_tool("roots")
    asked = await client.until(method="roots/list")
    await client.answer(asked["id"], roots=[{"uri": "file:///home"}])
    assert text_of(await client.until(id=roots)) == "file:///home"


async def test_progress_and_log_messages_come_before_the_response(
    start: Start,
) -> None:
    await start()
    client = await start.client()
    await client.initialize()
    call = await client.begin_tool("threaded", _meta={"progressToken": "t"})
    await client.until(id=call)
    (progress,) = client.seen
    assert progress["params"] == {"progressToken": "t", "progress": 1, "total": 2}

    client.seen.clear()
    await client.call("logging/setLevel", {"level": "error"})
    assert text_of(await client.tool("logging")) == "logged"
    assert [m["params"]["level"] for m in client.seen] == ["error", "emergency"]


async def test_a_request_is_cancelled_and_the_session_goes_on(start: Start) -> None:
    await start()
    client = await start.client()
    await client.initialize()
    call = await client.begin_tool("blocking")
    await asyncio.wait_for(start.service.started.wait(), SECONDS)
    await client.notify("notifications/cancelled", requestId=call)
    await asyncio.wait_for(start.service.cancelled.wait(), SECONDS)
    assert (await client.call("ping"))["result"] == {}
    assert not client.seen


async def test_changes_and_updates_come_on_the_stream(start: Start) -> None:
    await start()
    client = await start.client()
    await client.initialize()
    await client.call("resources/subscribe", {"uri": "shop://text"})
    assert text_of(await client.tool("change_lists")) == "changed"
    updated = await client.until(method="notifications/resources/updated")
    assert updated["params"] == {"uri": "shop://text"}
    await client.until(method="notifications/tools/list_changed")
    await client.call("resources/unsubscribe", {"uri": "shop://text"})
    start.app[LIVE_CATALOG].updated("shop://text")
    assert (await client.call("ping"))["result"] == {}
    assert not [m for m in client.seen if "updated" in m.get("method", "")]


async def test_requests_run_side_by_side(start: Start) -> None:
    await start()
    client = await start.client()
    await client.initialize()
    slow = await client.begin_tool("blocking")
    ids = [await client.begin_tool("add", arguments={"a": n}) for n in range(20, 40)]
    for n, request_id in enumerate(ids):
        assert text_of(await client.until(id=request_id)) == f'{{"sum":{n + 21}}}'
    start.service.release.set()
    assert text_of(await client.until(id=slow)) == "released"


async def test_a_batch_of_2025_03_26_is_answered_as_one(start: Start) -> None:
    await start()
    client = await start.client()
    await client.initialize("2025-03-26")
    batch = [{"jsonrpc": "2.0", "id": n, "method": "ping"} for n in (71, 72)]
    assert (await client.post(batch)).status == 202
    answered = await client.message()
    assert [each["id"] for each in answered] == [71, 72]


async def test_a_session_of_several_clients_does_not_mix(start: Start) -> None:
    await start()
    one, other = await start.client(), await start.client()
    await one.initialize()
    await other.initialize("2025-06-18")
    assert one.endpoint != other.endpoint
    await one.tool("add", a=1)
    assert (await other.call("ping"))["result"] == {}
    assert not one.seen
    assert not other.seen


async def test_a_session_ends_with_its_stream(start: Start) -> None:
    await start()
    server = start.app[SERVER]
    async with start.wire().connected() as client:
        await client.initialize()
        await client.begin_tool("blocking")
        await asyncio.wait_for(start.service.started.wait(), SECONDS)
        assert server.sessions == 1
    await asyncio.wait_for(start.service.cancelled.wait(), SECONDS)
    await until(lambda: server.sessions == 0)
    body = {"jsonrpc": "2.0", "id": 9, "method": "ping"}
    assert (await client.post(body)).status == 404


async def test_what_is_not_a_message_is_refused_by_its_status(start: Start) -> None:
    await start()
    client = await start.client()
    await client.initialize()
    for body in (b"{", b"7", b'{"jsonrpc":"1.0"}', b'{"jsonrpc":"2.0","method":7}'):
        reply = await client.post(body)
        assert (reply.status, "error" in reply.json) == (400, True)
    typed = await client.post({}, **{"Content-Type": "text/plain"})
    assert typed.status == 415
    assert (await client.call("ping"))["result"] == {}


async def test_an_unknown_method_is_answered_on_the_stream(start: Start) -> None:
    await start()
    client = await start.client()
    await client.initialize()
    assert (await client.call("nope"))["error"]["code"] == -32601
    assert (await client.call("initialize", {}))["error"]["code"] == -32600


@pytest.mark.parametrize(("method", "path"), [("POST", "sse"), ("GET", "messages")])
async def test_other_http_methods_are_not_served(
    start: Start, http: ClientSession, method: str, path: str
) -> None:
    url = (await start()).replace("/sse", f"/{path}")
    async with http.request(method, url) as response:
        assert response.status == 405
        other = "POST" if method == "GET" else "GET"
        assert response.headers["Allow"] == f"{other}, OPTIONS"


async def test_a_client_that_takes_no_events_is_refused(
    start: Start, http: ClientSession
) -> None:
    url = await start()
    async with http.get(url, headers={"Accept": "application/json"}) as response:
        assert response.status == 406


async def test_it_is_off_unless_the_manifest_lists_it(http: ClientSession) -> None:
    async with serving(create_app(Workshop()), "/sse") as url, http.get(url) as got:
        assert got.status == 404


async def test_an_empty_path_turns_it_off(start: Start, http: ClientSession) -> None:
    url = await start(sse_path="")
    for path in ("/sse", "/messages"):
        async with http.get(f"{url}{path}") as response:
            assert response.status == 404


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"sse_path": "/mcp"}, "sse_path: '/mcp' is the value of path as well"),
        (
            {"messages_path": "/healthz/"},
            "messages_path: '/healthz/' is the value of health_path as well",
        ),
        (
            {"messages_path": "/sse"},
            "messages_path: '/sse' is the value of sse_path as well",
        ),
        ({"sse_path": "sse"}, "sse_path: 'sse' does not begin with /"),
    ],
)
def test_a_path_of_another_thing_is_refused(
    settings: dict[str, str], problem: str
) -> None:
    with pytest.raises(ValueError, match=r"sse|messages") as failure:
        create_app(SseWorkshop(), Settings(**settings))  # type: ignore[arg-type]
    assert str(failure.value) == problem


async def test_a_mounted_server_names_its_prefix(http: ClientSession) -> None:
    root = web.Application()
    root.add_subapp("/tools/shop", create_app(SseWorkshop()))
    async with (
        serving(root, "/tools/shop/sse/") as url,
        SseWire(http, url).connected() as client,
    ):
        assert urlsplit(client.endpoint).path == "/tools/shop/messages"
        assert (await client.initialize())["protocolVersion"] == "2024-11-05"


@pytest.mark.parametrize(
    ("public_url", "path"),
    [
        ("https://example.com/weather/mcp", "/weather/messages"),
        ("https://example.com/a/b/mcp/", "/a/b/messages"),
        ("https://example.com//other.example/mcp", "/other.example/messages"),
        ("https://example.com/mcp", "/messages"),
        ("https://example.com/weather", "/messages"),
    ],
)
async def test_behind_a_proxy_the_path_is_that_of_the_public_url(
    start: Start, public_url: str, path: str
) -> None:
    await start(public_url=public_url)
    client = await start.client()
    assert urlsplit(client.endpoint).path == path


async def test_the_access_log_has_a_line_for_each_request_with_its_outcome(
    start: Start,
) -> None:
    await start(access_log="json")
    async with start.wire().connected() as client:
        await client.initialize()
        await client.tool("failing")
        await client.tool("add", a=1)
        await client.call("tools/call", {"name": "nope"})
        await client.begin_tool("blocking")
        await asyncio.wait_for(start.service.started.wait(), SECONDS)
        # Written when its work is done.
        assert "blocking" not in "".join(start.lines)
        start.service.release.set()
        await until(lambda: "blocking" in "".join(start.lines))
    await until(lambda: "GET" in "".join(start.lines))
    lines = [json.loads(line) for line in start.lines]
    assert [(x["status"], x["method"], x["target"], x["outcome"]) for x in lines] == [
        (202, "initialize", None, "ok"),
        (202, "notifications/initialized", None, "ok"),
        (202, "tools/call", "failing", "tool_error"),
        (202, "tools/call", "add", "ok"),
        (202, "tools/call", "nope", "error -32602"),
        (202, "tools/call", "blocking", "ok"),
        (200, None, None, "ok"),
    ]
    (session,) = {line["session"] for line in lines}
    assert len(session) == 8


async def test_silence_is_broken_by_comments(start: Start) -> None:
    await start(keep_alive=0.05)
    client = await start.client()
    assert await client.block() == ":\n\n"
    assert (await client.initialize())["protocolVersion"] == "2024-11-05"


async def test_a_stream_without_initialize_ends(start: Start) -> None:
    await start(session_idle=0.05)
    await (await start.client()).ended()


async def test_an_idle_session_lasts_as_long_as_its_stream(start: Start) -> None:
    await start(session_idle=0.05, keep_alive=0.05)
    client = await start.client()
    await client.initialize()
    for _ in range(5):
        assert await client.block() == ":\n\n"
    assert (await client.call("ping"))["result"] == {}


async def test_requests_end_before_their_stream_does_when_the_server_stops(
    http: ClientSession,
) -> None:
    service = SseWorkshop()
    app = create_app(service)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/sse"
        async with (
            SseWire(http, url).connected() as idle,
            SseWire(http, url).connected() as busy,
        ):
            await busy.initialize()
            call = await busy.begin_tool("blocking")
            await asyncio.wait_for(service.started.wait(), SECONDS)
            await app.shutdown()
            await idle.ended()
            refused = await busy.call("ping")
            assert refused["error"]["message"] == "The server is stopping"
            async with http.get(url) as late:
                assert late.status == 503
            service.release.set()
            assert text_of(await busy.until(id=call)) == "released"
            await busy.ended()
    finally:
        await runner.cleanup()
    assert not service.up


async def test_a_store_of_sessions_that_fails_is_an_internal_error(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    class Full(MemorySessions):
        def add(self, session: Session) -> bool:
            raise OSError("disk full")

    await start(sessions=Full(9))
    client = await start.client()
    params = {
        "protocolVersion": "2024-11-05",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    response = await client.call("initialize", params)
    assert response["error"] == {"code": -32603, "message": "Internal error"}
    assert "disk full" in caplog.text
