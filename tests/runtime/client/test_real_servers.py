"""What real servers do at the edges of a session: versions, lost sessions, busy hours."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    AuthError,
    CapabilityError,
    Client,
    ProtocolError,
    ToolCall,
    TransportError,
    VersionError,
)
from mcpgen.runtime.client.eras import modern as opening
from tests.pace import patient
from tests.requirements import requirement

from .raw import Fault, raw_server
from .wire import (
    EVERYTHING,
    Call,
    Handler,
    Wire,
    discover,
    json_status,
    legacy,
    modern,
    running,
    text,
)
from .wire import Reply as WireReply

SESSION = "Mcp-Session-Id"
READ_ONLY = ToolCall(
    {
        "name": "look",
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True},
    }
)


def forgetful(refuse: Callable[[Call], WireReply]) -> Wire:
    """A legacy server that has lost its first session by the first call."""
    wire = legacy(capabilities=EVERYTHING)
    introduce = wire.methods["initialize"]

    async def initialize(call: Call) -> WireReply:
        reply = await introduce(call)
        assert isinstance(reply, web.Response)
        reply.headers[SESSION] = f"session-{len(wire.of('initialize'))}"
        return reply

    async def call_tool(call: Call) -> WireReply:
        if call.request.headers[SESSION] == "session-1":
            return refuse(call)
        return await text(call)

    wire.methods["initialize"] = initialize
    wire.methods["tools/call"] = call_tool
    return wire


def plain(status: int, body: str) -> Callable[[Call], WireReply]:
    return lambda call: web.Response(status=status, text=body)


def challenged(call: Call) -> WireReply:
    return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})


def coded(code: int, message: str, status: int = 200) -> Callable[[Call], WireReply]:
    return lambda call: json_status(status, call.error(code, message))


LOST: dict[str, Callable[[Call], WireReply]] = {
    "404": plain(404, ""),
    "404 with an error": coded(-32001, "Session not found", 404),
    "400": plain(400, "Bad Request: No valid session ID provided"),
    "400 with an error": coded(-32000, "Bad Request: Server not initialized", 400),
    "401": plain(401, "invalid session"),
    "401 without a word": plain(401, ""),
    "401 with an error": coded(-32000, "Session expired", 401),
    "410": plain(410, "session is gone"),
    "422": plain(422, "Unexpected message, expect initialize request"),
    "200, not found": coded(-32001, "Session not found"),
    "200, invalid request": coded(-32600, "Session abc does not exist"),
}


@pytest.mark.parametrize("name", LOST)
async def test_a_lost_session_is_replaced_and_the_call_made_again(name: str) -> None:
    async with running(forgetful(LOST[name])) as wire, Client(wire.url) as client:
        await client.call_tool("a")
        await client.call_tool("b")
    assert len(wire.of("initialize")) == 2
    names = [call.params["name"] for call in wire.of("tools/call")]
    assert names == ["a", "a", "b"]


@pytest.mark.parametrize(
    "refuse", [coded(-32000, "Session expired"), coded(-32602, "Unknown session")]
)
async def test_a_call_that_may_have_run_is_not_made_again(
    refuse: Callable[[Call], WireReply],
) -> None:
    async with running(forgetful(refuse)) as wire, Client(wire.url) as client:
        with pytest.raises(ProtocolError, match=r"(?i)session"):
            await client.call_tool("a")
        await client.call_tool("b")
    assert len(wire.of("initialize")) == 2
    assert len(wire.of("tools/call")) == 2
    async with running(forgetful(refuse)) as wire, Client(wire.url) as client:
        await client._call_tool(READ_ONLY, {})
    assert len(wire.of("tools/call")) == 2


@pytest.mark.parametrize(
    "refuse",
    [
        coded(-32603, "Session expired: sign in to the shop again"),
        coded(-32000, "the session of the conference has no talks"),
        plain(422, "city is missing"),
        challenged,
        plain(500, "session store crashed"),
    ],
)
async def test_other_refusals_keep_the_session(
    refuse: Callable[[Call], WireReply],
) -> None:
    async with running(forgetful(refuse)) as wire, Client(wire.url) as client:
        with pytest.raises((ProtocolError, TransportError)):
            await client.call_tool("a")
    assert len(wire.of("initialize")) == 1
    assert len(wire.of("tools/call")) == 1


async def test_a_session_that_is_lost_for_good_is_made_anew_once() -> None:
    async def always(call: Call) -> WireReply:
        return web.Response(status=422, text="expected initialize request")

    async with running(legacy(tools_call=always)) as wire, Client(wire.url) as client:
        with pytest.raises(TransportError, match="expected initialize request"):
            await client.call_tool("a")
    assert len(wire.of("initialize")) == 2
    assert len(wire.of("tools/call")) == 2


def picky(refuse: Callable[[Call], WireReply], newest: str = "2025-06-18") -> Wire:
    """A legacy server that refuses newer versions instead of answering with its own."""
    wire = legacy(newest, tools_call=text)
    introduce = wire.methods["initialize"]

    async def initialize(call: Call) -> WireReply:
        if call.params["protocolVersion"] > newest:
            return refuse(call)
        return await introduce(call)

    wire.methods["initialize"] = initialize
    return wire


def refusal(data: Any, code: int = -32602, status: int = 400) -> Any:
    return lambda call: json_status(
        status, call.error(code, "Unsupported protocol version", data)
    )


NAMING: dict[str, Callable[[Call], WireReply]] = {
    "supported": refusal({"supported": ["2024-11-05", "2025-06-18"]}),
    "in a successful response": refusal({"supported": ["2025-06-18"]}, status=200),
    "another code": refusal({"supported": ["2025-06-18"]}, code=-32022),
    "supportedVersions": refusal({"supportedVersions": ["2025-06-18"]}),
    "a list": refusal(["2025-06-18"]),
    "words": coded(-32000, "Bad protocol version 2025-11-25 (only 2025-06-18)", 400),
    "text": plain(400, "Unsupported protocol version (supported versions: 2025-06-18)"),
}


@pytest.mark.parametrize("name", NAMING)
async def test_a_refused_version_is_replaced_by_one_that_the_server_names(
    name: str,
) -> None:
    async with running(picky(NAMING[name])) as wire, Client(wire.url) as client:
        assert client.protocol_version == "2025-06-18"
        await client.call_tool("a")
    asked = [call.params["protocolVersion"] for call in wire.of("initialize")]
    assert asked == ["2025-11-25", "2025-06-18"]


async def test_versions_that_nobody_shares_are_named() -> None:
    wire = picky(refusal({"supported": ["1999-01-01"]}))
    async with running(wire):
        with pytest.raises(VersionError) as caught:
            await Client(wire.url).open()
    assert caught.value.supported == ("1999-01-01",)
    assert len(wire.of("initialize")) == 1


@pytest.mark.parametrize(
    "version", ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
)
async def test_one_legacy_version_may_be_insisted_on(version: str) -> None:
    wire = legacy(version, tools_call=text)
    wire.methods["server/discover"] = discover
    async with running(wire), Client(wire.url, era=version) as client:
        assert (client.era, client.protocol_version) == ("legacy", version)
    assert wire.calls[0].message["method"] == "initialize"
    assert wire.calls[0].params["protocolVersion"] == version
    async with running(legacy("2024-10-07")) as other:
        with pytest.raises(VersionError, match="2024-10-07"):
            await Client(other.url, era=version).open()


async def test_one_modern_version_may_be_insisted_on() -> None:
    async with (
        running(modern(tools_call=text)) as wire,
        Client(wire.url, era="2026-07-28") as client,
    ):
        assert (client.era, client.protocol_version) == ("modern", "2026-07-28")
    async with running(legacy()) as old:
        with pytest.raises(ProtocolError):
            await Client(old.url, era="2026-07-28").open()
    assert old.of("initialize") == []


@pytest.mark.parametrize("era", ["2025-06-17", "old", ""])
def test_an_era_that_is_none_is_refused_at_once(era: str) -> None:
    with pytest.raises(
        ValueError, match='use "auto", "modern", "legacy" or 2024-11-05'
    ):
        Client("http://127.0.0.1:1/mcp", era=era)


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_a_modern_probe_without_an_answer_falls_back(
    sent: bytes, end: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some old servers close the connection on what they don't know."""
    monkeypatch.setattr(opening, "PROBE_LIMIT", 3600.0)
    async with raw_server("legacy", Fault(b"")) as server, asyncio.timeout(patient(10)):
        server.probe = Fault(sent, end)
        async with Client(server.url, timeout=None) as client:
            assert client.era == "legacy"


