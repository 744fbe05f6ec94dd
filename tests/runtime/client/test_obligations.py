"""Obligations of the specification that no other test of the client is about."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    Client,
    ClientError,
    Elicitation,
    InvalidArgumentsError,
    ProtocolError,
    Reply,
)
from tests.requirements import requirement

from .wire import (
    LIMIT,
    Call,
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

PREFIX = "io.modelcontextprotocol/"
CAPABILITIES = PREFIX + "clientCapabilities"
KEY = re.compile(
    r"([a-z]([a-z0-9-]*[a-z0-9])?(\.[a-z]([a-z0-9-]*[a-z0-9])?)*/)?"
    r"([a-z0-9]([a-z0-9._-]*[a-z0-9])?)?",
    re.IGNORECASE,
)
Make: TypeAlias = Callable[..., Wire]
OLD = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
REVISIONS = ["2026-07-28", *OLD]
EVERY_REVISION: list[Make] = [modern, *(partial(legacy, version) for version in OLD)]


@pytest.fixture(params=[modern, legacy])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes servers of either era."""
    made: Make = request.param
    return made


def first(wire: Wire) -> Call:
    """The first call of a tool."""
    return wire.of("tools/call")[0]


# --- messages ----------------------------------------------------------------------


@requirement(
    "2024-11-05/client/json-rpc",
    "2025-11-25/client/accept",
    "2025-11-25/client/json-rpc",
    "2025-11-25/client/notifications-without-id",
    "2025-11-25/client/post",
    "2025-11-25/client/request-ids",
    "2026-07-28/client/json-rpc",
    "2026-07-28/client/notifications-without-id",
    "2026-07-28/client/post",
    "2026-07-28/client/request-ids",
)
@pytest.mark.parametrize("make", EVERY_REVISION, ids=REVISIONS)
async def test_every_message_is_json_rpc_with_an_id_of_its_own(make: Make) -> None:
    async def tools(call: Call) -> WireReply:
        return call.result(tools=[])

    async with (
        running(make(tools_call=text, tools_list=tools)) as wire,
        Client(wire.url) as client,
    ):
        await client.list_tools()
        await asyncio.gather(*(client.call_tool("a", {"n": n}) for n in range(5)))

    ids = [call.id for call in wire.calls if "id" in call.message]
    assert all(type(one) in (int, str) for one in ids)
    assert len(set(ids)) == len(ids) >= 7
    for call in wire.calls:
        assert call.message["jsonrpc"] == "2.0"
        assert isinstance(call.message["method"], str)
        assert call.message["method"].startswith("notifications/") == (
            "id" not in call.message
        )
        assert call.request.method == "POST"
        accepted = call.request.headers["Accept"]
        assert "application/json" in accepted
        assert "text/event-stream" in accepted
        assert call.request.headers["Content-Type"] == "application/json"


@requirement(
    "2025-11-25/client/notifications-unanswered",
    "2026-07-28/client/notifications-unanswered",
)
async def test_notifications_get_no_answer(make: Make) -> None:
    async def chatty(call: Call) -> WireReply:
        stream = await call.stream()
        for method in ("notifications/message", "notifications/strange", "strange"):
            await stream.write(event(notification(method, level="info", data=1)))
        await stream.write(event(await text(call)))
        return stream

    async with (
        running(make(tools_call=chatty)) as wire,
        Client(wire.url) as client,
    ):
        await client.call_tool("a")
        await client.call_tool("b")

    assert all("method" in call.message for call in wire.calls)


