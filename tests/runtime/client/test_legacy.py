"""Sessions with legacy servers: their life, their streams, their requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    CallTimeoutError,
    Client,
    ClientError,
    Elicitation,
    Notification,
    Progress,
    ProtocolError,
    Reply,
    TransportError,
    backoff,
)
from mcpgen.runtime.protocol.types import Implementation
from tests.requirements import requirement

from .wire import (
    EVERYTHING,
    LIMIT,
    Call,
    Handler,
    Wire,
    event,
    json_status,
    legacy,
    modern,
    notification,
    running,
    text,
)
from .wire import Reply as WireReply

SESSION = "Mcp-Session-Id"
VERSION = "MCP-Protocol-Version"


@requirement(
    "2025-03-26/client/no-handshake-in-batches",
    "2025-11-25/client/base-protocol",
    "2025-11-25/client/elicitation-capability",
    "2025-11-25/client/initialization-first",
    "2025-11-25/client/initialized",
    "2025-11-25/client/json-and-streams",
    "2025-11-25/client/notifications-without-id",
    "2025-11-25/client/session-id-sent",
    "2025-11-25/client/version-asked",
    "2025-11-25/client/version-header",
)
async def test_the_handshake_and_the_end_of_a_session() -> None:
    async with (
        running(legacy(tools_call=text)) as wire,
        Client(wire.url, elicitation=lambda q: Reply.CANCEL) as client,
    ):
        assert client.era == "legacy"
        assert client.server_info == Implementation(name="old wire", version="0")
        await client.call_tool("a")
    methods = [call.message["method"] for call in wire.calls]
    assert methods == [
        "server/discover",
        "initialize",
        "notifications/initialized",
        "tools/call",
    ]
    initialize, initialized, called = wire.calls[1:]
    assert initialize.params["protocolVersion"] == "2025-11-25"
    assert initialize.params["capabilities"] == {"elicitation": {"form": {}, "url": {}}}
    assert initialize.params["clientInfo"] == {"name": "mcp-client", "version": "0"}
    assert SESSION not in initialize.request.headers
    assert VERSION not in initialize.request.headers
    assert "id" not in initialized.message
    assert {call.message["jsonrpc"] for call in wire.calls} == {"2.0"}
    for call in (initialized, called):
        assert call.request.headers[SESSION] == "session-1"
        assert call.request.headers[VERSION] == "2025-11-25"
    last = wire.requests[-1]
    assert (last.method, last.headers[SESSION]) == ("DELETE", "session-1")
    assert last.headers[VERSION] == "2025-11-25"


@requirement("2025-11-25/client/operation", "2025-11-25/client/version-header")
@pytest.mark.parametrize(
    "version, named",
    [
        ("2025-11-25", True),
        ("2025-06-18", True),
        ("2025-03-26", False),
        ("2024-11-05", False),
    ],
)
async def test_older_versions_are_spoken_and_named_since_2025_06_18(
    version: str, named: bool
) -> None:
    async with (
        running(legacy(version, tools_call=text)) as wire,
        Client(wire.url) as client,
    ):
        assert client.protocol_version == version
        await client.call_tool("a")
    (call,) = wire.of("tools/call")
    assert (VERSION in call.request.headers) is named


async def test_a_server_without_sessions_gets_no_session_id_and_no_delete() -> None:
    async with (
        running(legacy(session=None, tools_call=text)) as wire,
        Client(wire.url) as client,
    ):
        await client.call_tool("a")
    assert SESSION not in wire.of("tools/call")[0].request.headers
    assert {request.method for request in wire.requests} == {"POST"}


async def test_every_message_names_its_method_for_newer_proxies() -> None:
    async with (
        running(legacy(tools_call=text)) as wire,
        Client(wire.url) as client,
    ):
        await client.call_tool("é")
    sent = [
        (call.request.headers["Mcp-Method"], call.request.headers.get("Mcp-Name"))
        for call in wire.calls[1:]
    ]
    assert sent == [
        ("initialize", None),
        ("notifications/initialized", None),
        ("tools/call", "=?base64?w6k=?="),
    ]


@pytest.mark.off_protocol
async def test_a_handshake_that_names_a_stateless_version_is_finished(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        running(legacy("2026-07-28", tools_call=text)) as wire,
        Client(wire.url) as client,
    ):
        await client.call_tool("a")
        assert (client.era, client.protocol_version) == ("legacy", "2026-07-28")
    assert wire.of("tools/call")[0].request.headers[SESSION] == "session-1"
    assert "names 2026-07-28 in a legacy handshake" in caplog.text


@requirement("2025-11-25/client/operation")
async def test_a_version_that_nobody_knows_is_refused() -> None:
    async with running(legacy("1999-01-01")) as wire:
        with pytest.raises(ClientError, match="the server supports: 1999-01-01"):
            await Client(wire.url).open()


async def test_the_get_stream_is_opened_only_when_somebody_listens() -> None:
    async def no_stream(request: web.Request) -> web.StreamResponse:
        return web.Response(status=405)

    wire = legacy(tools_call=text)
    wire.get = no_stream
    async with running(wire):
        async with Client(wire.url):
            pass
        assert "GET" not in {request.method for request in wire.requests}
        async with Client(wire.url, on_notification=print):
            pass
        assert "GET" in {request.method for request in wire.requests}


@requirement("2025-11-25/client/json-and-streams")
async def test_progress_has_a_token_and_reaches_the_callback() -> None:
    async def work(call: Call) -> WireReply:
        stream = await call.stream()
        token = call.meta["progressToken"]
        report = notification(
            "notifications/progress", progressToken=token, progress=1, total=2
        )
        await stream.write(event(report) + event(await text(call)))
        return stream

    reports: list[Progress] = []
    async with (
        running(legacy(tools_call=work)) as wire,
        Client(wire.url, progress=reports.append) as client,
    ):
        await client.call_tool("work")
    assert reports == [Progress(1, 2, None)]


def asking(question: dict[str, Any]) -> tuple[Handler, asyncio.Queue[Any]]:
    """A tool that sends a request on its stream and waits for the answer."""
    answers: asyncio.Queue[Any] = asyncio.Queue()

    async def ask(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event({"jsonrpc": "2.0", "id": "q1", **question}))
        await call.server.until(lambda: call.server.calls[-1].id == "q1")
        answers.put_nowait(call.server.calls[-1].message)
        await stream.write(event(await text(call)))
        return stream

    return ask, answers


FORM = {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}}


@requirement(
    "2025-11-25/client/elicitation-no-mode",
    "2025-11-25/client/error-responses",
    "2025-11-25/client/ping",
    "2025-11-25/client/result-responses",
)
@pytest.mark.parametrize(
    "question, answer",
    [
        (
            {
                "method": "elicitation/create",
                "params": {"message": "Hm?", "requestedSchema": FORM},
            },
            {"result": {"action": "accept", "content": {"a": "x"}}},
        ),
        (
            {
                "method": "elicitation/create",
                "params": {"message": "Hm?", "mode": "url", "url": "http://x/"},
            },
            {"result": {"action": "accept"}},
        ),
        ({"method": "ping"}, {"result": {}}),
        (
            {"method": "roots/list"},
            {"result": {"roots": [{"uri": "file:///r", "name": "r"}]}},
        ),
        (
            {"method": "sampling/createMessage", "params": {"bad": 1}},
            {"error": {"code": -32602, "message": "the client could not answer this"}},
        ),
        (
            {"method": "strange/thing"},
            {
                "error": {
                    "code": -32601,
                    "message": "the server asks for strange/thing, "
                    "but this client has no handler for it",
                }
            },
        ),
    ],
)
async def test_requests_of_the_server_are_answered_by_post(
    question: dict[str, Any], answer: dict[str, Any]
) -> None:
    ask, answers = asking(question)

    async def person(question: Elicitation) -> Reply:
        assert question.message == "Hm?"
        return Reply.ACCEPT

    async with (
        running(legacy(tools_call=ask)) as wire,
        Client(
            wire.url,
            elicitation=person,
            sampling=lambda params: "hi",
            roots=lambda: [{"uri": "file:///r", "name": "r"}],
        ) as client,
    ):
        await client.call_tool("ask")
    assert answers.get_nowait() == {"jsonrpc": "2.0", "id": "q1", **answer}


@requirement(
    "2024-11-05/client/one-outcome",
    "2025-03-26/client/one-outcome",
    "2025-06-18/client/one-outcome",
)
@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18"])
@pytest.mark.parametrize(
    "method", ["ping", "roots/list", "sampling/createMessage", "strange/thing"]
)
async def test_an_answer_in_an_older_revision_has_one_outcome(
    version: str, method: str
) -> None:
    ask, answers = asking({"method": method, "params": {}})

    async with (
        running(legacy(version, tools_call=ask)) as wire,
        Client(wire.url, roots=["file:///r"], sampling=lambda params: "hi") as client,
    ):
        await client.call_tool("ask")
    answer = answers.get_nowait()
    if method in ("ping", "roots/list"):
        assert answer.keys() == {"jsonrpc", "id", "result"}
    else:
        assert answer.keys() == {"jsonrpc", "id", "error"}
        assert type(answer["error"]["code"]) is int
        assert isinstance(answer["error"]["message"], str)
    assert (answer["jsonrpc"], answer["id"]) == ("2.0", "q1")


@requirement("2025-11-25/client/error-responses")
async def test_a_handler_that_fails_tells_the_server_nothing_but_that(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ask, answers = asking({"method": "roots/list"})

    def broken() -> list[str]:
        raise RuntimeError("secret")

    async with (
        running(legacy(tools_call=ask)) as wire,
        Client(wire.url, roots=broken) as client,
    ):
        await client.call_tool("ask")
    assert answers.get_nowait()["error"] == {
        "code": -32603,
        "message": "the client's handler failed",
    }
    assert "secret" in caplog.text


async def test_a_person_may_think_longer_than_the_call_may_take() -> None:
    ask, answers = asking(
        {
            "method": "elicitation/create",
            "params": {"message": "Hm?", "requestedSchema": FORM},
        }
    )

    async def slow(question: Elicitation) -> Reply:
        await asyncio.sleep(0.6)
        return Reply.DECLINE

    async with (
        running(legacy(tools_call=ask)) as wire,
        Client(wire.url, elicitation=slow, timeout=0.4, idle_timeout=0.4) as client,
    ):
        await client.call_tool("ask")
    assert answers.get_nowait()["result"] == {"action": "decline"}


@requirement("2025-11-25/client/ping")
async def test_server_requests_on_the_get_stream_are_answered_too() -> None:
    wire = legacy(tools_call=text)
    answered = asyncio.Event()

    async def get(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(event({"jsonrpc": "2.0", "id": 0, "method": "ping"}))
        await wire.until(lambda: wire.calls[-1].id == 0)
        answered.set()
        await asyncio.sleep(LIMIT)
        return stream

    wire.get = get
    async with running(wire), Client(wire.url, on_notification=print):
        async with asyncio.timeout(LIMIT):
            await answered.wait()


def resumable(*, retry: int | None, events: int = 1) -> Wire:
    """A tool's stream breaks off after each event; the result comes on a later GET."""
    wire = legacy()
    pending: dict[str, Any] = {}

    async def start(call: Call) -> WireReply:
        pending["result"] = await text(call)
        stream = await call.stream()
        fields = {} if retry is None else {"retry": retry}
        await stream.write(event("", id="e0", **fields))
        return stream

    async def get(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        last = request.headers.get("Last-Event-ID")
        if last is None:
            await asyncio.sleep(LIMIT)
        number = int(str(last)[1:]) + 1
        if number < events:
            await stream.write(event("", id=f"e{number}"))
        else:
            await stream.write(event(pending["result"], id=f"e{number}"))
        return stream

    wire.methods["tools/call"] = start
    wire.get = get
    return wire


@requirement(
    "2025-11-25/client/get-accept",
    "2025-11-25/client/retry",
    "2025-11-25/client/session-id-sent",
    "2025-11-25/client/version-header",
)
async def test_a_stream_that_breaks_off_is_resumed_after_the_last_event() -> None:
    loop = asyncio.get_running_loop()
    async with running(resumable(retry=200)) as wire, Client(wire.url) as client:
        started = loop.time()
        await client.call_tool("a", {"x": 1})
        assert 0.2 <= loop.time() - started < 0.4
    gets = [request for request in wire.requests if request.method == "GET"]
    assert [request.headers["Last-Event-ID"] for request in gets] == ["e0"]
    assert gets[0].headers[SESSION] == "session-1"
    assert gets[0].headers[VERSION] == "2025-11-25"
    assert gets[0].headers["Accept"] == "text/event-stream"
    assert len(wire.of("tools/call")) == 1


async def test_a_stream_may_break_off_often_as_long_as_it_gets_on() -> None:
    wire = resumable(retry=1, events=12)
    async with running(wire), Client(wire.url) as client:
        await client.call_tool("a")
    gets = [request for request in wire.requests if request.method == "GET"]
    assert [r.headers["Last-Event-ID"] for r in gets] == [f"e{n}" for n in range(12)]


async def test_a_stream_that_gets_nowhere_is_given_up() -> None:
    wire = resumable(retry=1)

    async def empty(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        return stream

    wire.get = empty
    async with running(wire), Client(wire.url) as client:
        with pytest.raises(TransportError, match="ended before its result"):
            await client.call_tool("a")
    assert len([r for r in wire.requests if r.method == "GET"]) == 5


def losing(status: int, body: object) -> Wire:
    """A server that forgets its first session after the handshake."""
    sessions = iter(["one", "two", "three"])
    wire = legacy()

    async def initialize(call: Call) -> WireReply:
        reply = web.json_response(
            call.result(protocolVersion="2025-11-25", capabilities={}, serverInfo={})
        )
        reply.headers[SESSION] = next(sessions)
        return reply

    async def work(call: Call) -> WireReply:
        if call.request.headers[SESSION] == "one":
            return json_status(status, body)
        return await text(call)

    wire.methods |= {"initialize": initialize, "tools/call": work}
    return wire


@requirement("2025-11-25/client/session-anew")
@pytest.mark.parametrize(
    "status, body",
    [
        (
            404,
            {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "?"}},
        ),
        (404, "not found"),
        (400, {"error": "No valid session ID provided"}),
    ],
)
async def test_a_lost_session_is_made_anew_and_the_call_repeated(
    status: int, body: object
) -> None:
    async with running(losing(status, body)) as wire, Client(wire.url) as client:
        await asyncio.gather(*(client.call_tool("a", {"n": n}) for n in range(50)))
    hellos = [call.request.headers for call in wire.of("initialize")]
    assert [SESSION in headers for headers in hellos] == [False, False]
    worked = [c for c in wire.of("tools/call") if c.request.headers[SESSION] == "two"]
    assert len(worked) == 50


async def test_a_server_that_loses_every_session_is_given_up() -> None:
    async def never(call: Call) -> WireReply:
        return json_status(404, "not found")

    async with (
        running(legacy(tools_call=never)) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(TransportError, match="HTTP 404"):
            await client.call_tool("a")
    assert len(wire.of("initialize")) == 2


async def test_each_session_has_request_ids_of_its_own() -> None:
    wire = losing(404, "not found")
    asked = asyncio.Event()
    answered = asyncio.Event()
    cancelled = asyncio.Event()
    request = {"jsonrpc": "2.0", "id": 1, "method": "elicitation/create"}
    question = {**request, "params": {"message": "Hm?", "requestedSchema": FORM}}

    async def ask(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event(question))
        if call.request.headers[SESSION] == "one":
            # The session is lost while its question is open.
            await answered.wait()
            return stream
        await wire.until(lambda: wire.calls[-1].id == 1)
        await stream.write(event(await text(call)))
        return stream

    async def person(question: Elicitation) -> Reply:
        if asked.is_set():
            return Reply.ACCEPT
        asked.set()
        try:
            await asyncio.sleep(LIMIT)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Reply.DECLINE

    forgets = wire.methods["tools/call"]

    async def work(call: Call) -> WireReply:
        return await (ask if call.params["name"] == "ask" else forgets)(call)

    wire.methods["tools/call"] = work
    async with (
        asyncio.timeout(LIMIT),
        running(wire),
        Client(wire.url, elicitation=person) as client,
    ):
        lost = asyncio.create_task(client.call_tool("ask"))
        await asked.wait()
        await client.call_tool("forget")
        await client.call_tool("ask")
        await cancelled.wait()
        answered.set()
        with pytest.raises(TransportError, match="ended before its result"):
            await lost
    answers = [call for call in wire.calls if call.id == 1 and "result" in call.message]
    assert [call.request.headers[SESSION] for call in answers] == ["two"]
    assert answers[0].message["result"]["action"] == "accept"


@requirement(
    "2025-11-25/client/cancels-its-own",
    "2025-11-25/client/notifications-without-id",
)
async def test_cancelling_a_call_tells_the_server() -> None:
    started = asyncio.Event()

    async def hang(call: Call) -> WireReply:
        started.set()
        await asyncio.sleep(LIMIT)
        return await text(call)

    async with running(legacy(tools_call=hang)) as wire:
        async with Client(wire.url) as client, asyncio.timeout(LIMIT):
            call = asyncio.create_task(client.call_tool("hang"))
            await started.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        (cancelled,) = wire.of("notifications/cancelled")
        (called,) = wire.of("tools/call")
    assert "id" not in cancelled.message
    assert cancelled.params["requestId"] == called.id
    assert wire.requests[-1].method == "DELETE"


@requirement("2025-11-25/client/cancellation-races")
async def test_an_answer_that_comes_after_the_cancellation_does_no_harm() -> None:
    started, late = asyncio.Event(), asyncio.Event()
    wire = legacy()

    async def work(call: Call) -> WireReply:
        if call.params["name"] == "hang":
            started.set()
            await asyncio.sleep(LIMIT)
        return await text(call)

    async def get(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await wire.until(lambda: bool(wire.of("notifications/cancelled")))
        await stream.write(event(wire.of("tools/call")[0].result(content=[])))
        await stream.write(event(notification("notifications/strange")))
        await asyncio.sleep(LIMIT)
        return stream

    def hear(notification: Notification) -> None:
        late.set()

    wire.methods["tools/call"] = work
    wire.get = get
    async with (
        asyncio.timeout(LIMIT),
        running(wire),
        Client(wire.url, on_notification=hear) as client,
    ):
        call = asyncio.create_task(client.call_tool("hang"))
        await started.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await late.wait()
        assert (await client.call_tool("b", {"n": 1})).content


@requirement("2025-11-25/client/operation")
async def test_the_log_level_is_set_where_the_server_has_logs() -> None:
    async def fine(call: Call) -> WireReply:
        return call.result()

    async with running(
        legacy(capabilities={"logging": {}}, logging_setLevel=fine)
    ) as wire:
        async with Client(wire.url, on_log=print) as client:
            await client.set_logging_level("error")
        async with Client(wire.url):
            pass
    levels = [call.params for call in wire.of("logging/setLevel")]
    assert levels == [{"level": "info"}, {"level": "error"}]


async def test_ping_is_a_request() -> None:
    async def pong(call: Call) -> WireReply:
        return call.result()

    async with running(legacy(ping=pong)) as wire, Client(wire.url) as client:
        await client.ping()
    assert len(wire.of("ping")) == 1


async def test_a_subscription_subscribes_listens_and_unsubscribes() -> None:
    updated = notification("notifications/resources/updated", uri="a://b")
    other = notification("notifications/resources/updated", uri="a://c")
    changed = notification("notifications/tools/list_changed")
    subscribed = asyncio.Event()

    async def subscribe(call: Call) -> WireReply:
        subscribed.set()
        return call.result()

    async def unsubscribe(call: Call) -> WireReply:
        return call.result()

    async def get(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await subscribed.wait()
        for message in (other, changed, updated):
            await stream.write(event(message))
        await asyncio.sleep(LIMIT)
        return stream

    wire = legacy(
        capabilities=EVERYTHING,
        resources_subscribe=subscribe,
        resources_unsubscribe=unsubscribe,
    )
    wire.get = get
    async with (
        running(wire),
        Client(wire.url) as client,
        client.subscribe(resources=["a://b"], tools_changed=True) as changes,
    ):
        async with asyncio.timeout(LIMIT):
            first, second = await anext(changes), await anext(changes)
    assert first == Notification("notifications/tools/list_changed", {})
    assert second == Notification("notifications/resources/updated", {"uri": "a://b"})
    assert [c.params["uri"] for c in wire.of("resources/subscribe")] == ["a://b"]
    assert [c.params["uri"] for c in wire.of("resources/unsubscribe")] == ["a://b"]


async def test_a_subscription_needs_a_stream() -> None:
    async with running(legacy()) as wire, Client(wire.url) as client:
        with pytest.raises(TransportError, match="offers no stream for changes"):
            async with client.subscribe(tools_changed=True):
                pass


@requirement("2025-03-26/client/batches")
@pytest.mark.parametrize("streamed", [False, True])
async def test_batches_of_2025_03_26_are_understood(streamed: bool) -> None:
    async def batch(call: Call) -> WireReply:
        first = notification("notifications/message", level="info", data="x")
        together = [first, await text(call)]
        if not streamed:
            return web.json_response(together)
        stream = await call.stream()
        ping = {"jsonrpc": "2.0", "id": "p1", "method": "ping"}
        await stream.write(event([ping, ping | {"id": "p2"}]))
        answers = {"p1", "p2"}
        await call.server.until(lambda: answers <= {c.id for c in call.server.calls})
        await stream.write(event(together))
        return stream

    logs: list[object] = []
    async with (
        running(legacy("2025-03-26", tools_call=batch)) as wire,
        Client(wire.url, on_log=logs.append) as client,
    ):
        await client.call_tool("a")
    assert len(logs) == 1


async def test_structured_results_of_old_servers_are_read_from_their_text() -> None:
    from mcpgen.runtime.client import ToolCall
    from mcpgen.runtime.core.catalog import JsonObject
    from mcpgen.runtime.core.model import Model

    class Out(Model):
        x: int

    definition: JsonObject = {
        "name": "a",
        "inputSchema": {"type": "object"},
        "outputSchema": {"type": "object", "required": ["x"]},
    }
    call = ToolCall(definition, Out)
    async with (
        running(legacy("2025-03-26", tools_call=text)) as wire,
        Client(wire.url) as client,
    ):
        assert (await client._call_tool(call, {"x": 1})).x == 1


async def test_an_error_of_the_handshake_is_told() -> None:
    async def refuse(call: Call) -> WireReply:
        return json_status(403, call.error(-32600, "Only for members"))

    wire = legacy()
    wire.methods["initialize"] = refuse
    async with running(wire):
        with pytest.raises(
            ClientError, match=r"is forbidden \(HTTP 403\): Only for members"
        ):
            await Client(wire.url).open()

    async def broken(call: Call) -> WireReply:
        return call.error(-32603, "Database down")

    wire.methods["initialize"] = broken
    async with running(wire):
        with pytest.raises(ProtocolError, match="initialize: Database down"):
            await Client(wire.url).open()


@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_read_whose_stream_ends_without_a_result_is_repeated(
    make: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "_FIRST", 0.001)

    async def ends_twice(call: Call) -> WireReply:
        stream = await call.stream()
        if len(call.server.of("prompts/list")) == 3:
            await stream.write(event(call.result(prompts=[])))
        return stream

    async def ends(call: Call) -> WireReply:
        return await call.stream()

    capabilities: dict[str, Any] = {"prompts": {}, "tools": {}}
    wire = make(prompts_list=ends_twice, tools_call=ends)
    if make is legacy:
        wire = legacy(
            capabilities=capabilities, prompts_list=ends_twice, tools_call=ends
        )
    async with running(wire), Client(wire.url) as client:
        assert await client.list_prompts() == []
        with pytest.raises(TransportError, match="ended before its result"):
            await client.call_tool("a")
    assert len(wire.of("prompts/list")) == 3
    assert len(wire.of("tools/call")) == 1


@pytest.mark.parametrize("status", [404, 405, 500])
async def test_a_resumption_that_is_refused_reports_what_broke_the_stream(
    status: int,
) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return json_status(status, {"error": "What stream?"})

    wire = resumable(retry=1)
    wire.get = refuse
    async with running(wire), Client(wire.url) as client:
        with pytest.raises(
            TransportError, match=r"POST .* ended before its result"
        ) as caught:
            await client.call_tool("a")
    assert isinstance(caught.value.__cause__, TransportError)
    assert caught.value.__cause__.status == status
    assert len([r for r in wire.requests if r.method == "GET"]) == 1


async def test_a_call_whose_server_is_gone_ends_in_its_time() -> None:
    called = asyncio.Event()

    async def begin(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event("", id="e0"))
        called.set()
        await asyncio.sleep(LIMIT)
        return stream

    wire = legacy(tools_call=begin)
    async with asyncio.timeout(LIMIT), contextlib.AsyncExitStack() as server:
        await server.enter_async_context(running(wire))
        async with Client(wire.url) as client:
            call = asyncio.create_task(client.with_options(timeout=1).call_tool("a"))
            await called.wait()
            await server.aclose()
            with pytest.raises(CallTimeoutError):
                await call
