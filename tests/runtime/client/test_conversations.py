"""What the client sends and ignores in whole conversations with servers made by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, TypeAlias

import aiohttp
import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    CallTimeoutError,
    Client,
    ClientError,
    InvalidResultError,
    Progress,
)
from mcpgen.runtime.client.calls import plain
from mcpgen.runtime.core.catalog import Catalog

from .wire import (
    LIMIT,
    Call,
    Reply,
    Wire,
    event,
    json_status,
    legacy,
    modern,
    notification,
    running,
    text,
)

SESSION = "Mcp-Session-Id"
Make: TypeAlias = Callable[..., Wire]


@pytest.fixture(params=[modern, legacy])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes servers of either era."""
    made: Make = request.param
    return made


async def open_stream(request: web.Request) -> web.StreamResponse:
    """A GET stream on which nothing happens."""
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    await stream.write(b":\n\n")
    await asyncio.sleep(LIMIT)
    return stream


async def test_experimental_capabilities_of_the_server_are_there(make: Make) -> None:
    declared = {"experimental": {"com.example/a": {"b": [1]}}, "tools": {}}
    async with (
        running(make(capabilities=declared)) as wire,
        Client(wire.url) as client,
    ):
        assert plain(client.capabilities) == declared


async def test_a_response_after_a_cancellation_is_ignored() -> None:
    late = asyncio.Event()

    async def hang(call: Call) -> Reply:
        stream = await call.stream()
        await stream.write(event("", id="e0"))
        await call.server.until(lambda: bool(call.server.of("notifications/cancelled")))
        with contextlib.suppress(ConnectionError):  # the client may have closed it
            await stream.write(event(await text(call)))
        late.set()
        return stream

    wire = legacy(tools_call=hang)
    async with running(wire), Client(wire.url) as client, asyncio.timeout(LIMIT):
        call = asyncio.create_task(client.call_tool("a"))
        await wire.until(lambda: bool(wire.of("tools/call")))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await late.wait()
        wire.methods["tools/call"] = text
        assert (await client.call_tool("b", {"x": 1})).content


async def test_progress_of_another_call_is_dropped(make: Make) -> None:
    tokens: list[Any] = []

    async def work(call: Call) -> Reply:
        tokens.append(call.meta["progressToken"])
        stream = await call.stream()
        for token in tokens:
            report = notification(
                "notifications/progress", progressToken=token, progress=len(tokens)
            )
            await stream.write(event(report))
        await stream.write(event(await text(call)))
        return stream

    first: list[Progress] = []
    second: list[Progress] = []
    async with running(make(tools_call=work)) as wire, Client(wire.url) as client:
        await client.with_options(progress=first.append).call_tool("a")
        await client.with_options(progress=second.append).call_tool("a")
    assert [report.progress for report in first] == [1]
    assert [report.progress for report in second] == [2]


async def test_a_timeout_cancels_and_the_session_goes_on() -> None:
    async def hang(call: Call) -> Reply:
        if call.params["name"] == "hang":
            await call.server.until(
                lambda: bool(call.server.of("notifications/cancelled"))
            )
        return await text(call)

    async with running(legacy(tools_call=hang)) as wire, Client(wire.url) as client:
        with pytest.raises(CallTimeoutError):
            await client.with_options(timeout=0.1).call_tool("hang")
        await client.call_tool("b")
    (cancelled,) = wire.of("notifications/cancelled")
    assert cancelled.params["requestId"] == wire.of("tools/call")[0].id
    assert len(wire.of("initialize")) == 1


PREFIX_ITEMS = {
    "type": "array",
    "prefixItems": [{"type": "string"}, {"type": "number"}],
}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (PREFIX_ITEMS, ["a", 1], ["a", "b"]),
        (
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                **PREFIX_ITEMS,
            },
            ["a", 1],
            [1, 1],
        ),
        (
            {
                "type": "object",
                "properties": {"a": {"$ref": "#/$defs/a"}},
                "$defs": {"a": {"type": "integer"}},
            },
            {"a": 1},
            {"a": "x"},
        ),
        (
            {
                "type": "object",
                "properties": {"a": {"$ref": "#here"}},
                "$defs": {"a": {"$anchor": "here", "type": "integer"}},
            },
            {"a": 1},
            {"a": "x"},
        ),
        ({"type": "integer", "minimum": 1}, 1, 0),
        ({"type": "boolean", "const": True}, True, False),
        ({"type": "string", "minLength": 1}, "a", ""),
        ({"type": ["string", "integer"]}, 1, False),
    ],
)
async def test_results_are_checked_against_any_schema(
    schema: Any, good: Any, bad: Any
) -> None:
    tool = {"name": "a", "inputSchema": {"type": "object"}, "outputSchema": schema}

    class Typed(Client):
        catalog = Catalog(server={"name": "wire", "version": "1"}, tools=(tool,))

    async def answer(call: Call) -> Reply:
        value = good if call.params["arguments"]["good"] else bad
        return call.result(content=[], structuredContent=value)

    async with running(modern(tools_call=answer)) as wire, Typed(wire.url) as client:
        found = await client.call_tool("a", {"good": True})
        assert found.structured_content == good
        with pytest.raises(InvalidResultError):
            await client.call_tool("a", {"good": False})