@requirement(
    "2025-11-25/client/utf-8",
    "2026-07-28/client/utf-8",
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_texts_of_every_language_travel_as_utf_8(
    make: Make, streamed: bool
) -> None:
    words = "Île ☃ 世界 \U0001f600 \u2028"

    async def repeat(call: Call) -> WireReply:
        said = {"type": "text", "text": call.params["arguments"]["words"]}
        body = json.dumps(call.result(content=[said]), ensure_ascii=False)
        if not streamed:
            return web.Response(
                body=body.encode("utf-8"), content_type="application/json"
            )
        stream = await call.stream()
        await stream.write(event(body))
        return stream

    async with running(make(tools_call=repeat)) as wire, Client(wire.url) as client:
        result = await client.call_tool("repeat", {"words": words})

    assert getattr(result.content[0], "text", None) == words
    sent = (await first(wire).request.read()).decode("utf-8")
    assert json.loads(sent)["params"]["arguments"] == {"words": words}


@requirement("2025-11-25/client/meta-reserved", "2026-07-28/client/meta-reserved")
async def test_unknown_metadata_of_a_server_changes_nothing(make: Make) -> None:
    async def answer(call: Call) -> WireReply:
        meta = {PREFIX + "novelty": [1], "mcp.example/x": None, "": "empty"}
        result: Any = await text(call)
        result["result"]["_meta"] = meta
        return json_status(200, result)

    async with (
        running(make(tools_call=answer)) as wire,
        Client(wire.url) as client,
    ):
        assert (await client.call_tool("a", {})).content


@requirement("2025-11-25/client/meta-keys", "2026-07-28/client/meta-keys")
async def test_the_clients_own_metadata_keys_are_well_formed(make: Make) -> None:
    async with (
        running(make(tools_call=text)) as wire,
        Client(wire.url, log_level="debug", progress=print) as client,
    ):
        await client.call_tool("a")

    keys = set(first(wire).meta)
    assert "progressToken" in keys
    assert all(KEY.fullmatch(key) for key in keys)


@requirement("2026-07-28/client/error-codes")
async def test_codes_of_the_old_range_are_errors_like_any_other() -> None:
    async def fail(call: Call) -> WireReply:
        return call.error(int(call.params["arguments"]["code"]), "Something")

    async with running(modern(tools_call=fail)) as wire, Client(wire.url) as client:
        for code in (-32000, -32001, -32003, -32010, -32019):
            with pytest.raises(ProtocolError) as raised:
                await client.call_tool("a", {"code": code})
            assert raised.value.code == code

    assert len(wire.of("tools/call")) == 5
    assert len(wire.of("server/discover")) == 1


@requirement("2026-07-28/client/header-names")
async def test_headers_of_answers_are_known_in_any_case() -> None:
    async def initialize(call: Call) -> WireReply:
        result = call.result(
            protocolVersion="2025-11-25", capabilities={}, serverInfo={}
        )
        reply = web.json_response(result)
        reply.headers["mcp-sESSION-id"] = "s-7"
        return reply

    wire = legacy(tools_call=text)
    wire.methods["initialize"] = initialize
    async with running(wire), Client(wire.url) as client:
        await client.call_tool("a")

    assert first(wire).request.headers["Mcp-Session-Id"] == "s-7"


@requirement("2026-07-28/client/extensions-fall-back")
async def test_unknown_extensions_of_a_server_change_nothing() -> None:
    async def extended(call: Call) -> WireReply:
        answer: Any = await discover(call)
        answer["result"]["capabilities"]["extensions"] = {"com.example/x": {"y": 1}}
        return json_status(200, answer)

    wire = modern(tools_call=text)
    wire.methods["server/discover"] = extended
    async with running(wire), Client(wire.url) as client:
        assert (await client.call_tool("a", {})).content


@requirement("2025-11-25/client/session-id-secret")
async def test_a_sessions_id_goes_to_its_server_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(call: Call) -> WireReply:
        return json_status(500, "down")

    caplog.set_level(logging.DEBUG)
    async with running(legacy(session="s3cret-session", tools_call=broken)) as wire:
        client = Client(wire.url)
        async with client:
            with pytest.raises(ClientError) as raised:
                await client.call_tool("a")

    assert first(wire).request.headers["Mcp-Session-Id"] == "s3cret-session"
    for said in (caplog.text, str(raised.value), repr(raised.value), repr(client)):
        assert "s3cret" not in said


# --- running calls -------------------------------------------------------------------


@requirement("2025-11-25/client/progress-token", "2026-07-28/client/progress-token")
async def test_calls_that_run_together_have_progress_tokens_of_their_own(
    make: Make,
) -> None:
    together = asyncio.Barrier(8)

    async def meet(call: Call) -> WireReply:
        await asyncio.wait_for(together.wait(), LIMIT)
        return await text(call)

    async with (
        running(make(tools_call=meet)) as wire,
        Client(wire.url, progress=print) as client,
    ):
        await asyncio.gather(*(client.call_tool("a") for _ in range(8)))

    tokens = [call.meta["progressToken"] for call in wire.of("tools/call")]
    assert all(type(token) in (int, str) for token in tokens)
    assert len(set(tokens)) == 8


@requirement("2025-11-25/client/cancels-its-own")
async def test_giving_up_on_a_handshake_cancels_nothing() -> None:
    begun = asyncio.Event()

    async def never(call: Call) -> WireReply:
        begun.set()
        await asyncio.sleep(LIMIT)
        raise AssertionError

    wire = legacy()
    wire.methods["initialize"] = never
    async with running(wire), asyncio.timeout(LIMIT):
        opening = asyncio.create_task(Client(wire.url).open())
        await begun.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening

    assert wire.of("notifications/cancelled") == []


@requirement("2025-11-25/client/cancellation-races")
async def test_a_cancellation_from_the_server_does_no_harm(make: Make) -> None:
    async def confused(call: Call) -> WireReply:
        stream = await call.stream()
        for request_id in (call.id, 99, "q1", None):
            cancelled = notification("notifications/cancelled", requestId=request_id)
            await stream.write(event(cancelled))
        await stream.write(event(await text(call)))
        return stream

    async with (
        running(make(tools_call=confused)) as wire,
        Client(wire.url) as client,
    ):
        assert (await client.call_tool("a", {})).content


@requirement("2026-07-28/client/input-own-request")
async def test_state_and_answers_go_with_their_own_request() -> None:
    asked = asyncio.Event()
    done = asyncio.Event()

    async def work(call: Call) -> WireReply:
        if call.params["name"] == "other":
            return await text(call)
        if "requestState" in call.params:
            return await text(call)
        asked.set()
        return call.result(
            resultType="input_required",
            requestState="mine",
            inputRequests={"where": {"method": "roots/list"}},
        )

    async def roots() -> list[str]:
        await asyncio.wait_for(done.wait(), LIMIT)
        return ["file:///home"]

    async with (
        running(modern(tools_call=work)) as wire,
        Client(wire.url, roots=roots) as client,
    ):
        asking = asyncio.create_task(client.call_tool("asking"))
        await asyncio.wait_for(asked.wait(), LIMIT)
        await client.call_tool("other")
        await client.call_tool("other", {"x": 1})
        done.set()
        await asking

    for call in wire.of("tools/call"):
        if call.params["name"] == "other":
            assert not call.params.keys() & {"requestState", "inputResponses"}
    assert wire.calls[-1].params["requestState"] == "mine"


# --- lists ---------------------------------------------------------------------------


@requirement(
    "2025-11-25/client/cursors-opaque",
    "2025-11-25/client/page-size",
    "2026-07-28/client/cursors-opaque",
    "2026-07-28/client/page-size",
)
async def test_cursors_are_sent_back_as_they_came(make: Make) -> None:
    sizes = [2, 0, 1, 3, 1]
    cursors = ["", " a/é=%00&b ", '\u2028\\"', "0"]

    async def prompts(call: Call) -> WireReply:
        given = call.params.get("cursor")
        page = 0 if given is None else cursors.index(given) + 1
        more = {"nextCursor": cursors[page]} if page < len(cursors) else {}
        listed = [{"name": f"p{page}.{number}"} for number in range(sizes[page])]
        return call.result(prompts=listed, **more)

    wire = (
        modern(prompts_list=prompts)
        if make is modern
        else legacy(capabilities={"prompts": {}}, prompts_list=prompts)
    )
    async with running(wire), Client(wire.url) as client:
        listed = await client.list_prompts()

    expected = [f"p{p}.{n}" for p, size in enumerate(sizes) for n in range(size)]
    assert [prompt.name for prompt in listed] == expected
    sent = [call.params.get("cursor") for call in wire.of("prompts/list")]
    assert sent == [None, *cursors]


@requirement("2026-07-28/client/caching")
async def test_the_client_keeps_no_answers() -> None:
    async def tools(call: Call) -> WireReply:
        named = {"name": f"t{len(call.server.of('tools/list'))}"}
        tool = {**named, "inputSchema": {"type": "object"}}
        return call.result(tools=[tool], ttlMs=3_600_000, cacheScope="public")

    async def read(call: Call) -> WireReply:
        text = f"r{len(call.server.of('resources/read'))}"
        contents = [{"uri": "a://b", "text": text}]
        return call.result(contents=contents, ttlMs=3_600_000, cacheScope="public")

    wire = modern(tools_list=tools, resources_read=read)
    async with running(wire), Client(wire.url) as client:
        before, after = await client.list_tools(), await client.list_tools()
        pages = [await client.read_resource("a://b") for _ in range(2)]

    assert [tool.name for tool in (*before, *after)] == ["t1", "t2"]
    assert [getattr(page.contents[0], "text", None) for page in pages] == ["r1", "r2"]


@requirement(
    "2025-11-25/client/annotations-untrusted", "2026-07-28/client/annotations-untrusted"
)
async def test_annotations_decide_nothing(make: Make) -> None:
    async def tools(call: Call) -> WireReply:
        hints = {"readOnlyHint": True, "idempotentHint": True}
        tool = {"name": "a", "inputSchema": {"type": "object"}, "annotations": hints}
        return call.result(tools=[tool])

    async def lost(call: Call) -> WireReply:
        assert call.request.transport is not None
        call.request.transport.close()
        return call.result(content=[])

    async with (
        running(make(tools_list=tools, tools_call=lost)) as wire,
        Client(wire.url) as client,
    ):
        await client.list_tools()
        with pytest.raises(ClientError):
            await client.call_tool("a")

    assert len(wire.of("tools/call")) == 1


# --- questions -------------------------------------------------------------------------


async def answered(make: Make, question: dict[str, Any], **options: Any) -> Any:
    """What a server hears that puts one question: a result, or an error."""
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def put(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event({"jsonrpc": "2.0", "id": "q1", **question}))
        await call.server.until(lambda: call.server.calls[-1].id == "q1")
        answer = call.server.calls[-1].message
        heard.put_nowait(answer.get("result", answer.get("error")))
        await stream.write(event(await text(call)))
        return stream

    async def embed(call: Call) -> WireReply:
        answers = call.params.get("inputResponses")
        if answers is not None:
            heard.put_nowait(answers["q1"])
            return await text(call)
        return call.result(resultType="input_required", inputRequests={"q1": question})

    wire = legacy(tools_call=put) if make is legacy else modern(tools_call=embed)
    async with running(wire), Client(wire.url, **options) as client:
        await client.call_tool("a")
    answer = heard.get_nowait()
    paths = {request.path for request in wire.requests}
    assert paths == {"/mcp"}
    return answer


def elicit(**params: Any) -> dict[str, Any]:
    return {"method": "elicitation/create", "params": {"message": "Hm?", **params}}


@requirement("2026-07-28/client/elicitation-no-mode")
async def test_a_question_without_a_mode_is_a_form(make: Make) -> None:
    asked: list[Elicitation] = []

    def fill_in(question: Elicitation) -> dict[str, str]:
        asked.append(question)
        return {"a": "b"}

    form = {"type": "object", "properties": {"a": {"type": "string"}}}
    answer = await answered(make, elicit(requestedSchema=form), elicitation=fill_in)

    assert answer == {"action": "accept", "content": {"a": "b"}}
    assert [question.mode for question in asked] == ["form"]


@requirement(
    "2025-11-25/client/elicitation-no-prefetch",
    "2026-07-28/client/elicitation-no-prefetch",
)
async def test_a_page_is_never_fetched(make: Make) -> None:
    visited: list[str] = []

    async def page(request: web.Request) -> web.Response:
        visited.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", page)
    from .wire import serving

    async with serving(app) as origin:
        answer = await answered(
            make,
            elicit(mode="url", url=f"{origin}/pay", elicitationId="7"),
            elicitation=lambda question: Reply.ACCEPT,
        )

    assert answer == {"action": "accept"}
    assert visited == []


@requirement("2025-11-25/client/elicitation-errors", "2025-11-25/client/roots-security")
@pytest.mark.parametrize(
    ("question", "options", "code"),
    [
        (elicit(mode="voice"), {"elicitation": lambda q: {"a": "b"}}, -32602),
        (elicit(mode=7), {"elicitation": lambda q: {"a": "b"}}, -32602),
        (elicit(mode="url"), {"elicitation": lambda q: Reply.ACCEPT}, -32602),
        (elicit(requestedSchema={"type": "object"}), {}, -32601),
        ({"method": "sampling/createMessage", "params": {}}, {}, -32601),
        ({"method": "roots/list"}, {}, -32601),
    ],
)
async def test_a_question_that_can_not_be_shown_gets_a_standard_error(
    question: dict[str, Any], options: dict[str, Any], code: int
) -> None:
    error = await answered(legacy, question, **options)

    assert error["code"] == code
    assert isinstance(error["message"], str)


@requirement("2025-11-25/client/elicitation-complete")
async def test_an_unknown_page_that_is_done_is_ignored() -> None:
    async def done(call: Call) -> WireReply:
        stream = await call.stream()
        method = "notifications/elicitation/complete"
        for params in ({"elicitationId": "unknown"}, {"elicitationId": 7}, {}):
            await stream.write(event(notification(method, **params)))
        await stream.write(event(await text(call)))
        return stream

    async with running(legacy(tools_call=done)) as wire, Client(wire.url) as client:
        assert (await client.call_tool("a", {})).content


@requirement(
    "2025-11-25/client/roots-capability",
    "2025-11-25/client/sampling-capability",
    "2025-11-25/client/sampling-tools",
    "2026-07-28/client/elicitation-capability",
    "2026-07-28/client/sampling-capability",
    "2026-07-28/client/sampling-tools",
)
async def test_what_the_client_can_do_is_declared(make: Make) -> None:
    async with running(make(tools_call=text)) as wire:
        async with Client(wire.url) as client:
            await client.call_tool("a")
        async with Client(
            wire.url,
            elicitation=lambda question: Reply.CANCEL,
            sampling=lambda params: "hi",
            roots=["file:///home"],
            capabilities={"sampling": {"tools": {}}},
        ) as client:
            await client.call_tool("b")

    if make is modern:
        declared = [call.meta[CAPABILITIES] for call in wire.of("tools/call")]
    else:
        declared = [call.params["capabilities"] for call in wire.of("initialize")]
    assert declared == [
        {},
        {
            "elicitation": {"form": {}, "url": {}},
            "sampling": {"tools": {}},
            "roots": {} if make is modern else {"listChanged": True},
        },
    ]


@requirement(
    "2025-11-25/client/roots-security",
    "2025-11-25/client/roots-uris",
    "2026-07-28/client/roots-security",
    "2026-07-28/client/roots-uris",
)
@pytest.mark.parametrize(
    "root",
    [
        "https://example.com/",
        "/home",
        "file:relative",
        "",
        "file:///home/me/../you",
        "file:///home/%2e%2E/etc",
        "file:///home/a%2f..%2fb",
        "file:///home/..",
        "file:///home/a%5C..%5Cb",
    ],
)
async def test_a_root_is_a_file_uri(make: Make, root: str) -> None:
    question = {"method": "roots/list"}

    if make is legacy:
        assert (await answered(make, question, roots=[root]))["code"] == -32602
    else:
        with pytest.raises(InvalidArgumentsError, match="file://"):
            await answered(make, question, roots=[root])
    good = await answered(make, question, roots=["file:///home"])
    assert good == {"roots": [{"uri": "file:///home"}]}


@requirement("2025-11-25/client/roots-security", "2026-07-28/client/roots-security")
async def test_the_path_of_a_root_leads_straight_to_it(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    roots = [tmp_path / "a" / "..", tmp_path / "a..b"]

    answer = await answered(make, {"method": "roots/list"}, roots=roots)

    assert [root["uri"] for root in answer["roots"]] == [
        tmp_path.as_uri(),
        (tmp_path / "a..b").as_uri(),
    ]