@requirement("2025-11-25/client/operation")
@pytest.mark.parametrize("make", [modern, legacy])
async def test_only_declared_capabilities_are_used(make: Callable[..., Wire]) -> None:
    async with running(make(capabilities={"tools": {}})) as wire:
        async with Client(wire.url, on_log=print) as client:
            before = len(wire.calls)
            assert await client.list_prompts() == []
            assert await client.list_resources() == []
            assert await client.list_resource_templates() == []
            for call in (
                client.get_prompt("a"),
                client.read_resource("a:b"),
                client.complete_prompt("a", "b"),
            ):
                with pytest.raises(CapabilityError, match="are: tools"):
                    await call
            if client.era == "legacy":
                with pytest.raises(CapabilityError) as caught:
                    await client.set_logging_level("info")
                assert caught.value.capability == "logging"
        asked = {str(call.message["method"]) for call in wire.calls[before:]}
    assert asked == set()


@pytest.mark.parametrize("make", [modern, legacy])
async def test_the_tools_of_a_server_without_tools_are_none(
    make: Callable[..., Wire],
) -> None:
    async with (
        running(make(capabilities={"prompts": {}})) as wire,
        Client(wire.url) as client,
    ):
        assert await client.list_tools() == []
        with pytest.raises(CapabilityError, match="does not declare `tools`"):
            await client.call_tool("a")
    assert not any("tools" in str(call.message["method"]) for call in wire.calls)


