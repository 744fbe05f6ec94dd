"""What clients answer, and what callers learn where nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    Client,
    MissingHandlerError,
    ProtocolError,
    ToolError,
)
from mcpgen.runtime.client.calls import plain
from mcpgen.runtime.server import create_app
from tests.requirements import requirement

from ..server.workshop import Workshop
from .old_server import OldServer
from .wire import (
    EVERYTHING,
    LIMIT,
    Call,
    Wire,
    discover,
    event,
    legacy,
    modern,
    running,
    serving,
    text,
)
from .wire import Reply as WireReply

FORM = {"message": "Hm?", "requestedSchema": {"type": "object", "properties": {}}}
ASK = {"method": "elicitation/create", "params": FORM}


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.parametrize(
    "tool, option",
    [("asking", "elicitation"), ("sampling", "sampling"), ("roots", "roots")],
)
async def test_a_question_of_our_own_server_without_a_handler(
    era: str, tool: str, option: str
) -> None:
    service = Workshop()
    async with Client.in_memory(create_app(service), era=era, timeout=LIMIT) as client:
        with pytest.raises(MissingHandlerError, match=f"pass `{option}`") as caught:
            await client.call_tool(tool, {})
    assert isinstance(caught.value.__cause__, ProtocolError)


def asking(end: Callable[[Call], Any]) -> Wire:
    """A legacy server whose tool asks, although it may not, and then ends somehow."""

    async def ask(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event({"jsonrpc": "2.0", "id": "q1", **ASK}))
        await call.server.until(lambda: call.server.calls[-1].id == "q1")
        await stream.write(event(end(call)))
        return stream

    return legacy(tools_call=ask)


async def test_a_tool_that_fails_for_want_of_an_answer_names_the_handler() -> None:
    failed = {"isError": True, "content": [{"type": "text", "text": "no answer"}]}
    async with (
        running(asking(lambda call: call.result(**failed))) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(MissingHandlerError, match="pass `elicitation`") as caught:
            await client.call_tool("a")
    assert caught.value.result == failed
    assert isinstance(caught.value.__cause__, ToolError)


async def test_a_refusal_for_want_of_an_answer_names_the_handler() -> None:
    async with (
        running(asking(lambda call: call.error(-32603, "no answer"))) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(MissingHandlerError, match="pass `elicitation`") as caught:
            await client.call_tool("a")
    assert "no answer" in str(caught.value.__cause__)


async def test_a_tool_that_manages_without_an_answer_has_its_result() -> None:
    async with (
        running(asking(lambda call: call.result(content=[]))) as wire,
        Client(wire.url) as client,
    ):
        assert (await client.call_tool("a")).content == []


@pytest.mark.parametrize(
    "code, message",
    [
        (-32600, "Client does not support sampling"),
        (-32603, "The client doesn't support form elicitation."),
    ],
)
@pytest.mark.parametrize("make", [modern, legacy])
async def test_other_servers_say_it_in_words(
    make: Callable[..., Wire], code: int, message: str
) -> None:
    async def refuse(call: Call) -> WireReply:
        return call.error(code, message)

    async with running(make(tools_call=refuse)) as wire:
        async with Client(wire.url) as client:
            with pytest.raises(MissingHandlerError):
                await client.call_tool("a")
        async with Client(
            wire.url, elicitation=lambda q: {}, sampling=lambda p: ""
        ) as client:
            with pytest.raises(ProtocolError):
                await client.call_tool("a")


@requirement("2025-11-25/client/roots-changes")
async def test_a_change_of_roots_is_announced() -> None:
    async with (
        running(legacy()) as wire,
        Client(wire.url, roots=["file:///a"]) as client,
    ):
        await client.roots_changed()
        (call,) = wire.of("notifications/roots/list_changed")
        assert "id" not in call.message
        assert call.request.headers["Mcp-Session-Id"] == "session-1"
    declared = wire.of("initialize")[0].params["capabilities"]
    assert declared == {"roots": {"listChanged": True}}
    async with (
        running(modern()) as wire,
        Client(wire.url, roots=["file:///a"]) as client,
    ):
        await client.roots_changed()
    assert len(wire.calls) == 1
    assert wire.calls[0].meta["io.modelcontextprotocol/clientCapabilities"] == {
        "roots": {}
    }


async def test_a_change_of_roots_that_a_client_does_not_have_is_refused() -> None:
    async with running(legacy()) as wire, Client(wire.url) as client:
        with pytest.raises(MissingHandlerError, match="pass `roots`"):
            await client.roots_changed()
    assert wire.of("notifications/roots/list_changed") == []


def said(role: str, *content: Any) -> dict[str, Any]:
    return {"role": role, "content": list(content)}


USE = {"type": "tool_use", "id": "u1", "name": "a", "input": {}}
RESULT = {"type": "tool_result", "toolUseId": "u1", "content": []}
TEXT = {"type": "text", "text": "hm"}


@requirement(
    "2025-11-25/client/sampling-tool-results",
    "2026-07-28/client/sampling-tool-results",
)
@pytest.mark.parametrize("make", [modern, legacy])
@pytest.mark.parametrize(
    "messages, problem",
    [
        ([said("assistant", USE)], "Tool result missing in request"),
        ([said("assistant", USE), said("user", TEXT)], "Tool result missing"),
        ([said("assistant", USE), said("user", RESULT, TEXT)], "mixed"),
        (
            [said("assistant", USE, {**USE, "id": "u2"}), said("user", RESULT)],
            "Tool result missing",
        ),
        ([{"role": "assistant", "content": USE}], "Tool result missing"),
        ([said("assistant", USE), said("user", RESULT), said("user", TEXT)], None),
        ([{"role": "user", "content": TEXT}], None),
    ],
)
async def test_tool_calls_in_a_sampling_request_are_answered(
    make: Callable[..., Wire], messages: list[Any], problem: str | None
) -> None:
    answers: list[dict[str, Any]] = []
    asked: list[object] = []
    params = {"messages": messages, "maxTokens": 9}
    question = {"method": "sampling/createMessage", "params": params}

    def model(params: object) -> str:
        asked.append(params)
        return "hi"

    async def ask(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event({"jsonrpc": "2.0", "id": "q1", **question}))
        await call.server.until(lambda: call.server.calls[-1].id == "q1")
        answers.append(call.server.calls[-1].message)
        await stream.write(event(await text(call)))
        return stream

    async def embed(call: Call) -> WireReply:
        if "inputResponses" in call.params:
            return await text(call)
        return call.result(resultType="input_required", inputRequests={"q1": question})

    refusing = make is modern and problem is not None
    async with (
        running(make(tools_call=ask if make is legacy else embed)) as wire,
        Client(wire.url, sampling=model) as client,
    ):
        with pytest.raises(ProtocolError, match=problem) if refusing else nullcontext():
            await client.call_tool("a")
    assert bool(asked) == (problem is None)
    if make is modern:
        assert len(wire.of("tools/call")) == (2 if problem is None else 1)
    elif problem is None:
        assert "result" in answers[0]
    else:
        assert answers[0]["error"]["code"] == -32602
        assert problem in answers[0]["error"]["message"]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "'field'"),
        ({"type": "array", "items": {"type": "string"}}, "'field'"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "'field'"),
        (7, "'field'"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ({"type": "array", "items": {"type": "string", "enum": ["a"]}}, None),
        ({"type": "string", "enum": ["a"], "enumNames": ["A"]}, None),
        ({"oneOf": [{"const": "a", "title": "A"}]}, None),
        ({"type": "array", "items": {"anyOf": [{"const": "a", "title": "A"}]}}, None),
        ({"type": ["integer", "null"]}, None),
        ({"enum": [1, 2]}, "'field'"),
        ({"enum": ["a", None]}, None),
        ({"type": "string", "$ref": "#/$defs/a"}, "'field' refers to '#/$defs/a', whi"),
        ({"type": "string", "$ref": "#/properties/field"}, "'field' refers to itself"),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, "'field'"),
    ],
    ids=str,
)
async def test_a_form_that_cannot_be_shown_is_refused(
    field: Any, problem: str | None
) -> None:
    schema = {"type": "object", "properties": {"field": field}}
    await asked_for(schema, problem)


@pytest.mark.parametrize("schema", [{"type": "array"}, {"properties": [1]}], ids=str)
async def test_a_form_that_is_no_object_is_refused(schema: Any) -> None:
    await asked_for(schema, "the form must be an object schema")


async def asked_for(schema: Any, problem: str | None) -> None:
    """Has a server ask for a form; the client's answer, or its error, is right."""
    answers: list[dict[str, Any]] = []

    async def ask(call: Call) -> WireReply:
        stream = await call.stream()
        params = {"message": "Which?", "requestedSchema": schema}
        question = {"method": "elicitation/create", "params": params}
        await stream.write(event({"jsonrpc": "2.0", "id": "q1", **question}))
        await call.server.until(lambda: call.server.calls[-1].id == "q1")
        answers.append(call.server.calls[-1].message)
        await stream.write(event(await text(call)))
        return stream

    async with (
        running(legacy(tools_call=ask)) as wire,
        Client(wire.url, elicitation=lambda question: {}) as client,
    ):
        await client.call_tool("a")
    if problem is None:
        assert answers[0]["result"] == {"action": "accept", "content": {}}
    else:
        assert answers[0]["error"]["code"] == -32602
        assert problem in answers[0]["error"]["message"]


