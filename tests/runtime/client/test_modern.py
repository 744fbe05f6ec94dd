"""What the client puts on the wire of a modern server, and what it makes of the answers."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    Client,
    Elicitation,
    InvalidArgumentsError,
    InvalidResultError,
    LogMessage,
    MissingHandlerError,
    Notification,
    Progress,
    ProtocolError,
    Reply,
    ToolError,
    VersionError,
)
from mcpgen.runtime.client.calls import plain
from mcpgen.runtime.protocol.types import CreateMessageRequestParams, Implementation
from tests.requirements import requirement

from .wire import (
    EVERYTHING,
    LIMIT,
    VERSION,
    Call,
    Handler,
    Wire,
    discover,
    event,
    json_status,
    legacy,
    modern,
    notification,
    running,
    text,
)
from .wire import Reply as WireReply


@requirement(
    "2026-07-28/client/accept",
    "2026-07-28/client/base-protocol",
    "2026-07-28/client/elicitation-capability",
    "2026-07-28/client/headers",
    "2026-07-28/client/meta-required",
    "2026-07-28/client/roots-capability",
    "2026-07-28/client/sampling-capability",
    "2026-07-28/client/trace-context",
)
async def test_every_request_carries_version_client_and_capabilities() -> None:
    async def answer(call: Call) -> WireReply:
        return call.result(
            tools=[],
            prompts=[],
            resources=[],
            resourceTemplates=[],
            contents=[],
            messages=[],
            completion={"values": []},
        )

    async def listen(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event(granted(call)) + event(call.result()))
        return stream

    wire = modern(
        tools_call=text,
        tools_list=answer,
        prompts_get=answer,
        prompts_list=answer,
        resources_list=answer,
        resources_read=answer,
        resources_templates_list=answer,
        completion_complete=answer,
        subscriptions_listen=listen,
    )
    async with (
        running(wire),
        Client(
            wire.url,
            client_info={"name": "me", "version": "9"},
            elicitation=lambda question: Reply.CANCEL,
            sampling=lambda params: "hi",
            roots=["file:///home"],
            meta={"traceparent": "00-1-2-03"},
        ) as client,
    ):
        await client.call_tool("echo", {"x": 1})
        await client.get_prompt("plan")
        await client.read_resource("a://b")
        await client.complete_prompt("plan", "city", "O")
        await client.list_tools()
        await client.list_prompts()
        await client.list_resources()
        await client.list_resource_templates()
        async with client.subscribe(tools_changed=True) as changes:
            assert [change async for change in changes] == []
    for call in wire.calls:
        meta = call.meta
        assert meta[VERSION] == "2026-07-28"
        assert meta["io.modelcontextprotocol/clientInfo"] == {
            "name": "me",
            "version": "9",
        }
        assert meta["io.modelcontextprotocol/clientCapabilities"] == {
            "elicitation": {"form": {}, "url": {}},
            "sampling": {},
            "roots": {},
        }
        assert meta["traceparent"] == "00-1-2-03"
        assert call.request.headers["MCP-Protocol-Version"] == "2026-07-28"
        assert call.request.headers["Mcp-Method"] == call.message["method"]
        assert call.request.headers["Accept"] == "application/json, text/event-stream"
        assert call.request.headers["Content-Type"] == "application/json"
    assert len(wire.calls) == 10
    named = {
        call.message["method"]: call.request.headers["Mcp-Name"]
        for call in wire.calls
        if "Mcp-Name" in call.request.headers
    }
    assert named == {
        "tools/call": "echo",
        "prompts/get": "plan",
        "resources/read": "a://b",
    }
    assert len({call.id for call in wire.calls}) == len(wire.calls)


async def test_the_server_introduces_itself() -> None:
    async with running(modern()) as wire, Client(wire.url) as client:
        assert client.era == "modern"
        assert client.server_info == Implementation(name="wire", version="1")
        assert plain(client.capabilities) == EVERYTHING
        assert client.instructions == "Be kind."


@requirement("2026-07-28/client/names-encoded")
async def test_names_that_no_header_can_hold_travel_as_base64() -> None:
    async def read(call: Call) -> WireReply:
        return call.result(contents=[], ttlMs=0, cacheScope="private")

    async with running(modern(resources_read=read)) as wire, Client(wire.url) as client:
        await client.read_resource("note://é")
    (call,) = wire.of("resources/read")
    assert call.request.headers["Mcp-Name"] == "=?base64?bm90ZTovL8Op?="


HEADER_TOOL = {
    "name": "query",
    "inputSchema": {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "limit": {"type": "integer", "x-mcp-header": "Limit"},
        },
    },
}


@requirement(
    "2026-07-28/client/parameters-mirrored", "2026-07-28/client/parameters-when"
)
async def test_annotated_arguments_are_repeated_in_headers() -> None:
    async def tools(call: Call) -> WireReply:
        return call.result(tools=[HEADER_TOOL])

    async with (
        running(modern(tools_list=tools, tools_call=text)) as wire,
        Client(wire.url) as client,
    ):
        await client.list_tools()
        await client.call_tool("query", {"region": "Zürich", "limit": 3})
        await client.call_tool("query", {"region": None})
    first, second = wire.of("tools/call")
    assert first.request.headers["Mcp-Param-Region"] == "=?base64?WsO8cmljaA==?="
    assert first.request.headers["Mcp-Param-Limit"] == "3"
    assert "Mcp-Param-Region" not in second.request.headers
    assert "Mcp-Param-Limit" not in second.request.headers


async def test_after_a_header_mismatch_the_list_is_read_and_the_call_repeated() -> None:
    async def tools(call: Call) -> WireReply:
        return call.result(tools=[HEADER_TOOL])

    async def query(call: Call) -> WireReply:
        if "Mcp-Param-Region" not in call.request.headers:
            return json_status(400, call.error(-32020, "Header mismatch"))
        return await text(call)

    async with (
        running(modern(tools_list=tools, tools_call=query)) as wire,
        Client(wire.url) as client,
    ):
        await client.call_tool("query", {"region": "eu"})
    methods = [call.message["method"] for call in wire.calls]
    assert methods == ["server/discover", "tools/call", "tools/list", "tools/call"]


async def test_a_mismatch_that_stays_is_an_error() -> None:
    async def tools(call: Call) -> WireReply:
        return call.result(tools=[HEADER_TOOL])

    async def query(call: Call) -> WireReply:
        return json_status(400, call.error(-32020, "Header mismatch"))

    async with (
        running(modern(tools_list=tools, tools_call=query)) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(ProtocolError, match="Header mismatch"):
            await client.call_tool("query", {"region": "eu"})
    assert len(wire.of("tools/call")) == 2


@requirement("2026-07-28/client/tools-left-out")
async def test_tools_with_a_wrong_header_annotation_are_left_out_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad = {
        "name": "bad",
        "inputSchema": {
            "type": "object",
            "properties": {"n": {"type": "number", "x-mcp-header": "N"}},
        },
    }

    async def tools(call: Call) -> WireReply:
        return call.result(tools=[bad, HEADER_TOOL])

    async with running(modern(tools_list=tools)) as wire, Client(wire.url) as client:
        assert [tool.name for tool in await client.list_tools()] == ["query"]
    assert "'bad' is left out" in caplog.text


@requirement("2025-11-25/client/page-size", "2026-07-28/client/page-size")
async def test_all_pages_are_read_and_a_circle_of_pages_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def prompts(call: Call) -> WireReply:
        page = int(call.params.get("cursor", 0))
        more = {"nextCursor": str(page + 1)} if page < 2 else {}
        return call.result(prompts=[{"name": f"p{page}"}], **more)

    async def resources(call: Call) -> WireReply:
        return call.result(resources=[{"uri": "a://b", "name": "b"}], nextCursor="x")

    async with (
        running(modern(prompts_list=prompts, resources_list=resources)) as wire,
        Client(wire.url) as client,
    ):
        assert [p.name for p in await client.list_prompts()] == ["p0", "p1", "p2"]
        assert len(await client.list_resources()) == 1
    assert "cursors do not advance" in caplog.text


@requirement("2026-07-28/client/result-type-absent")
async def test_an_absent_result_type_means_complete() -> None:
    async with (
        running(modern(tools_call=text)) as wire,
        Client(wire.url) as client,
    ):
        result = await client.call_tool("echo", {"x": 1})
    assert "resultType" not in result.model_fields_set


@requirement("2026-07-28/client/result-type")
async def test_an_unknown_result_type_is_refused() -> None:
    async def strange(call: Call) -> WireReply:
        return call.result(resultType="maybe", content=[])

    async with running(modern(tools_call=strange)) as wire, Client(wire.url) as client:
        with pytest.raises(InvalidResultError, match="'maybe' is unknown"):
            await client.call_tool("echo")


@requirement("2026-07-28/client/json-and-streams")
async def test_progress_and_logs_come_before_the_result() -> None:
    async def work(call: Call) -> WireReply:
        stream = await call.stream()
        token = call.meta["progressToken"]
        for message in (
            notification("notifications/progress", progressToken=token, progress=0.5),
            notification("notifications/progress", progressToken="other", progress=7),
            notification("notifications/message", level="info", data="x", logger="l"),
            await text(call),
        ):
            await stream.write(b": keep-alive\n\n" + event(message))
        return stream

    reports: list[Progress] = []
    logs: list[LogMessage] = []
    seen: list[Notification] = []

    async def log(message: LogMessage) -> None:
        await asyncio.sleep(0)
        logs.append(message)

    async with (
        running(modern(tools_call=work)) as wire,
        Client(
            wire.url, progress=reports.append, on_log=log, on_notification=seen.append
        ) as client,
    ):
        await client.call_tool("work")
    assert reports == [Progress(0.5, None, None)]
    assert logs == [LogMessage("info", "l", "x")]
    assert len(seen) == 3


async def test_a_callback_that_fails_does_not_break_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(call: Call) -> WireReply:
        stream = await call.stream()
        token = call.meta["progressToken"]
        await stream.write(
            event(
                notification("notifications/progress", progressToken=token, progress=1)
            )
        )
        await stream.write(event(await text(call)))
        return stream

    def broken(progress: Progress) -> None:
        raise ZeroDivisionError

    async with (
        running(modern(tools_call=work)) as wire,
        Client(wire.url, progress=broken) as client,
    ):
        await client.call_tool("work")
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("capabilities", [EVERYTHING, {"tools": {}}])
async def test_the_log_level_is_asked_for_only_by_those_who_listen(
    capabilities: dict[str, object],
) -> None:
    """Also where logs are not declared: servers on the official SDK 2 send them."""
    key = "io.modelcontextprotocol/logLevel"
    async with running(modern(capabilities, tools_call=text)) as wire:
        async with Client(wire.url) as client:
            await client.call_tool("a")
            await client.set_logging_level("error")
            await client.call_tool("b")
        async with Client(wire.url, on_log=print) as client:
            await client.call_tool("c")
        async with Client(wire.url, log_level="debug") as client:
            await client.call_tool("d")
    levels = [call.meta.get(key) for call in wire.of("tools/call")]
    assert levels == [None, "error", "info", "debug"]


FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "default": 30},
    },
    "required": ["name"],
}


def elicit(message: str = "Who?") -> dict[str, object]:
    return {
        "method": "elicitation/create",
        "params": {"mode": "form", "message": message, "requestedSchema": FORM},
    }


@requirement(
    "2026-07-28/client/input-gathered",
    "2026-07-28/client/input-new-id",
    "2026-07-28/client/post",
    "2026-07-28/client/sampling-parameters",
    "2026-07-28/client/state-opaque",
)
async def test_input_is_gathered_and_the_request_sent_again() -> None:
    state = 'any "text", é'

    requests = {
        "who": elicit(),
        "what": {
            "method": "sampling/createMessage",
            "params": {
                "messages": [
                    {"role": "user", "content": {"type": "text", "text": "hi"}}
                ],
                "maxTokens": 10,
            },
        },
        "where": {"method": "roots/list"},
    }

    async def ask(call: Call) -> WireReply:
        match len(call.server.of("tools/call")):
            case 1:
                return call.result(
                    resultType="input_required",
                    inputRequests=requests,
                    requestState=state,
                )
            case 2:
                return call.result(resultType="input_required", requestState="second")
        return await text(call)

    asked: list[Elicitation] = []

    def answer(question: Elicitation) -> dict[str, object]:
        asked.append(question)
        return {"name": "Ann"}

    async def model(params: CreateMessageRequestParams) -> str:
        assert params.max_tokens == 10
        return "hello"

    async with (
        running(modern(tools_call=ask)) as wire,
        Client(
            wire.url, elicitation=answer, sampling=model, roots=["file:///home"]
        ) as client,
    ):
        await client.call_tool("ask", {"x": 1})
    first, second, third = wire.of("tools/call")
    assert all("method" in call.message for call in wire.calls)
    assert [asked[0].message, asked[0].mode, asked[0].schema] == ["Who?", "form", FORM]
    assert second.params["requestState"] == state
    assert second.params["inputResponses"] == {
        "who": {"action": "accept", "content": {"name": "Ann", "age": 30}},
        "what": {
            "role": "assistant",
            "content": {"type": "text", "text": "hello"},
            "model": "unknown",
        },
        "where": {"roots": [{"uri": "file:///home"}]},
    }
    assert third.params["requestState"] == "second"
    assert "inputResponses" not in third.params
    assert len({first.id, second.id, third.id}) == 3
    for call in (second, third):
        assert call.params["name"] == "ask"
        assert call.params["arguments"] == {"x": 1}


@requirement("2026-07-28/client/state-opaque")
@pytest.mark.parametrize(
    "reply, action", [(Reply.DECLINE, "decline"), (Reply.CANCEL, "cancel")]
)
async def test_a_person_may_decline(reply: Reply, action: str) -> None:
    async def ask(call: Call) -> WireReply:
        if "inputResponses" in call.params:
            return await text(call)
        return call.result(resultType="input_required", inputRequests={"a": elicit()})

    async with (
        running(modern(tools_call=ask)) as wire,
        Client(wire.url, elicitation=lambda question: reply) as client,
    ):
        await client.call_tool("ask")
    assert wire.calls[-1].params["inputResponses"] == {"a": {"action": action}}
    assert "requestState" not in wire.calls[-1].params


async def test_input_that_nobody_can_give_is_an_error_that_says_so() -> None:
    async def ask(call: Call) -> WireReply:
        return call.result(resultType="input_required", inputRequests={"a": elicit()})

    async with running(modern(tools_call=ask)) as wire:
        async with Client(wire.url) as client:
            with pytest.raises(MissingHandlerError, match="pass `elicitation`"):
                await client.call_tool("ask")
        async with Client(wire.url, elicitation=lambda question: {"name": 7}) as client:
            with pytest.raises(InvalidArgumentsError, match="name: must be a string"):
                await client.call_tool("ask")


async def test_a_server_that_never_has_enough_input_is_given_up() -> None:
    async def ask(call: Call) -> WireReply:
        return call.result(resultType="input_required", requestState="again")

    async with running(modern(tools_call=ask)) as wire, Client(wire.url) as client:
        with pytest.raises(InvalidResultError, match="asked for input 20 times"):
            await client.call_tool("ask")


def refused(*supported: str) -> Handler:
    async def refuse(call: Call) -> WireReply:
        data = {"supported": list(supported), "requested": call.meta[VERSION]}
        if len(call.server.calls) > 1 and "2026-07-28" in supported:
            return await discover(call)
        return json_status(400, call.error(-32022, "Unsupported", data))

    return refuse


async def test_an_unsupported_version_is_retried_with_a_common_one() -> None:
    wire = modern()
    wire.methods["server/discover"] = refused("2099-01-01", "2026-07-28")
    async with running(wire), Client(wire.url) as client:
        assert client.protocol_version == "2026-07-28"
    assert [call.meta[VERSION] for call in wire.calls] == ["2026-07-28"] * 2


async def test_nothing_in_common_is_an_error_that_names_the_servers_versions() -> None:
    wire = modern()
    wire.methods["server/discover"] = refused("2099-01-01")
    async with running(wire):
        with pytest.raises(VersionError, match="the server supports: 2099-01-01"):
            await Client(wire.url).open()
    assert len(wire.calls) == 1


async def test_a_tool_error_and_a_protocol_error_are_told_apart() -> None:
    async def fail(call: Call) -> WireReply:
        if call.params["name"] == "tool":
            return call.result(
                isError=True,
                content=[
                    {"type": "text", "text": "no"},
                    {"type": "text", "text": "way"},
                ],
                structuredContent={"why": 1},
            )
        return call.error(-32602, "Unknown tool", {"name": "x"})

    async with running(modern(tools_call=fail)) as wire, Client(wire.url) as client:
        with pytest.raises(ToolError) as tool:
            await client.call_tool("tool")
        with pytest.raises(ProtocolError) as protocol:
            await client.call_tool("x")
    assert (tool.value.tool, tool.value.message) == ("tool", "no\nway")
    assert tool.value.structured == {"why": 1}
    assert [block.type for block in tool.value.content] == ["text", "text"]
    assert (protocol.value.code, protocol.value.data) == (-32602, {"name": "x"})
    assert str(protocol.value) == "tools/call: Unknown tool (-32602)"


@requirement("2026-07-28/client/cancellation-races")
async def test_cancelling_a_call_closes_its_stream() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def hang(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(b": hello\n\n")
        started.set()
        try:
            await asyncio.sleep(LIMIT)
        finally:
            ended.set()
        return stream

    wire = modern(tools_call=hang)
    app = web.Application(handler_args={"handler_cancellation": True})
    app.router.add_post("/mcp", wire.handle)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
        async with Client(url) as client, asyncio.timeout(LIMIT):
            call = asyncio.create_task(client.call_tool("hang"))
            await started.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await ended.wait()
        assert [c.message["method"] for c in wire.calls][1:] == ["tools/call"]
    finally:
        await runner.cleanup()


@requirement("2026-07-28/client/headers")
async def test_headers_of_a_call_are_added_but_never_replace_the_protocols() -> None:
    async with (
        running(modern(tools_call=text)) as wire,
        Client(wire.url, headers={"X-All": "1"}) as client,
    ):
        await client.with_options(
            headers={"X-One": "2", "Mcp-Method": "lie"}
        ).call_tool("a")
        await client.call_tool("b")
    first, second = wire.of("tools/call")
    assert first.request.headers["X-One"] == "2"
    assert first.request.headers["Mcp-Method"] == "tools/call"
    assert "X-One" not in second.request.headers
    assert {call.request.headers["X-All"] for call in wire.calls} == {"1"}


async def test_ping_asks_for_the_servers_account() -> None:
    async with running(modern()) as wire, Client(wire.url) as client:
        await client.ping()
    assert len(wire.of("server/discover")) == 2


def granted(call: Call) -> dict[str, object]:
    return notification(
        "notifications/subscriptions/acknowledged",
        notifications=call.params["notifications"],
        _meta={"io.modelcontextprotocol/subscriptionId": call.id},
    )


CHANGED = notification("notifications/tools/list_changed")


async def test_a_subscription_tells_changes_until_the_server_ends_it() -> None:
    async def listen(call: Call) -> WireReply:
        stream = await call.stream()
        for message in (granted(call), CHANGED, CHANGED, call.result()):
            await stream.write(event(message))
        return stream

    async with (
        running(modern(subscriptions_listen=listen)) as wire,
        Client(wire.url) as client,
        client.subscribe(tools_changed=True, resources=["a://b"]) as changes,
    ):
        async with asyncio.timeout(LIMIT):
            methods = [change.method async for change in changes]
    assert methods == ["notifications/tools/list_changed"] * 2
    (call,) = wire.of("subscriptions/listen")
    assert call.params["notifications"] == {
        "toolsListChanged": True,
        "resourceSubscriptions": ["a://b"],
    }
    assert call.request.headers["Mcp-Method"] == "subscriptions/listen"


async def test_a_subscription_that_breaks_is_opened_anew() -> None:
    async def listen(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event(granted(call)))
        await stream.write(event(CHANGED))
        if len(call.server.of("subscriptions/listen")) == 2:
            await stream.write(event(call.result()))
        return stream

    async with (
        running(modern(subscriptions_listen=listen)) as wire,
        Client(wire.url) as client,
        client.subscribe(tools_changed=True) as changes,
    ):
        async with asyncio.timeout(LIMIT):
            found = [change async for change in changes]
    # Between the two streams, the list may have changed without a word.
    assert [change.missed for change in found] == [False, True, False]
    assert {change.method for change in found} == {CHANGED["method"]}


async def test_what_a_server_does_not_report_is_said_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def listen(call: Call) -> WireReply:
        stream = await call.stream()
        message = granted(call)
        message["params"]["notifications"] = {}  # type: ignore[index]
        for each in (message, call.result()):
            await stream.write(event(each))
        return stream

    with caplog.at_level(logging.WARNING):
        async with (
            running(modern(subscriptions_listen=listen)) as wire,
            Client(wire.url) as client,
            client.subscribe(tools_changed=True) as changes,
        ):
            assert [change async for change in changes] == []
    assert "does not report toolsListChanged" in caplog.text


async def test_a_subscription_that_is_refused_raises_at_once() -> None:
    async with running(modern()) as wire, Client(wire.url) as client:
        with pytest.raises(ProtocolError, match="Method not found"):
            async with client.subscribe(tools_changed=True):
                pass


@requirement(
    "2025-11-25/client/cancellation-races", "2026-07-28/client/cancellation-races"
)
@pytest.mark.parametrize("make", [modern, legacy])
async def test_an_answer_with_another_id_is_not_taken(
    make: Callable[..., Wire],
) -> None:
    async def confused(call: Call) -> WireReply:
        stream = await call.stream()
        wrong = call.result(content=[]) | {"id": call.id + 1}
        await stream.write(event(wrong))
        right = [{"type": "text", "text": "right"}]
        await stream.write(event(call.result(content=right)))
        return stream

    async with running(make(tools_call=confused)) as wire, Client(wire.url) as client:
        result = await client.call_tool("a")
    assert [getattr(block, "text", None) for block in result.content] == ["right"]


@requirement("2026-07-28/client/json-and-streams")
async def test_texts_travel_unchanged() -> None:
    hostile = '\u2028"\\\x00é😀</script>'
    async with running(modern(tools_call=text)) as wire, Client(wire.url) as client:
        result = await client.call_tool("a", {"x": hostile})
    assert json.loads(result.content[0].text) == {"x": hostile}  # type: ignore[union-attr]