async def test_an_unknown_dialect_fails_its_tool_alone() -> None:
    def tool(name: str, dialect: str) -> dict[str, Any]:
        schema = {"$schema": dialect, "type": "object"}
        plain_input = {"type": "object"}
        return {"name": name, "inputSchema": plain_input, "outputSchema": schema}

    class Typed(Client):
        catalog = Catalog(
            server={"name": "wire", "version": "1"},
            tools=(
                tool("odd", "https://example.com/dialect"),
                tool("good", "http://json-schema.org/draft-07/schema#"),
            ),
        )

    async def answer(call: Call) -> Reply:
        return call.result(content=[], structuredContent={})

    async with running(modern(tools_call=answer)) as wire, Typed(wire.url) as client:
        with pytest.raises(ClientError, match="dialect"):
            await client.call_tool("odd")
        assert (await client.call_tool("good")).structured_content == {}


@pytest.mark.parametrize("status", [200, 400])
async def test_an_error_without_an_id_is_reported(make: Make, status: int) -> None:
    async def fail(call: Call) -> Reply:
        error = {"code": -32700, "message": "Parse error near x"}
        return json_status(status, {"jsonrpc": "2.0", "id": None, "error": error})

    async with running(make(tools_call=fail)) as wire, Client(wire.url) as client:
        with pytest.raises(ClientError, match="Parse error near x"):
            await client.call_tool("a")


async def test_a_question_that_the_server_withdraws_is_stopped() -> None:
    asked, stopped = asyncio.Event(), asyncio.Event()
    question = {"jsonrpc": "2.0", "id": "q1", "method": "roots/list"}

    async def work(call: Call) -> Reply:
        stream = await call.stream()
        await stream.write(event(question))
        await asked.wait()
        await stream.write(
            event(notification("notifications/cancelled", requestId="q1"))
        )
        await stopped.wait()
        await stream.write(event(await text(call)))
        return stream

    async def roots() -> list[str]:
        asked.set()
        try:
            await asyncio.sleep(LIMIT)
        except asyncio.CancelledError:
            stopped.set()
            raise
        return []

    async with (
        asyncio.timeout(LIMIT),
        running(legacy(tools_call=work)) as wire,
        Client(wire.url, roots=roots) as client,
    ):
        assert (await client.call_tool("a")).content
    assert [call for call in wire.calls if call.id == "q1"] == []


# --- HTTP ----------------------------------------------------------------------------


async def everything(wire: Wire, **options: Any) -> None:
    """A session with a POST, a GET and a DELETE."""
    wire.get = open_stream
    async with running(wire), asyncio.timeout(LIMIT):
        client = Client(wire.url, on_notification=print, **options)
        async with client:
            await client.call_tool("a")
    assert {request.method for request in wire.requests} == {"POST", "GET", "DELETE"}


async def test_a_session_of_the_users_own_sends_everything() -> None:
    sent: list[str] = []

    async def began(session: Any, context: Any, params: Any) -> None:
        sent.append(params.method)

    def session() -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(began)
        return aiohttp.ClientSession(trace_configs=[trace], headers={"X-Own": "1"})

    wire = legacy(tools_call=text)
    await everything(wire, session_factory=session)
    assert sorted(sent) == sorted(request.method for request in wire.requests)
    assert {request.headers["X-Own"] for request in wire.requests} == {"1"}


async def test_headers_are_sent_with_every_method() -> None:
    wire = legacy(tools_call=text)
    await everything(wire, headers={"X-All": "1"})
    assert {request.headers.get("X-All") for request in wire.requests} == {"1"}


async def test_a_stream_that_has_ended_is_not_resumed() -> None:
    async def work(call: Call) -> Reply:
        stream = await call.stream()
        await stream.write(event("", id="e0") + event(await text(call), id="e1"))
        return stream

    wire = legacy(tools_call=work)
    wire.get = open_stream
    async with running(wire), Client(wire.url) as client:
        await client.call_tool("a")
        await client.call_tool("b")
    assert "GET" not in {request.method for request in wire.requests}


class Refusing(Wire):
    """A server that lets no client end a session."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method == "DELETE":
            self.requests.append(request)
            return web.Response(status=405)
        return await super().handle(request)


async def test_a_server_may_refuse_to_end_a_session(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wire = Refusing(legacy(tools_call=text).methods)
    async with running(wire), Client(wire.url) as client:
        await client.call_tool("a")
    assert wire.requests[-1].method == "DELETE"
    assert caplog.text == ""


async def test_a_modern_client_ignores_a_session_id() -> None:
    async def stray(call: Call) -> Reply:
        reply = json_status(200, await text(call))
        reply.headers[SESSION] = "stray"
        return reply

    async with (
        running(modern(tools_call=stray)) as wire,
        Client(wire.url, on_notification=print) as client,
    ):
        await client.call_tool("a")
        await client.call_tool("b")
    assert {request.method for request in wire.requests} == {"POST"}
    assert not any(SESSION in request.headers for request in wire.requests)


async def test_a_closed_client_opens_a_new_session() -> None:
    wire = legacy(tools_call=text)
    introduce = wire.methods["initialize"]

    async def initialize(call: Call) -> Reply:
        reply = await introduce(call)
        assert isinstance(reply, web.Response)
        reply.headers[SESSION] = f"session-{len(wire.of('initialize'))}"
        return reply

    wire.methods["initialize"] = initialize
    async with running(wire):
        client = Client(wire.url)
        for _ in range(2):
            async with client:
                await client.call_tool("a")
    calls = wire.of("tools/call")
    assert [call.request.headers[SESSION] for call in calls] == [
        "session-1",
        "session-2",
    ]
    ended = [r.headers[SESSION] for r in wire.requests if r.method == "DELETE"]
    assert ended == ["session-1", "session-2"]