async def test_a_ping_during_the_handshake_and_on_the_old_transport_is_answered() -> (
    None
):
    ping = event({"jsonrpc": "2.0", "id": "p1", "method": "ping"})
    wire = legacy()
    introduce = wire.methods["initialize"]

    async def initialize(call: Call) -> WireReply:
        reply = await introduce(call)
        assert isinstance(reply, web.Response)
        assert isinstance(reply.body, bytes)
        stream = await call.stream(("Mcp-Session-Id", "session-1"))
        await stream.write(ping)
        await wire.until(lambda: wire.calls[-1].id == "p1")
        await stream.write(event(reply.body.decode()))
        return stream

    wire.methods["initialize"] = initialize
    async with running(wire), Client(wire.url):
        pass
    (answer,) = [call for call in wire.calls if call.id == "p1"]
    assert answer.message["result"] == {}
    assert answer.request.headers["Mcp-Session-Id"] == "session-1"

    old = OldServer()
    async with (
        serving(old.app()) as origin,
        Client(f"{origin}/sse", timeout=LIMIT),
    ):
        await old.streams[-1].write(ping)
        await old.wire.until(lambda: old.wire.calls[-1].id == "p1")
    assert old.wire.calls[-1].message["result"] == {}


async def test_the_introduction_can_still_be_read_by_keys() -> None:
    """As before it was typed, for one minor version."""

    def read(info: Any, capabilities: Any) -> None:
        assert info["name"] == "wire"
        assert info.get("title", "none") == "none"
        assert {**info} == {"name": "wire", "version": "1"}
        assert dict(capabilities.items()) == EVERYTHING
        assert capabilities["resources"]["subscribe"] is True
        assert "tools" in capabilities
        assert "tasks" not in capabilities
        with pytest.raises(KeyError):
            capabilities["tasks"]

    async with running(modern()) as wire, Client(wire.url) as client:
        with pytest.warns(DeprecationWarning, match="use its attributes") as warned:
            read(client.server_info, client.capabilities)
    assert {warning.filename for warning in warned} == {__file__}


async def test_an_introduction_is_typed_without_what_is_malformed() -> None:
    async def strange(call: Call) -> WireReply:
        reply = await discover(call)
        reply["result"]["capabilities"] = {"tools": {"listChanged": True}, "logging": 3}
        info = {"name": "x", "version": 3, "title": "X", "icons": "none", "extra": 1}
        reply["result"]["_meta"]["io.modelcontextprotocol/serverInfo"] = info
        return reply

    wire = modern()
    wire.methods["server/discover"] = strange
    async with running(wire), Client(wire.url) as client:
        assert plain(client.server_info) == {
            "name": "x",
            "version": "",
            "title": "X",
            "extra": 1,
        }
        assert client.capabilities.tools is not None
        assert client.capabilities.tools.list_changed is True
        assert client.capabilities.logging is None
