"""What real servers send beside the protocol, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    Client,
    InvalidResultError,
    ProtocolError,
    ToolError,
    TransportError,
)
from mcpgen.runtime.client.calls import ToolCall
from mcpgen.runtime.core.model import Model

from .old_server import OldServer
from .wire import (
    EVERYTHING,
    Call,
    Handler,
    Wire,
    json_status,
    legacy,
    modern,
    running,
    serving,
    text,
)
from .wire import Reply as WireReply

OK = [{"type": "text", "text": "ok"}]


def sent(body: bytes | str, status: int = 200, kind: str = "application/json") -> Any:
    """A handler that sends bytes in which ID stands for the request's id."""
    raw = body.encode() if isinstance(body, str) else body

    async def answer(call: Call) -> WireReply:
        return web.Response(
            body=raw.replace(b"ID", str(call.id).encode()),
            status=status,
            headers={"Content-Type": kind},
        )

    return answer


def streamed(*chunks: bytes | str) -> Handler:
    """The same as a stream."""

    async def answer(call: Call) -> WireReply:
        stream = await call.stream()
        for chunk in chunks:
            raw = chunk.encode() if isinstance(chunk, str) else chunk
            await stream.write(raw.replace(b"ID", str(call.id).encode()))
        return stream

    return answer


RESULT = '{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"ok"}]}}'
DATA = f"data: {RESULT}\n\n"

ACCEPTED: dict[str, Handler] = {
    "id as text": sent(RESULT.replace("ID", '"ID"')),
    "id as float": sent(RESULT.replace("ID", "ID.0")),
    "id is null": sent(RESULT.replace("ID", "null")),
    "id is missing": sent(RESULT.replace('"id":ID,', "")),
    "id as text on a stream": streamed("data: ", RESULT.replace("ID", '"ID"'), "\n\n"),
    "error is null": sent(RESULT.replace('"result"', '"error":null,"result"')),
    "method is null": sent(RESULT.replace('"result"', '"method":null,"result"')),
    "jsonrpc is missing": sent(RESULT.replace('"jsonrpc":"2.0",', "")),
    "a byte order mark": sent(b"\xef\xbb\xbf" + RESULT.encode()),
    "a byte order mark in an event": streamed(b"data: \xef\xbb\xbf", RESULT, "\n\n"),
    "half a surrogate pair": sent(RESULT.replace('"ok"', r'"ok\ud83d"')),
    "the other half": sent(RESULT.replace('"ok"', r'"ok\uDE00\\ud83d"')),
    "a surrogate in bytes": sent(RESULT.encode().replace(b'"ok"', b'"ok\xed\xa0\xbd"')),
    "a heartbeat": streamed('data: {"type":"heartbeat"}\n\n', DATA),
    "a heartbeat of text": streamed("data: ping\n\n", DATA),
    "an empty object": streamed("data: {}\n\n", DATA),
    "a list": streamed("data: []\n\n", DATA),
    "an unknown event": streamed("event: ping\ndata: {\n\n", DATA),
    "a named event": streamed(f"event: response\n{DATA}"),
    "a batch with null": sent(f"[null,{RESULT}]"),
    "text/plain": sent(RESULT, kind="text/plain"),
    "no content type": sent(RESULT, kind="application/octet-stream"),
    "JSON of another kind": sent(RESULT, kind="application/json-rpc"),
    "content is null": sent(
        '{"jsonrpc":"2.0","id":ID,"result":{"content":null,"structuredContent":{"n":1}}}'
    ),
    "content is absent": sent(
        '{"jsonrpc":"2.0","id":ID,"result":{"structuredContent":{"n":1}}}'
    ),
    "members are null": sent(
        RESULT.replace(
            '"content"',
            '"_meta":null,"isError":null,"structuredContent":null,"resultType":null,"content"',
        )
    ),
}
SILENT = {"error is null", "method is null", "an unknown event"}
"""What is no deviation that somebody should hear of."""


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize("make", [modern, legacy])
async def test_what_has_one_meaning_is_accepted_with_one_warning(
    make: Callable[..., Wire], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        running(make(tools_call=ACCEPTED[name])) as wire,
        Client(wire.url, timeout=60) as client,
    ):
        for _ in range(2):
            result = await client.call_tool("a")
            assert result.content or result.structured_content == {"n": 1}
    warned = [each for each in caplog.records if wire.url in each.getMessage()]
    assert len(warned) == (name not in SILENT)


