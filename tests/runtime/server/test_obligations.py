"""Obligations of the specification that no other test is about, mostly in both eras."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, TypeAlias

import pytest
from aiohttp import ClientSession

from mcpgen.build import build
from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import loads
from mcpgen.runtime.core.catalog import JsonObject
from mcpgen.runtime.server import (
    Completions,
    Content,
    Context,
    LiveCatalog,
    ProtocolError,
    Settings,
)
from mcpgen.runtime.server.handlers import content
from tests.requirements import requirement

from .conftest import Serve
from .test_endpoint import limited
from .wire import MODERN, SECONDS, LegacyWire, ModernWire
from .workshop import NAME_FORM, Workshop, tool

Client: TypeAlias = ModernWire | LegacyWire

ABLE: dict[str, Any] = {
    "elicitation": {"form": {}, "url": {}},
    "sampling": {"tools": {}},
    "roots": {},
}
REFUSAL = {"jsonrpc": "2.0", "error": {"code": -1, "message": "No"}}
TOKEN = {"_meta": {"progressToken": "t"}}
REVISIONS = [MODERN, "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
ABSENT = object()
NOT_JSON_RPC: list[dict[str, Any]] = [
    {"jsonrpc": "1.0"},
    {"jsonrpc": 2.0},
    {"jsonrpc": ABSENT},
    {"method": 3},
    {"method": None},
    {"method": ABSENT},
]
SEARCH = tool("search")


class Odd(Workshop):
    """A workshop whose handlers do what they should not."""

    async def on_startup(self, catalog: LiveCatalog) -> None:
        for name in (
            "stumbling",
            "reporting_late",
            "no_page",
            "sampling_with_tools",
            "unanswered_use",
            "mixed_results",
            "answered_use",
            "paying",
            "raising",
            "nobody_speaks",
            "hanging",
        ):
            catalog.tools.add(tool(name), getattr(self, name))
        notes = {"uriTemplate": "file:///notes/{+name}", "name": "notes"}
        catalog.resource_templates.add(notes, self.note)
        catalog.prompts.add({"name": "kinds"}, self.kinds)
        await super().on_startup(catalog)

    async def note(self, args: Any, ctx: Context) -> str:
        return str(args["name"])

    async def complete_city(self, value: str, ctx: Context) -> list[str] | Completions:
        if value == "ask":
            await ctx.elicit("Which?", NAME_FORM)
        return await super().complete_city(value, ctx)

    async def hanging(self, args: Any, ctx: Context) -> str:
        await ctx.progress(1)
        return await self.blocking(args, ctx)

    async def kinds(self, args: Any, ctx: Context) -> Content:
        return [
            content.image(b"\x89PNG", "image/png"),
            content.audio(b"RIFF", "audio/wav"),
            content.resource("shop://x", "body", "text/plain"),
            content.resource("shop://y", b"\x00\x01", "image/gif"),
        ]

    async def raising(self, args: Any, ctx: Context) -> str:
        raise ProtocolError(args["code"], "Something reserved")

    async def nobody_speaks(self, args: Any, ctx: Context) -> str:
        return (await ctx.sample([{"content": text("Hm")}], max_tokens=5)).text

    async def stumbling(self, args: Any, ctx: Context) -> str:
        for progress in (1, 1, 0.5, 2, 1.5, 3):
            await ctx.progress(progress, 3)
        return "arrived"

    async def reporting_late(self, args: Any, ctx: Context) -> str:
        await ctx.progress(1)
        self.seen.append(ctx)
        return "done"

    async def no_page(self, args: Any, ctx: Context) -> str:
        return (await ctx.elicit_url("Look here", str(args["url"]))).action

    async def paying(self, args: Any, ctx: Context) -> str:
        self.seen.append(ctx)
        page = "https://example.com/pay?order=7"
        return (await ctx.elicit_url("Pay", page, elicitation_id="order 7")).action

    async def sampling_with_tools(self, args: Any, ctx: Context) -> str:
        return (await ctx.sample("Find it", max_tokens=5, tools=[SEARCH])).text

    async def unanswered_use(self, args: Any, ctx: Context) -> str:
        return await self._said(ctx, ASKED, USED, said("user", text("Well?")))

    async def mixed_results(self, args: Any, ctx: Context) -> str:
        return await self._said(ctx, ASKED, USED, said("user", FOUND, text("Well?")))

    async def answered_use(self, args: Any, ctx: Context) -> str:
        return await self._said(ctx, ASKED, USED, said("user", FOUND))

    async def _said(self, ctx: Context, *messages: JsonObject) -> str:
        return (await ctx.sample(messages, max_tokens=5, tools=[SEARCH])).text


def text(words: str) -> JsonObject:
    return {"type": "text", "text": words}


def said(role: str, *blocks: JsonObject) -> JsonObject:
    return {"role": role, "content": list(blocks)}


ASKED = said("user", text("Find it"))
USE: JsonObject = {"type": "tool_use", "id": "1", "name": "search", "input": {}}
USED = said("assistant", USE)
FOUND: JsonObject = {"type": "tool_result", "toolUseId": "1", "content": [text("Here")]}


@pytest.fixture
async def service() -> Odd:
    return Odd()


@pytest.fixture(params=["modern", "legacy"])
async def client(
    request: pytest.FixtureRequest, modern: ModernWire, legacy: LegacyWire
) -> Client:
    """Both eras, with clients that can do nothing."""
    return modern if request.param == "modern" else legacy


@pytest.fixture
async def able(http: ClientSession, url: str) -> LegacyWire:
    """A legacy client that can be asked anything."""
    wire = LegacyWire(http, url)
    await wire.initialize(capabilities=ABLE)
    return wire


# --- messages ----------------------------------------------------------------------


@requirement(
    "2024-11-05/server/one-outcome",
    "2025-03-26/server/one-outcome",
    "2025-06-18/server/one-outcome",
    "2025-11-25/server/error-responses",
    "2025-11-25/server/result-responses",
    "2026-07-28/server/error-responses",
    "2026-07-28/server/result-responses",
)
@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_answer_has_its_requests_id_and_one_outcome(
    http: ClientSession, url: str, revision: str
) -> None:
    client: Client = ModernWire(http, url)
    if revision != MODERN:
        client = LegacyWire(http, url)
        await client.initialize(revision)
    for request in (
        client.tool("add", {"a": 1}),
        client.tool("add", {"a": "x"}),
        client.tool("nope"),
        client.call("tools/list"),
        client.call("no/such/method"),
    ):
        answer = (await request).json
        assert answer["jsonrpc"] == "2.0"
        assert answer["id"] == client.last_id
        assert ("result" in answer) != ("error" in answer)
        if "error" in answer:
            assert type(answer["error"]["code"]) is int
            assert isinstance(answer["error"]["message"], str)


@requirement("2024-11-05/server/json-rpc", "2025-11-25/server/json-rpc")
@pytest.mark.parametrize("revision", REVISIONS[1:])
@pytest.mark.parametrize("changes", NOT_JSON_RPC)
async def test_a_session_takes_json_rpc_alone(
    http: ClientSession, url: str, revision: str, changes: dict[str, Any]
) -> None:
    wire = LegacyWire(http, url)
    await wire.initialize(revision)
    body = {**wire.request("ping"), **changes}

    reply = await wire.send({k: v for k, v in body.items() if v is not ABSENT})

    assert reply.error["code"] == -32600


@requirement("2025-11-25/server/json-rpc")
async def test_an_answer_without_an_outcome_answers_nothing(able: LegacyWire) -> None:
    async with able.streaming("asking") as stream:
        question = await stream.message()
        refused = await able.send({"jsonrpc": "2.0", "id": question["id"]})
        content = {"action": "accept", "content": {"name": "Bo"}}
        await able.answer(question, content)
        answer = await stream.message()

    assert (refused.status, refused.error["code"]) == (400, -32600)
    assert answer["result"]["content"][0]["text"] == "accept: {'name': 'Bo'}"


@requirement("2026-07-28/server/json-rpc")
@pytest.mark.parametrize("changes", NOT_JSON_RPC)
async def test_a_modern_request_is_json_rpc(
    modern: ModernWire, changes: dict[str, Any]
) -> None:
    body, headers = modern.request("tools/list")
    body.update(changes)

    reply = await modern.send(
        {k: v for k, v in body.items() if v is not ABSENT}, headers=headers
    )

    assert reply.status == 400
    assert reply.error["code"] == -32600


@requirement(
    "2025-11-25/server/notifications-without-id",
    "2026-07-28/server/notifications-without-id",
)
async def test_notifications_have_no_id(modern: ModernWire, able: LegacyWire) -> None:
    level = {"io.modelcontextprotocol/logLevel": "debug"}
    told: list[Any] = []
    for reply in (
        await able.tool("threaded", params=TOKEN),
        await able.tool("logging"),
        await modern.tool("threaded", meta={"progressToken": 1}),
        await modern.tool("logging", meta=level),
    ):
        told += reply.messages[:-1]
    async with able.get() as stream:
        await able.tool("change_lists")
        told.append(await stream.message())

    assert len(told) == 12
    assert all("id" not in message and "method" in message for message in told)


@requirement("2025-11-25/server/new-request-ids", "2025-11-25/server/request-ids")
async def test_the_servers_own_requests_have_ids_that_were_never_used(
    able: LegacyWire,
) -> None:
    asked: list[Any] = []
    for _ in range(2):
        async with able.streaming("asking_all") as stream:
            requests = [await stream.message() for _ in range(3)]
            for request in requests:
                await able.send({**REFUSAL, "id": request["id"]})
            asked += requests

    ids = [request["id"] for request in asked]
    assert all(type(one) in (int, str) for one in ids)
    assert len(set(ids)) == 6


@requirement("2025-11-25/server/utf-8", "2026-07-28/server/utf-8")
async def test_messages_are_utf_8(client: Client) -> None:
    reply = await client.tool("region", {"region": "Île ☃ 世界"}, headers=ENCODED)

    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.content == "in Île ☃ 世界"
    in_another = json.dumps({"jsonrpc": "2.0", "id": 1}).encode("utf-16")
    refused = await client.send(in_another)
    assert (refused.status, refused.error["code"]) == (400, -32700)


ENCODED = {"Mcp-Param-Region": "=?base64?w45sZSDimIMg5LiW55WM?="}


@requirement(
    "2025-11-25/server/meta-reserved",
    "2026-07-28/server/meta-reserved",
    "2026-07-28/server/trace-context",
)
async def test_unknown_reserved_metadata_is_let_be(
    client: Client, service: Odd
) -> None:
    unknown = {
        "io.modelcontextprotocol/whatever": [3],
        "mcp.example/x": {"a": None},
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": "vendor=1",
        "baggage": "user=alice",
    }

    if isinstance(client, ModernWire):
        reply = await client.tool("context", meta=unknown)
    else:
        reply = await client.tool("context", params={"_meta": unknown})

    assert reply.content in ("modern", "legacy")
    assert service.seen[0].meta.items() >= unknown.items()


@requirement("2025-11-25/server/tasks-ignored")
async def test_a_request_that_wants_to_be_a_task_is_answered_as_usual(
    legacy: LegacyWire,
) -> None:
    reply = await legacy.tool("add", {"a": 1}, params={"task": {"ttl": 60_000}})

    assert reply.result["structuredContent"] == {"sum": 2}


@requirement(
    "2025-11-25/server/completions-capability",
    "2025-11-25/server/logging-capability",
    "2025-11-25/server/prompts-capability",
    "2025-11-25/server/resources-capability",
    "2025-11-25/server/tools-capability",
    "2026-07-28/server/completions-capability",
    "2026-07-28/server/extensions-named",
    "2026-07-28/server/logging-capability",
    "2026-07-28/server/prompts-capability",
    "2026-07-28/server/resources-capability",
    "2026-07-28/server/tools-capability",
)
async def test_capabilities_are_declared(
    modern: ModernWire, http: ClientSession, url: str
) -> None:
    told = (await modern.call("server/discover")).result["capabilities"]
    agreed = (await LegacyWire(http, url).initialize())["capabilities"]

    for capabilities in (told, agreed):
        assert capabilities.keys() == {
            "completions",
            "logging",
            "prompts",
            "resources",
            "tools",
        }


@requirement("2025-11-25/server/meta-keys")
async def test_a_session_gets_no_metadata_that_no_handler_gives(
    able: LegacyWire, http: ClientSession
) -> None:
    told: list[Any] = [await LegacyWire(http, able.url).initialize()]
    for method, params in METHODS[1:]:
        told.append((await able.call(method, params)).result)
    for reply in (
        await able.tool("threaded", params=TOKEN),
        await able.tool("logging"),
    ):
        told += [message.get("params", {}) for message in reply.messages]
    async with able.get() as stream:
        await able.tool("change_lists")
        told += [(await stream.message()).get("params", {}) for _ in range(3)]
    async with able.streaming("asking_all") as stream:
        requests = [await stream.message() for _ in range(3)]
        told += [request.get("params", {}) for request in requests]
        for request in requests:
            await able.send({**REFUSAL, "id": request["id"]})

    assert len(told) > 20
    assert [each for each in told if "_meta" in each] == []


# --- transport ---------------------------------------------------------------------


@requirement("2025-11-25/server/origin")
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_every_method_checks_the_origin(legacy: LegacyWire, method: str) -> None:
    reply = await legacy.other(method, Origin="http://evil.example.com")

    assert reply.status == 403
    assert "id" not in reply.json


@requirement("2025-11-25/server/get-stream", "2025-11-25/server/one-endpoint")
async def test_one_endpoint_takes_post_and_get(legacy: LegacyWire) -> None:
    async with legacy.get() as stream:
        assert stream.response.status == 200
        assert stream.response.headers["Content-Type"] == "text/event-stream"
        assert (await legacy.call("ping")).status == 200


@requirement(
    "2025-11-25/server/accepted",
    "2025-11-25/server/notifications-unanswered",
    "2026-07-28/server/accepted",
    "2026-07-28/server/notifications-unanswered",
)
async def test_what_is_accepted_gets_no_body(
    legacy: LegacyWire, modern: ModernWire
) -> None:
    body, headers = modern.request("notifications/whatever")
    del body["id"]
    for reply in (
        await legacy.notify("notifications/initialized"),
        await legacy.notify("notifications/whatever", {"no": "sense"}),
        await legacy.answer({"id": 77}, {}),
        await modern.send(body, headers=headers),
    ):
        assert (reply.status, reply.text) == (202, "")


@requirement("2025-11-25/server/not-accepted", "2026-07-28/server/not-accepted")
async def test_a_notification_that_is_not_accepted_gets_an_error_status(
    legacy: LegacyWire, modern: ModernWire
) -> None:
    legacy.headers["Mcp-Session-Id"] = "gone"
    body, headers = modern.request("notifications/whatever")
    del body["id"]
    for reply, status in (
        (await legacy.notify("notifications/initialized"), 404),
        (await legacy.answer({"id": 1}, {}), 404),
        (await modern.send(body, headers={**headers, "Mcp-Method": "other"}), 400),
    ):
        assert reply.status == status
        assert "id" not in reply.json


@requirement("2025-11-25/server/json-or-stream", "2026-07-28/server/json-or-stream")
async def test_a_request_is_answered_with_json_or_a_stream(client: Client) -> None:
    plain = await client.tool("stumbling")
    streamed = await client.tool("stumbling", **with_token(client))

    assert plain.headers["Content-Type"] == "application/json"
    assert streamed.headers["Content-Type"] == "text/event-stream"
    assert plain.json["result"] == streamed.messages[-1]["result"]


def with_token(client: Client, token: Any = "t") -> dict[str, Any]:
    """What makes a call report its progress."""
    meta = {"progressToken": token}
    if isinstance(client, ModernWire):
        return {"meta": meta}
    return {"params": {"_meta": meta}}


@requirement("2025-11-25/server/event-ids")
async def test_event_ids_are_unique_in_a_session(legacy: LegacyWire) -> None:
    ids: list[str | None] = []
    async with legacy.get() as stream:
        await legacy.tool("change_lists")
        ids += [(await stream.next()).id for _ in range(3)]
    for _ in range(3):
        reply = await legacy.tool("threaded", params=TOKEN)
        ids += [event.id for event in reply.events]

    assert None not in ids
    assert len(set(ids)) == len(ids) == 12


@requirement("2025-11-25/server/replay-own-stream")
async def test_a_stream_replays_its_own_messages_alone(legacy: LegacyWire) -> None:
    first = await legacy.tool("threaded", params=TOKEN)
    await legacy.tool("threaded", params={"_meta": {"progressToken": "another"}})
    async with legacy.get() as stream:
        await legacy.tool("change_lists")
        await stream.next()

    async with legacy.get(headers={"Last-Event-ID": first.events[0].id}) as again:
        replayed = [await again.message() for _ in range(2)]
        assert await again.ended()

    assert replayed == first.messages


@requirement("2025-03-26/server/no-handshake-in-batches")
async def test_a_handshake_is_no_part_of_a_batch(http: ClientSession, url: str) -> None:
    wire = LegacyWire(http, url)
    params = {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {}}
    hello = wire.request("initialize", params)

    alone = await wire.send([hello, wire.request("ping")])
    await wire.initialize("2025-03-26")
    within = await wire.send([wire.request("initialize", params)])

    assert alone.status == 400
    assert "Mcp-Session-Id" not in alone.headers
    assert within.json[0]["error"]["code"] == -32601


# --- progress and cancellation -------------------------------------------------------


@requirement("2025-11-25/server/progress-token", "2026-07-28/server/progress-token")
@pytest.mark.parametrize("token", ["t", "", 0, 7, -1])
async def test_progress_names_the_token_of_its_request(
    client: Client, token: Any
) -> None:
    reply = await client.tool("threaded", **with_token(client, token))

    progress, _ = reply.messages
    assert progress["params"]["progressToken"] == token


@requirement("2025-11-25/server/progress-token", "2026-07-28/server/progress-token")
@pytest.mark.parametrize("token", [True, None, 1.5, [], {}])
async def test_what_is_no_token_gets_no_progress(client: Client, token: Any) -> None:
    reply = await client.tool("threaded", **with_token(client, token))

    assert reply.headers["Content-Type"] == "application/json"


@requirement(
    "2025-11-25/server/progress-increases", "2026-07-28/server/progress-increases"
)
async def test_progress_increases(client: Client) -> None:
    *reports, response = (await client.tool("stumbling", **with_token(client))).messages

    assert [report["params"]["progress"] for report in reports] == [1, 2, 3]
    assert "result" in response


@requirement("2025-11-25/server/progress-stops", "2026-07-28/server/progress-stops")
async def test_progress_stops_with_the_response(client: Client, service: Odd) -> None:
    reply = await client.tool("reporting_late", **with_token(client))
    again = await client.tool("nothing")

    await service.seen[0].progress(2)
    await service.seen[0].log("emergency", "too late")

    assert [message.get("method") for message in reply.messages] == [
        "notifications/progress",
        None,
    ]
    assert again.result["content"] == []
    if isinstance(client, LegacyWire):
        events = reply.events
        async with client.get(headers={"Last-Event-ID": events[0].id}) as stream:
            for event in events[1:]:
                assert await stream.next() == event
            assert await stream.ended()


@requirement("2026-07-28/server/cancellation-races")
async def test_what_is_said_after_a_plain_answer_is_not_sent(
    client: Client, service: Odd
) -> None:
    service.release.set()
    call = asyncio.ensure_future(client.tool("blocking"))
    await asyncio.wait_for(service.started.wait(), SECONDS)
    assert (await call).content == "released"

    await service.seen[0].log("emergency", "too late")

    assert (await client.tool("nothing")).result["content"] == []


@requirement("2026-07-28/server/cancellation-by-closing")
async def test_closing_an_open_stream_cancels_its_request(
    modern: ModernWire, service: Odd
) -> None:
    async with modern.streaming(
        "tools/call", {"name": "hanging"}, meta={"progressToken": "t"}
    ) as stream:
        assert (await stream.message())["method"] == "notifications/progress"
        stream.response.close()

    await asyncio.wait_for(service.cancelled.wait(), SECONDS)
    assert service.seen[0].cancelled is True


@requirement("2025-11-25/server/cancellation-races")
async def test_a_cancellation_that_comes_too_late_is_ignored(
    legacy: LegacyWire,
) -> None:
    done = await legacy.tool("add", {"a": 1})
    late = {"requestId": legacy.last_id}

    assert (await legacy.notify("notifications/cancelled", late)).status == 202
    assert done.result["structuredContent"] == {"sum": 2}
    assert (await legacy.tool("add", {"a": 2})).result["structuredContent"]


# --- questions -----------------------------------------------------------------------


@requirement("2025-11-25/server/elicitation-modes")
async def test_a_client_with_forms_alone_is_not_asked_to_open_a_page(
    http: ClientSession, url: str
) -> None:
    either: list[dict[str, Any]] = [{}, {"form": {}}]
    for forms in either:
        wire = LegacyWire(http, url)
        await wire.initialize(capabilities={"elicitation": forms})

        assert (await wire.tool("asking_url")).error["code"] == -32600


@requirement("2025-11-25/server/elicitation-modes")
async def test_a_client_with_pages_alone_is_not_asked_to_fill_in_a_form(
    http: ClientSession, url: str
) -> None:
    wire = LegacyWire(http, url)
    await wire.initialize(capabilities={"elicitation": {"url": {}}})

    assert (await wire.tool("asking")).error["code"] == -32600


@requirement("2025-11-25/server/elicitation-url")
async def test_a_page_to_open_says_where_why_and_which(able: LegacyWire) -> None:
    async with able.streaming("asking_url") as stream:
        request = await stream.message()
        await able.answer(request, {"action": "cancel"})
    params = request["params"]

    assert isinstance(params.pop("elicitationId"), str)
    assert params == {
        "mode": "url",
        "message": "Pay here",
        "url": "https://example.com/pay",
    }


@requirement("2025-11-25/server/elicitation-complete")
async def test_that_a_page_is_done_is_told_to_the_client_that_opens_it(
    able: LegacyWire, http: ClientSession, service: Odd
) -> None:
    other = LegacyWire(http, able.url)
    await other.initialize(capabilities=ABLE)
    async with able.get() as mine, other.get() as others:
        async with able.streaming("paying") as stream:
            await able.answer(await stream.message(), {"action": "accept"})
            await stream.message()
        session = service.seen[0].session
        assert session is not None

        assert session.elicitation_complete("another") is False
        assert session.elicitation_complete("order 7") is True
        assert session.elicitation_complete("order 7") is False
        await able.tool("change_lists")
        told = [await mine.message() for _ in range(2)]
        untold = await others.message()

    assert told[0] == {
        "jsonrpc": "2.0",
        "method": "notifications/elicitation/complete",
        "params": {"elicitationId": "order 7"},
    }
    assert told[1]["method"] == untold["method"] == "notifications/tools/list_changed"


@requirement(
    "2025-11-25/server/elicitation-url-valid", "2026-07-28/server/elicitation-url-valid"
)
@pytest.mark.parametrize(
    "address",
    ["", "example.com/pay", "/pay", "https://", "http://a b/", "javascript:0"],
)
async def test_what_is_no_url_is_not_sent(
    able: LegacyWire, modern: ModernWire, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    for reply in (
        await able.tool("no_page", {"url": address}),
        await modern.tool("no_page", {"url": address}, capabilities=ABLE),
    ):
        assert reply.result["isError"] is True
        assert reply.result.get("resultType") != "input_required"
        assert "is no URL" in caplog.text


@requirement("2025-11-25/server/sampling-tools", "2026-07-28/server/sampling-tools")
async def test_tools_are_not_offered_to_models_of_clients_without_them(
    http: ClientSession, url: str, modern: ModernWire
) -> None:
    wire = LegacyWire(http, url)
    await wire.initialize(capabilities={"sampling": {}})

    old = await wire.tool("sampling_with_tools")
    new = await modern.tool("sampling_with_tools", capabilities={"sampling": {}})

    assert old.error["code"] == -32600
    assert new.error["data"] == {"requiredCapabilities": {"sampling": {"tools": {}}}}


@requirement(
    "2025-11-25/server/sampling-tool-results", "2026-07-28/server/sampling-tool-results"
)
@pytest.mark.parametrize("name", ["unanswered_use", "mixed_results"])
async def test_results_of_tools_answer_each_use_and_travel_alone(
    able: LegacyWire, modern: ModernWire, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    for reply in (
        await able.tool(name),
        await modern.tool(name, capabilities=ABLE),
    ):
        assert reply.result["isError"] is True
        assert "tool_result" in caplog.text

    sound = await modern.tool("answered_use", capabilities=ABLE)
    assert sound.result["resultType"] == "input_required"


# --- what is offered -----------------------------------------------------------------


def refused(**manifest: Any) -> list[str]:
    """The codes of what is wrong with a manifest."""
    with pytest.raises(MCPGenError) as raised:
        build(loads(json.dumps(manifest), "tools.json"), "refused")
    return [finding.code for finding in raised.value.diagnostics]


@requirement(
    "2025-11-25/server/schema-unknown-dialect",
    "2025-11-25/server/schema-valid",
    "2025-11-25/server/tools-input-schema",
    "2026-07-28/server/schema-unknown-dialect",
    "2026-07-28/server/schema-valid",
    "2026-07-28/server/tools-input-schema",
)
@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        [],
        {"type": "string"},
        {"type": "object", "required": 3},
        {"type": "object", "$schema": "http://example.org/dialect"},
    ],
)
async def test_a_tool_with_an_impossible_schema_is_never_offered(
    serve: Serve, schema: Any
) -> None:
    from mcpgen.runtime.server.app import LIVE_CATALOG

    assert refused(tools=[{"name": "a", "inputSchema": schema}])
    await serve()
    tools = serve.app[LIVE_CATALOG].tools
    with pytest.raises((ValueError, TypeError)):
        tools.add({"name": "a", "inputSchema": schema}, Workshop.nothing)
    assert "a" not in tools


@requirement("2026-07-28/server/x-mcp-header")
@pytest.mark.parametrize(
    "properties",
    [
        {"a": {"type": "number", "x-mcp-header": "A"}},
        {"a": {"type": "string", "x-mcp-header": ""}},
        {"a": {"type": "string", "x-mcp-header": "A b"}},
        {"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}},
        {
            "a": {"type": "string", "x-mcp-header": "A"},
            "b": {"type": "string", "x-mcp-header": "a"},
        },
    ],
)
def test_a_tool_with_a_wrong_header_is_refused(properties: JsonObject) -> None:
    schema = {"type": "object", "properties": properties}

    assert refused(tools=[{"name": "t", "inputSchema": schema}]) == ["MG204"]


@requirement("2025-11-25/server/resources-uris", "2026-07-28/server/resources-uris")
@pytest.mark.parametrize("uri", ["no uri", "relative/path", "a://\u0000", "://x"])
def test_a_resource_has_a_uri(uri: str) -> None:
    assert refused(resources=[{"uri": uri, "name": "a"}])


@requirement(
    "2025-11-25/server/prompts-audio",
    "2025-11-25/server/prompts-embedded",
    "2025-11-25/server/prompts-image",
    "2026-07-28/server/prompts-audio",
    "2026-07-28/server/prompts-embedded",
    "2026-07-28/server/prompts-image",
)
async def test_a_prompt_has_content_of_every_kind(client: Client) -> None:
    result = (await client.call("prompts/get", {"name": "kinds"})).result

    assert [message["content"] for message in result["messages"]] == [
        {"type": "image", "data": "iVBORw==", "mimeType": "image/png"},
        {"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav"},
        {
            "type": "resource",
            "resource": {"uri": "shop://x", "mimeType": "text/plain", "text": "body"},
        },
        {
            "type": "resource",
            "resource": {"uri": "shop://y", "mimeType": "image/gif", "blob": "AAE="},
        },
    ]


# --- the modern era alone --------------------------------------------------------------

PREFIX = "io.modelcontextprotocol/"
KEY = re.compile(
    r"([a-z]([a-z0-9-]*[a-z0-9])?(\.[a-z]([a-z0-9-]*[a-z0-9])?)*/)?"
    r"([a-z0-9]([a-z0-9._-]*[a-z0-9])?)?",
    re.IGNORECASE,
)
EVERY_CHANGE = {
    "toolsListChanged": True,
    "promptsListChanged": True,
    "resourcesListChanged": True,
    "resourceSubscriptions": ["shop://text"],
}
METHODS: list[tuple[str, dict[str, Any]]] = [
    ("server/discover", {}),
    ("tools/list", {}),
    ("tools/call", {"name": "nothing"}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "hello"}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "shop://text"}),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/prompt", "name": "trip"},
            "argument": {"name": "city", "value": ""},
        },
    ),
]


@requirement("2026-07-28/server/result-type")
@pytest.mark.parametrize(("method", "params"), METHODS)
async def test_every_result_has_a_type_that_the_revision_knows(
    modern: ModernWire, method: str, params: Any
) -> None:
    assert (await modern.call(method, params)).result["resultType"] == "complete"


@requirement("2026-07-28/server/meta-required")
@pytest.mark.parametrize(
    ("method", "params"),
    [*METHODS, ("subscriptions/listen", {"notifications": {}}), ("no/such", {})],
)
@pytest.mark.parametrize("key", ["protocolVersion", "clientCapabilities"])
async def test_every_method_wants_the_required_metadata(
    modern: ModernWire, method: str, params: Any, key: str
) -> None:
    body, headers = modern.request(method, params)
    del body["params"]["_meta"][PREFIX + key]

    reply = await modern.send(body, headers=headers)

    assert (reply.status, reply.error["code"]) == (400, -32602)


@requirement("2026-07-28/server/error-codes")
@pytest.mark.parametrize("code", [-32020, -32022, -32023, -32042, -32050, -32099])
async def test_reserved_error_codes_are_sent_for_their_meaning_alone(
    modern: ModernWire, code: int
) -> None:
    reply = await modern.tool("raising", {"code": code})

    assert reply.status == 200
    assert reply.error["code"] in (-32602, -32603)


@requirement("2026-07-28/server/stateless")
async def test_what_a_client_said_before_does_not_count(
    modern: ModernWire, service: Odd
) -> None:
    told = await modern.tool("asking", capabilities=ABLE)
    untold = await modern.tool("asking", capabilities={})
    body, headers = modern.request("tools/call", {"name": "context"})
    del body["params"]["_meta"][PREFIX + "clientInfo"]
    await modern.send(body, headers=headers)

    assert told.result["resultType"] == "input_required"
    assert untold.error["code"] == -32021
    assert service.seen[-1].client_info == {}
    assert service.seen[-1].client_capabilities == {}


@requirement("2026-07-28/server/meta-keys", "2026-07-28/server/trace-context")
async def test_the_servers_own_metadata_keys_are_well_formed(
    modern: ModernWire,
) -> None:
    results = [(await modern.call(method, params)).result for method, params in METHODS]
    async with modern.streaming(
        "subscriptions/listen", {"notifications": EVERY_CHANGE}
    ) as stream:
        results.append((await stream.message())["params"])
        await modern.tool("change_lists")
        results.append((await stream.message())["params"])

    keys = {key for result in results for key in result.get("_meta", {})}
    assert keys == {PREFIX + "serverInfo", PREFIX + "subscriptionId"}
    assert all(KEY.fullmatch(key) for key in keys)


@requirement(
    "2026-07-28/server/cancels-nothing-else",
    "2026-07-28/server/no-requests",
    "2026-07-28/server/own-notifications",
)
async def test_the_server_sends_nothing_but_what_belongs_to_a_request(
    modern: ModernWire,
) -> None:
    names = ("change_lists", "stumbling", "asking", "threaded", "logging")
    replies = await asyncio.gather(
        *(
            modern.tool(
                name,
                capabilities=ABLE,
                meta={"progressToken": name},
                headers={"Accept": "text/event-stream"},
            )
            for name in names
        )
    )

    for name, reply in zip(names, replies, strict=True):
        *before, response = reply.messages
        assert "result" in response
        for message in before:
            assert message["method"] == "notifications/progress"
            assert message["params"]["progressToken"] == name


@requirement("2026-07-28/server/questions-where-allowed")
async def test_a_completion_can_not_ask(
    modern: ModernWire, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await modern.call(
        "completion/complete",
        {
            "ref": {"type": "ref/prompt", "name": "trip"},
            "argument": {"name": "city", "value": "ask"},
        },
        capabilities=ABLE,
    )

    assert reply.error == {"code": -32603, "message": "Internal error"}
    assert "completion/complete can't ask the client" in caplog.text


@requirement("2026-07-28/server/one-message-per-post")
async def test_a_modern_batch_is_refused(modern: ModernWire) -> None:
    body, headers = modern.request("tools/list")

    reply = await modern.send([body, body], headers=headers)

    assert reply.status == 400


@requirement("2026-07-28/server/version-header-absent")
async def test_a_modern_server_wants_the_version_header(
    http: ClientSession, serve: Serve
) -> None:
    wire = ModernWire(http, await serve(None, limited("2026-07-28")))
    absent: dict[str, str | None] = {"MCP-Protocol-Version": None}

    modern = await wire.call("tools/list", headers=absent)
    old = await wire.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})

    assert (modern.status, modern.error["code"]) == (400, -32020)
    assert old.status == 400


@requirement("2026-07-28/server/extensions-fall-back")
async def test_unknown_extensions_of_a_client_change_nothing(
    modern: ModernWire,
) -> None:
    unknown = {
        "extensions": {"com.example/anything": {"level": 9}},
        "experimental": {"x": {}},
    }

    reply = await modern.tool("add", {"a": 1}, capabilities=unknown)

    assert reply.result["structuredContent"] == {"sum": 2}
    assert reply.result["resultType"] == "complete"


@requirement("2026-07-28/server/sampling-messages")
async def test_a_message_for_a_model_has_a_role_and_content(
    modern: ModernWire, caplog: pytest.LogCaptureFixture
) -> None:
    sound = await modern.tool("sampling", capabilities=ABLE)
    broken = await modern.tool("nobody_speaks", capabilities=ABLE)

    [question] = sound.result["inputRequests"].values()
    assert question["params"]["messages"] == [{"role": "user", "content": text("Hi")}]
    assert broken.result["isError"] is True
    assert "a message needs a `role`" in caplog.text


@requirement(
    "2026-07-28/server/prompts-list",
    "2026-07-28/server/resources-list",
    "2026-07-28/server/tools-list",
)
@pytest.mark.parametrize(
    "method",
    ["tools/list", "prompts/list", "resources/list", "resources/templates/list"],
)
async def test_lists_are_the_same_on_every_connection(
    modern: ModernWire, legacy: LegacyWire, method: str
) -> None:
    first = await modern.call(method)
    await modern.tool("add", {"a": 1})
    await legacy.call(method)
    again = await modern.call(method)
    async with ClientSession() as another:
        elsewhere = await ModernWire(another, modern.url).call(method)

    assert first.result == again.result == elsewhere.result


@requirement("2026-07-28/server/headers-match")
@pytest.mark.parametrize(
    ("method", "params"),
    [("prompts/get", {"name": "hello"}), ("resources/read", {"uri": "shop://text"})],
)
@pytest.mark.parametrize("name", [None, "other"])
async def test_every_name_is_the_same_in_its_header(
    modern: ModernWire, method: str, params: Any, name: str | None
) -> None:
    reply = await modern.call(method, params, headers={"Mcp-Name": name})

    assert (reply.status, reply.error["code"]) == (400, -32020)


@requirement("2026-07-28/server/caching-pages")
@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list"])
async def test_all_pages_may_be_kept_alike(
    http: ClientSession, serve: Serve, method: str
) -> None:
    wire = ModernWire(http, await serve(Settings(page_size=2)))
    cursor: dict[str, Any] = {}
    pages: list[tuple[int, str]] = []
    while True:
        page = (await wire.call(method, cursor)).result
        pages.append((page["ttlMs"], page["cacheScope"]))
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}

    assert len(pages) > 1
    assert len(set(pages)) == 1


@requirement("2026-07-28/server/logging-own-stream")
async def test_log_messages_do_not_reach_subscriptions(modern: ModernWire) -> None:
    async with modern.streaming(
        "subscriptions/listen",
        {"notifications": EVERY_CHANGE},
        meta={PREFIX + "logLevel": "debug"},
    ) as stream:
        await stream.message()
        logged = await modern.tool("logging", meta={PREFIX + "logLevel": "debug"})
        await modern.tool("change_lists")
        first = await stream.message()

    assert len(logged.messages) == 6
    assert first["method"] == "notifications/tools/list_changed"


@requirement("2026-07-28/server/resources-paths")
@pytest.mark.parametrize(
    "path",
    ["..%2Fsecret", "a%2F..%2F..%2Fsecret", "%2Fetc%2Fpasswd", "..", "..%5Csecret"],
)
async def test_a_variable_of_a_file_template_is_no_path(
    client: Client, path: str
) -> None:
    async def read(name: str) -> Any:
        return await client.call("resources/read", {"uri": f"file:///notes/{name}"})

    assert (await read("a..b.txt")).result["contents"][0]["text"] == "a..b.txt"
    assert (await read(path)).error["message"] == "Resource not found"
