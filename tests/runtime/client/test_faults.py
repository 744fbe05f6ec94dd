"""What goes wrong on the way is told in words, in time, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    BearerAuth,
    CallTimeoutError,
    Client,
    ClientError,
    TransportError,
)
from mcpgen.runtime.client.transports.http import requests as http
from tests.pace import patient
from tests.ports import free_port
from tests.requirements import requirement

from .wire import (
    LIMIT,
    Call,
    Handler,
    event,
    json_status,
    legacy,
    modern,
    notification,
    running,
    text,
)
from .wire import Reply as WireReply


def status(code: int, body: str = "", kind: str = "text/plain") -> Handler:
    async def answer(call: Call) -> WireReply:
        return web.Response(status=code, text=body, content_type=kind)

    return answer


async def half_an_event(call: Call) -> WireReply:
    stream = await call.stream()
    await stream.write(event(await text(call))[:-10])
    return stream


async def half_a_body(call: Call) -> WireReply:
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": "1000"}
    )
    await response.prepare(call.request)
    await response.write(b'{"jsonrpc"')
    assert call.request.transport is not None
    call.request.transport.abort()
    return response


async def reset(call: Call) -> WireReply:
    assert call.request.transport is not None
    call.request.transport.abort()
    return web.Response()


FAULTS: list[tuple[Handler, str]] = [
    (status(502, "<html><b>nginx</b></html>", "text/html"), "HTTP 502 Bad Gateway with an HTML page. A proxy answered"),
    (status(500, "secret\x00 trace"), "HTTP 500 Internal Server Error: secret trace"),
    (status(503), "overloaded or down"),
    (status(429, "slow down"), "HTTP 429 Too Many Requests: slow down"),
    (status(200, "{]", "application/json"), "not valid JSON"),
    (status(200, "[" * 1000, "application/json"), "not valid JSON"),
    (status(200, '{"jsonrpc":"1.0"}', "application/json"), "not a JSON-RPC message"),
    (status(200, "3", "application/json"), "not a JSON-RPC message"),
    (status(200, '{"jsonrpc":"2.0","id":99,"result":{}}', "application/json"), "ended before its result"),
    (status(200, "hello"), "content type is text/plain"),
    (status(202), "ended before its result"),
    (half_an_event, "ended before its result"),
    (half_a_body, "the connection broke|the answer broke off"),
    (reset, "without an answer|the connection broke"),
]  # fmt: skip


@pytest.mark.parametrize("handler, message", FAULTS)
@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_fault_is_one_clear_error_and_the_next_call_works(
    make: Callable[..., object], handler: Handler, message: str
) -> None:
    wire = modern() if make is modern else legacy()

    async def work(call: Call) -> WireReply:
        return await (handler(call) if call.params["name"] == "bad" else text(call))

    wire.methods["tools/call"] = work
    async with running(wire), Client(wire.url, timeout=LIMIT) as client:
        with pytest.raises(TransportError, match=message) as caught:
            await client.call_tool("bad")
        await client.call_tool("good")
    assert str(caught.value).startswith(f"POST {wire.url}: ")
    assert len(wire.of("tools/call")) == 2


async def test_what_is_safe_is_tried_again_and_what_is_not_is_not() -> None:
    answers = [status(503), reset, status(502)]

    async def list_tools(call: Call) -> WireReply:
        if len(call.server.of("tools/list")) < 3:
            return await answers[len(call.server.of("tools/list")) - 1](call)
        return call.result(tools=[])

    async with (
        running(modern(tools_list=list_tools, tools_call=status(503))) as wire,
        Client(wire.url) as client,
    ):
        assert await client.list_tools() == []
        with pytest.raises(TransportError, match="HTTP 503"):
            await client.call_tool("a")
        answers = [status(503)] * 9
    assert len(wire.of("tools/list")) == 3
    assert len(wire.of("tools/call")) == 1


async def test_a_server_that_restarts_is_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However quickly it restarts.
    monkeypatch.setattr(http, "_IDLE", 0)
    wire = modern(tools_call=text)
    app = web.Application()
    app.router.add_post("/mcp", wire.handle)
    first = web.AppRunner(app, shutdown_timeout=0.1)
    await first.setup()
    port = free_port()
    await web.TCPSite(first, "127.0.0.1", port).start()
    async with Client(f"http://127.0.0.1:{port}/mcp") as client:
        await client.call_tool("a")
        await first.cleanup()
        with pytest.raises(TransportError, match="cannot connect"):
            await client.call_tool("b")
        again = web.Application()
        again.router.add_post("/mcp", wire.handle)
        second = web.AppRunner(again, shutdown_timeout=0.1)
        await second.setup()
        try:
            await web.TCPSite(second, "127.0.0.1", port).start()
            await client.call_tool("c")
        finally:
            await second.cleanup()


async def test_a_redirect_within_the_origin_is_followed() -> None:
    async def moved(call: Call) -> WireReply:
        if call.request.path == "/mcp":
            return web.Response(status=307, headers={"Location": "/mcp/"})
        return await text(call)

    async with running(modern(tools_call=moved)) as wire, Client(wire.url) as client:
        await client.call_tool("a", {"x": 1})


@requirement("2025-11-25/client/session-id-secret")
@pytest.mark.parametrize(
    "location, code, message",
    [
        ("http://localhost:{port}/mcp", 307, "redirects to another origin"),
        ("https://127.0.0.1:{port}/mcp", 308, "redirects to another origin"),
        ("//evil.example/mcp?token=x", 307, "origin: http://evil.example/mcp. "),
        ("/other", 302, "as a GET. Use that URL"),
        ("/mcp", 307, "in circles"),
    ],
)
async def test_other_redirects_are_refused(
    location: str, code: int, message: str
) -> None:
    async def moved(call: Call) -> WireReply:
        port = call.request.url.port
        return web.Response(
            status=code, headers={"Location": location.format(port=port)}
        )

    async with (
        running(modern(tools_call=moved)) as wire,
        Client(wire.url, auth=BearerAuth("secret-token")) as client,
    ):
        with pytest.raises(TransportError) as caught:
            await client.call_tool("a")
    assert message in str(caught.value)
    assert "token" not in str(caught.value)


async def test_a_great_result_passes_and_a_greater_one_does_not() -> None:
    async def great(call: Call) -> WireReply:
        content = [{"type": "text", "text": "x" * 10_000_000}]
        if call.params["name"] == "json":
            return call.result(content=content)
        stream = await call.stream()
        await stream.write(event(call.result(content=content)))
        return stream

    async with running(modern(tools_call=great)) as wire:
        async with Client(wire.url) as client:
            for name in ("json", "sse"):
                assert (await client.call_tool(name)).content
        async with Client(wire.url, max_bytes=1_000_000) as client:
            with pytest.raises(TransportError, match="greater than 1000000 bytes"):
                await client.call_tool("json")
            with pytest.raises(TransportError, match="greater than 1000000 bytes"):
                await client.call_tool("sse")


async def test_compressed_answers_are_read_and_bombs_are_not() -> None:
    async def zipped(call: Call) -> WireReply:
        size = 10 if call.params["name"] == "small" else 50_000_000
        body = json.dumps(call.result(content=[{"type": "text", "text": "x" * size}]))
        return web.Response(
            body=gzip.compress(body.encode(), 1),
            headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
        )

    async with (
        running(modern(tools_call=zipped)) as wire,
        Client(wire.url, max_bytes=1_000_000) as client,
    ):
        assert (await client.call_tool("small")).content
        with pytest.raises(TransportError, match="greater than 1000000 bytes"):
            await client.call_tool("bomb")


async def trickle(call: Call) -> WireReply:
    """A slow loris: bytes, but never a message."""
    stream = await call.stream()
    for _ in range(int(LIMIT * 50)):
        await stream.write(b": still here\n\n")
        await asyncio.sleep(0.02)
    return stream


async def silence(call: Call) -> WireReply:
    await asyncio.sleep(LIMIT)
    return await text(call)


@pytest.mark.parametrize("handler", [trickle, silence])
@pytest.mark.parametrize("limits", [{"timeout": 0.2}, {"idle_timeout": 0.2}])
@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_call_ends_in_time(
    make: Callable[..., object], limits: dict[str, float], handler: Handler
) -> None:
    wire = modern(tools_call=handler) if make is modern else legacy(tools_call=handler)
    async with running(wire), Client(wire.url) as client:
        async with asyncio.timeout(patient(5)):
            with pytest.raises(
                CallTimeoutError, match="no answer to tools/call in time"
            ):
                await (
                    client.with_options(timeout=None, idle_timeout=None)
                    .with_options(
                        **limits  # type: ignore[arg-type]
                    )
                    .call_tool("slow")
                )
    if make is legacy:
        assert len(wire.of("notifications/cancelled")) == 1


async def test_progress_is_a_sign_of_life_but_the_total_limit_stays() -> None:
    async def work(call: Call) -> WireReply:
        stream = await call.stream()
        for step in range(int(call.params["arguments"]["steps"])):
            await stream.write(
                event(
                    notification(
                        "notifications/progress",
                        progressToken=call.meta["progressToken"],
                        progress=step,
                    )
                )
            )
            await asyncio.sleep(0.05)
        await stream.write(event(await text(call)))
        return stream

    async with (
        running(modern(tools_call=work)) as wire,
        Client(wire.url, idle_timeout=0.3, timeout=1.5) as client,
    ):
        await client.call_tool("work", {"steps": 10})
        with pytest.raises(CallTimeoutError):
            await client.call_tool("work", {"steps": 100})


async def test_a_timeout_is_a_timeout_error_too() -> None:
    async with (
        running(modern(tools_call=silence)) as wire,
        Client(wire.url, timeout=0.1) as client,
    ):
        with pytest.raises(TimeoutError, match=r"`timeout` is 0[.]1 s"):
            await client.call_tool("a")


def left_behind(before: set[asyncio.Task[object]]) -> set[str]:
    return {
        task.get_coro().__qualname__  # type: ignore[union-attr]
        for task in asyncio.all_tasks() - before
        if "mcpgen.runtime.client" in str(task.get_coro())
        or "Client" in task.get_coro().__qualname__  # type: ignore[union-attr]
    }


async def no_end(call: Call) -> WireReply:
    stream = await call.stream()
    await stream.write(b": hi\n\n")
    await asyncio.sleep(LIMIT)
    return stream


@pytest.mark.parametrize("make", [modern, legacy])
async def test_nothing_is_left_behind_whatever_happened(
    make: Callable[..., object],
) -> None:
    wire = (
        modern(tools_call=no_end, subscriptions_listen=no_end)
        if make is modern
        else legacy(tools_call=no_end)
    )

    async def get(request: web.Request) -> web.StreamResponse:
        return await no_end(Call(wire, request, {}))

    wire.get = get
    before = asyncio.all_tasks()
    async with running(wire):
        client = Client(wire.url, on_notification=print)

        async def fail() -> None:
            async with client:
                call = asyncio.create_task(client.call_tool("a"))
                await wire.until(lambda: bool(wire.of("tools/call")))
                call.cancel()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert left_behind(before) == set()
        with pytest.raises(RuntimeError, match="use it in `async with`"):
            await client.call_tool("a")


@pytest.mark.parametrize("make", [modern, legacy])
async def test_a_stream_that_goes_on_after_its_answer_is_closed_with_the_client(
    make: Callable[..., object],
) -> None:
    async def linger(call: Call) -> WireReply:
        stream = await call.stream()
        await stream.write(event(await text(call)))
        await asyncio.sleep(LIMIT)
        return stream

    seen: list[aiohttp.ClientResponse] = []

    class Seen(aiohttp.ClientResponse):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            seen.append(self)

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(response_class=Seen)

    wire = modern(tools_call=linger) if make is modern else legacy(tools_call=linger)
    async with running(wire), asyncio.timeout(LIMIT):
        async with Client(wire.url, session_factory=session) as client:
            await client.call_tool("a")
            # Nothing comes between the answer and the end.
        assert [each.url for each in seen if each.connection is not None] == []


@pytest.mark.parametrize("make", [modern, legacy])
async def test_leaving_while_a_call_runs_ends_the_call(
    make: Callable[..., object],
) -> None:
    wire = modern(tools_call=no_end) if make is modern else legacy(tools_call=no_end)
    before = asyncio.all_tasks()
    async with running(wire), asyncio.timeout(LIMIT):
        async with Client(wire.url) as client:
            call = asyncio.create_task(client.call_tool("a"))
            await wire.until(lambda: bool(wire.of("tools/call")))
        with pytest.raises(ClientError):
            await call
        assert left_behind(before) == set()


async def test_an_answer_that_is_no_session_end_does_not_hold_up_the_end() -> None:
    wire = legacy()
    hang = asyncio.Event()
    original = wire.handle

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.method == "DELETE":
            await hang.wait()
        return await original(request)

    wire.handle = handle  # type: ignore[method-assign]
    async with running(wire):
        loop = asyncio.get_running_loop()
        async with Client(wire.url):
            started = loop.time()
        assert loop.time() - started < 4
        hang.set()


async def test_an_error_page_in_json_keeps_its_words() -> None:
    async def refuse(call: Call) -> WireReply:
        return json_status(500, {"detail": "out of disk"})

    async with running(modern(tools_call=refuse)) as wire, Client(wire.url) as client:
        with pytest.raises(TransportError, match="out of disk"):
            await client.call_tool("a")


def test_the_former_name_of_a_summary_warns() -> None:
    error = TransportError(
        "broke", url="http://a.example/mcp", method="POST", hint="Wait"
    )
    assert str(error) == f"{error.summary}. Wait"
    with pytest.warns(DeprecationWarning, match="use `summary`"):
        assert error.told == error.summary == "POST http://a.example/mcp: broke"