async def test_nothing_is_subscribed_to_without_resources() -> None:
    async with (
        running(legacy(capabilities={"tools": {}})) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(CapabilityError, match="`resources`"):
            client.subscribe(resources=["a:b"])
    assert wire.of("resources/subscribe") == []


@requirement("2025-11-25/client/operation")
async def test_nothing_is_subscribed_to_where_subscriptions_are_not_declared() -> None:
    async with (
        running(legacy(capabilities={"resources": {"listChanged": True}})) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(CapabilityError, match=r"`resources\.subscribe`"):
            client.subscribe(resources=["a:b"])
        client.subscribe()
    assert wire.of("resources/subscribe") == []


@pytest.mark.parametrize("capabilities", [{"resources": {"subscribe": False}}, {}])
async def test_subscriptions_are_tried_where_servers_cannot_declare_them(
    capabilities: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The official Python SDK 1 sends `subscribe: false` for all of its servers."""

    async def subscribed(call: Call) -> WireReply:
        return call.result()

    over = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        opened = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await opened.prepare(request)
        await asyncio.wait_for(over.wait(), patient(60))
        return opened

    wire = legacy(capabilities=capabilities, resources_subscribe=subscribed)
    wire.get = stream
    async with (
        running(wire),
        Client(wire.url) as client,
        client.subscribe(resources=["a:b"]),
    ):
        assert len(wire.of("resources/subscribe")) == 1
        over.set()
    assert ("not declared" in caplog.text) == bool(capabilities)


async def test_revisions_without_a_capability_do_not_ask_for_it() -> None:
    async def complete(call: Call) -> WireReply:
        return call.result(completion={"values": ["x"]})

    wire = legacy("2024-11-05", capabilities={"prompts": {}})
    wire.methods["completion/complete"] = complete
    async with running(wire), Client(wire.url) as client:
        found = await client.complete_prompt("a", "b")
    assert found.completion.values == ["x"]


@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_server_that_declares_nothing_is_asked_for_what_is_called(
    make: Callable[..., Wire],
) -> None:
    async with (
        running(make(capabilities={}, tools_call=text)) as wire,
        Client(wire.url) as client,
    ):
        assert await client.list_tools() == []
        await client.call_tool("a")


def busy(
    status: int, times: int, wait: str | None = "1", then: Handler = text
) -> tuple[Handler, list[float]]:
    """A handler that refuses some requests, and when each came."""
    moments: list[float] = []

    async def handle(call: Call) -> WireReply:
        moments.append(time.monotonic())
        if len(moments) > times:
            return await then(call)
        headers = {"Content-Type": "application/json"}
        if wait is not None:
            headers["Retry-After"] = wait
        body = json.dumps(call.error(status, "Too busy"))
        return web.Response(status=status, text=body, headers=headers)

    return handle, moments


async def listed(call: Call) -> WireReply:
    return call.result(tools=[])


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("make", [modern, legacy])
async def test_the_wait_that_a_server_asks_for_is_kept(
    make: Callable[..., Wire], status: int
) -> None:
    tools, moments = busy(status, 1, then=listed)
    book, calls = busy(status, 1)
    async with (
        running(make(tools_list=tools, tools_call=book)) as wire,
        Client(wire.url, timeout=10, idle_timeout=0.5) as client,
    ):
        await client.list_tools()
        # It was refused, so it has not run.
        await client.call_tool("book")
    for first, second in (moments, calls):
        assert second - first >= 1


async def test_a_date_may_say_when() -> None:
    async def tools(call: Call) -> WireReply:
        if len(call.server.of("tools/list")) == 1:
            when = formatdate(time.time() + 2, usegmt=True)
            return web.Response(status=503, headers={"Retry-After": when})
        return call.result(tools=[])

    async with running(modern(tools_list=tools)) as wire, Client(wire.url) as client:
        before = time.monotonic()
        await client.list_tools()
    assert time.monotonic() - before >= 0.9


@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_wait_beyond_the_time_of_a_call_is_an_error_at_once(
    make: Callable[..., Wire],
) -> None:
    book, moments = busy(503, 9, "60")
    async with (
        running(make(tools_call=book)) as wire,
        Client(wire.url, timeout=5) as client,
    ):
        with pytest.raises(TransportError, match=r"HTTP 503.*Too busy") as caught:
            await client.call_tool("book")
    assert (caught.value.status, caught.value.retry_after) == (503, 60)
    assert len(moments) == 1


@pytest.mark.parametrize("wait", [None, "soon", ""])
async def test_without_a_wait_only_what_is_safe_is_tried_again(
    wait: str | None,
) -> None:
    book, moments = busy(503, 1, wait)
    async with running(modern(tools_call=book)) as wire, Client(wire.url) as client:
        with pytest.raises(TransportError) as caught:
            await client.call_tool("book")
        assert caught.value.retry_after is None
        await client._call_tool(READ_ONLY, {})
    assert len(moments) == 2


@pytest.mark.parametrize("era", ["modern", "legacy", "auto"])
async def test_a_busy_server_is_waited_for_when_connecting(era: str) -> None:
    wire = legacy() if era == "legacy" else modern()
    first = "initialize" if era == "legacy" else "server/discover"
    handler, moments = busy(503, 1, then=wire.methods[first])
    wire.methods[first] = handler
    async with running(wire), Client(wire.url, era=era) as client:
        assert client.era == ("legacy" if era == "legacy" else "modern")
    assert moments[1] - moments[0] >= 1


async def test_credentials_are_not_tried_again() -> None:
    refused, moments = busy(401, 9)
    async with running(modern(tools_list=refused)) as wire, Client(wire.url) as client:
        with pytest.raises(AuthError):
            await client.list_tools()
    assert len(moments) == 1