@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_null_result_is_an_empty_one(make: Callable[..., Wire]) -> None:
    null = sent('{"jsonrpc":"2.0","id":ID,"result":null}')
    wire = make(ping=null, logging_setLevel=null, tools_call=null)
    async with running(wire), Client(wire.url) as client:
        if client.era == "legacy":
            await client.ping()
        assert (await client.call_tool("a")).content == []


@pytest.mark.parametrize(
    "text_of, expected",
    [
        (r"a\ud83d", "a\ufffd"),
        (r"\ud83d\ude00\ude00", "\U0001f600\ufffd"),
        (r"\\ud83d\ud83d", "\\ud83d\ufffd"),
    ],
)
async def test_only_lone_surrogates_are_replaced(text_of: str, expected: str) -> None:
    handler = sent(RESULT.replace('"ok"', f'"{text_of}"'))
    async with running(modern(tools_call=handler)) as wire, Client(wire.url) as client:
        (block,) = (await client.call_tool("a")).content
    assert block.type == "text"
    assert block.text == expected


async def test_answers_on_a_shared_stream_may_deviate_too() -> None:
    old = OldServer()

    async def answer(call: Call) -> WireReply:
        return call.result(content=[]) | {"id": str(call.id)}

    old.wire.methods["tools/call"] = answer
    async with (
        serving(old.app()) as origin,
        Client(f"{origin}/sse", timeout=60) as client,
    ):
        await client.call_tool("a")


NUMBER = (
    '{"jsonrpc":"2.0","id":ID,"result":{"content":[],"structuredContent":{"n":%s}}}'
)


@pytest.mark.parametrize("number", ["1e400", "-1E+0400", "9" * 400 + ".5"])
@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_number_beyond_a_float_is_an_error(
    make: Callable[..., Wire], number: str
) -> None:
    body = NUMBER % number
    for handler in (sent(body), streamed(f"data: {body}\n\n")):
        async with running(make(tools_call=handler)) as wire, Client(wire.url) as c:
            with pytest.raises(TransportError, match="out of range") as caught:
                await c.call_tool("a")
        assert number.encode() in (caught.value.body or b"")
        assert caught.value.hint is None


@pytest.mark.parametrize("number", ["1e100", "9" * 400, '"3e400"', "1e-400"])
async def test_other_great_numbers_are_none(number: str) -> None:
    handler = sent(NUMBER % number)
    async with running(modern(tools_call=handler)) as wire, Client(wire.url) as client:
        result = await client.call_tool("a")
    assert result.structured_content == {"n": json.loads(number)}


ERRORS: dict[str, tuple[Handler, str]] = {
    "error is text": (
        sent('{"jsonrpc":"2.0","id":ID,"error":"database is locked"}'),
        "tools/call: database is locked (-32603)",
    ),
    "error is text with a status": (
        sent('{"jsonrpc":"2.0","id":ID,"error":"database is locked"}', 500),
        "tools/call: database is locked (-32603)",
    ),
    "only data": (
        sent('{"jsonrpc":"2.0","id":ID,"error":{"code":5,"data":"disk full"}}'),
        "tools/call: disk full (5)",
    ),
    "code is text": (
        sent('{"jsonrpc":"2.0","id":ID,"error":{"code":"-32000","message":"no"}}'),
        "tools/call: no (-32000)",
    ),
    "code is a word": (
        sent('{"jsonrpc":"2.0","id":ID,"error":{"code":"E_NO","message":"no"}}'),
        "tools/call: no (-32603)",
    ),
    "error is nested": (
        sent('{"jsonrpc":"2.0","id":ID,"error":{"error":{"message":"why"}}}'),
        "tools/call: why (-32603)",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("make", [modern, legacy])
async def test_the_words_of_an_error_are_reported(
    make: Callable[..., Wire], name: str
) -> None:
    handler, message = ERRORS[name]
    async with running(make(tools_call=handler)) as wire, Client(wire.url) as client:
        with pytest.raises(ProtocolError) as caught:
            await client.call_tool("a")
    assert str(caught.value) == message


REPORTS: dict[str, tuple[Handler, str]] = {
    "event: error with text": (
        streamed("event: error\ndata: quota exceeded\n\n"),
        "the server reports an error on the stream: quota exceeded",
    ),
    "event: error with an object": (
        streamed('event: error\ndata: {"error":{"message":"quota exceeded"}}\n\n'),
        "the server reports an error on the stream: quota exceeded",
    ),
    "an object without an id": (
        streamed('data: {"error":"quota exceeded"}\n\n'),
        'ended before its result; the server sent: {"error":"quota exceeded"}',
    ),
    "JSON of something else": (
        sent('{"error":"quota exceeded"}'),
        'not a JSON-RPC message: {"error":"quota exceeded"}',
    ),
    "plain text": (sent("quota exceeded", kind="text/plain"), "quota exceeded"),
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("make", [modern, legacy])
async def test_what_a_server_reports_in_another_way_is_repeated(
    make: Callable[..., Wire], name: str
) -> None:
    handler, message = REPORTS[name]
    async with running(make(tools_call=handler)) as wire, Client(wire.url) as client:
        with pytest.raises(TransportError) as caught:
            await client.call_tool("a")
    assert message in str(caught.value)
    # It has spoken MCP before.
    assert "Is that the URL" not in str(caught.value)
    assert "path right" not in str(caught.value)


async def test_an_error_event_with_a_message_is_that_message() -> None:
    body = '{"jsonrpc":"2.0","id":ID,"error":{"code":1,"message":"no"}}'
    handler = streamed(f"event: error\ndata: {body}\n\n")
    async with running(modern(tools_call=handler)) as wire, Client(wire.url) as client:
        with pytest.raises(ProtocolError, match=r"no \(1\)"):
            await client.call_tool("a")


async def test_the_url_is_doubted_only_before_the_server_has_spoken() -> None:
    async def missing(call: Call) -> WireReply:
        return web.Response(status=405)

    wire = Wire({"server/discover": missing, "initialize": missing})
    async with running(wire):
        with pytest.raises(TransportError, match="Is the path right"):
            await Client(wire.url).open()
    async with running(modern(tools_call=missing)) as wire, Client(wire.url) as client:
        with pytest.raises(TransportError) as caught:
            await client.call_tool("a")
    assert caught.value.hint is None


@pytest.mark.parametrize("make", [modern, legacy])
async def test_cursors_that_do_not_advance_list_nothing_twice(
    make: Callable[..., Wire], caplog: pytest.LogCaptureFixture
) -> None:
    async def tools(call: Call) -> WireReply:
        found = [{"name": name, "inputSchema": {"type": "object"}} for name in "ab"]
        return call.result(tools=found, nextCursor="same")

    async with running(make(tools_list=tools)) as wire, Client(wire.url) as client:
        assert [tool.name for tool in await client.list_tools()] == ["a", "b"]
    assert len(wire.of("tools/list")) == 2
    assert caplog.text.count("cursors do not advance") == 1


@pytest.mark.parametrize("cursor", [None, "", 1])
async def test_every_form_of_cursor_is_followed_to_the_end(cursor: Any) -> None:
    pages = iter([[{"name": "a"}], [{"name": "b"}]])

    async def prompts(call: Call) -> WireReply:
        page = next(pages)
        more = {"nextCursor": cursor} if page[0]["name"] == "a" else {}
        return call.result(prompts=page, **more)

    async with running(modern(prompts_list=prompts)) as wire, Client(wire.url) as c:
        names = [prompt.name for prompt in await c.list_prompts()]
    assert names == (["a"] if cursor is None else ["a", "b"])
    asked = [call.params.get("cursor") for call in wire.of("prompts/list")]
    assert asked == ([None] if cursor is None else [None, str(cursor)])


@pytest.mark.parametrize("listed", [None, {}, [], [None, 3]])
async def test_an_empty_list_in_another_form_is_empty(listed: Any) -> None:
    async def tools(call: Call) -> WireReply:
        return call.result(tools=listed)

    async with running(modern(tools_list=tools)) as wire, Client(wire.url) as client:
        assert await client.list_tools() == []


class Booking(Model):
    """What a booking gives."""

    id: int


BOOK = ToolCall(
    {
        "name": "book",
        "inputSchema": {"type": "object"},
        "outputSchema": {
            "type": "object",
            "properties": {"id": {"type": "integer"}},
            "required": ["id"],
        },
    },
    Booking,
)


async def booked(result: dict[str, Any], make: Callable[..., Wire] = modern) -> Booking:
    """A booking that a server answers with a result."""

    async def book(call: Call) -> WireReply:
        return call.result(**result)

    async with running(make(tools_call=book)) as wire, Client(wire.url) as client:
        return await client._call_tool(BOOK, {})


async def test_null_counts_as_absent_structured_content() -> None:
    content = [{"type": "text", "text": '{"id": 7}'}]
    result = {"content": content, "structuredContent": None}
    assert (await booked(result)).id == 7
    assert (await booked({**result, "isError": None}, legacy)).id == 7


@pytest.mark.parametrize(
    "result",
    [
        {"content": OK},
        {"content": [], "structuredContent": {"id": "seven"}},
        {"content": OK, "structuredContent": None},
        {"structuredContent": [7]},
    ],
)
async def test_a_result_that_breaks_its_schema_is_in_the_error(
    result: dict[str, Any],
) -> None:
    with pytest.raises(InvalidResultError) as caught:
        await booked(result)
    assert caught.value.result == result


@pytest.mark.parametrize(
    "result",
    [
        {"content": [*OK, {"type": "widget", "x": 1}]},
        {"content": "booked"},
        {"content": [*OK, None]},
        {"resultType": "booked", "content": []},
    ],
)
async def test_a_result_without_the_form_of_one_is_in_the_error(
    result: dict[str, Any],
) -> None:
    async def book(call: Call) -> WireReply:
        return call.result(**result)

    async with running(modern(tools_call=book)) as wire, Client(wire.url) as client:
        with pytest.raises(InvalidResultError) as caught:
            await client.call_tool("book")
    assert caught.value.result == result


@pytest.mark.parametrize("value", [["booked"], "booked", 7, True])
@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_result_that_is_no_object_is_in_the_error(
    make: Callable[..., Wire], value: Any
) -> None:
    async def book(call: Call) -> WireReply:
        return {"jsonrpc": "2.0", "id": call.id, "result": value}

    async with running(make(tools_call=book)) as wire, Client(wire.url) as client:
        with pytest.raises(InvalidResultError, match="must be an object") as caught:
            await client.call_tool("book")
    assert caught.value.result == value


@pytest.mark.parametrize(
    "method, call_it",
    [
        ("resources/read", lambda client: client.read_resource("a:b")),
        ("prompts/get", lambda client: client.get_prompt("a")),
        ("completion/complete", lambda client: client.complete_prompt("a", "b")),
        ("tools/list", lambda client: client.list_tools()),
    ],
)
async def test_every_result_that_can_not_be_read_is_in_the_error(
    method: str, call_it: Callable[[Client], Any]
) -> None:
    async def strange(call: Call) -> WireReply:
        return call.result(strange=1)

    wire = modern()
    wire.methods[method] = strange
    async with running(wire), Client(wire.url) as client:
        with pytest.raises(InvalidResultError) as caught:
            await call_it(client)
    assert caught.value.result == {"strange": 1}


@pytest.mark.parametrize(
    "content", ["no rooms", [{"type": "text", "text": "no rooms"}]]
)
async def test_a_failed_tool_keeps_its_words(content: Any) -> None:
    with pytest.raises(ToolError, match="no rooms") as caught:
        await booked({"content": content, "isError": True})
    assert caught.value.result["content"] == content
    if isinstance(content, str):
        with pytest.raises(InvalidResultError) as broken:
            _ = caught.value.content
        assert broken.value.result["content"] == content


def refusing(*methods: str) -> Wire:
    """A server that declares everything, and refuses some methods."""

    async def refuse(call: Call) -> WireReply:
        return json_status(400, call.error(-32601, "Method not found"))

    wire = legacy(capabilities=EVERYTHING, tools_call=text)
    wire.methods.update(dict.fromkeys(methods, refuse))
    return wire


@pytest.mark.parametrize("method", ["logging/setLevel", "notifications/initialized"])
async def test_optional_steps_of_the_handshake_may_fail(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        running(refusing(method)) as wire,
        Client(wire.url, on_log=lambda message: None) as client,
    ):
        await client.call_tool("a")
    assert len(wire.of(method)) == 1
    assert f"{method} failed; going on without it" in caplog.text


async def test_a_log_level_that_the_user_asks_for_may_not_fail_silently() -> None:
    async with (
        running(refusing("logging/setLevel")) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(ProtocolError, match="Method not found"):
            await client.set_logging_level("info")


async def test_a_live_schema_that_cannot_be_used_loses_no_result(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = {"type": "object", "properties": {"id": {"$ref": "#/$defs/Gone"}}}

    async def tools(call: Call) -> WireReply:
        schema = {"inputSchema": {"type": "object"}, "outputSchema": broken}
        return call.result(tools=[{"name": "book", **schema}])

    async def book(call: Call) -> WireReply:
        return call.result(content=OK, structuredContent={"id": 7})

    wire = modern(tools_list=tools, tools_call=book)
    async with running(wire), Client(wire.url) as client:
        await client.list_tools()
        for _ in range(2):
            found = await client.call_tool("book")
            assert found.structured_content == {"id": 7}

    assert caplog.text.count("an `outputSchema` that can't be used is ignored") == 1
