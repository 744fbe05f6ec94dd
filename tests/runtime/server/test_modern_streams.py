"""Event streams of modern requests: progress, logs, cancellation, silence."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Settings
from tests.requirements import requirement

from .conftest import Serve
from .wire import SECONDS, ModernWire, until
from .workshop import Workshop

LEVEL = "io.modelcontextprotocol/logLevel"


async def test_without_notifications_the_answer_is_one_json_object(
    modern: ModernWire,
) -> None:
    reply = await modern.tool("threaded")

    assert reply.headers["Content-Type"] == "application/json"


async def test_progress_comes_before_the_response(modern: ModernWire) -> None:
    reply = await modern.tool("threaded", meta={"progressToken": "t"})

    progress, response = reply.messages
    assert progress == {
        "jsonrpc": "2.0",
        "method": "notifications/progress",
        "params": {"progressToken": "t", "progress": 1, "total": 2},
    }
    assert response["result"]["resultType"] == "complete"
    assert reply.headers["X-Accel-Buffering"] == "no"
    assert "no-cache" in reply.headers["Cache-Control"]
    assert all(event.id is None for event in reply.events)


@requirement("2026-07-28/server/progress-token")
@pytest.mark.parametrize("token", [True, None, 1.5, [], {}])
async def test_a_token_that_is_none_gets_no_progress(
    modern: ModernWire, token: object
) -> None:
    reply = await modern.tool("threaded", meta={"progressToken": token})

    assert reply.headers["Content-Type"] == "application/json"


@requirement("2026-07-28/server/logging-asked")
async def test_no_log_message_unless_the_request_asks_for_a_level(
    modern: ModernWire,
) -> None:
    assert (await modern.tool("logging")).content == "logged"


@requirement("2026-07-28/server/logging-own-stream")
@pytest.mark.parametrize(
    ("level", "count"),
    [("debug", 5), ("info", 4), ("notice", 3), ("error", 2), ("emergency", 1)],
)
async def test_log_messages_from_the_level_on(
    modern: ModernWire, level: str, count: int
) -> None:
    reply = await modern.tool("logging", meta={LEVEL: level})

    *logged, response = reply.messages
    assert [m["method"] for m in logged] == ["notifications/message"] * count
    assert response["result"]["content"][0]["text"] == "logged"


async def test_a_log_message_says_what_where_and_how_bad(modern: ModernWire) -> None:
    reply = await modern.tool("logging", meta={LEVEL: "info"})

    assert reply.messages[0]["params"] == {
        "level": "info",
        "data": {"i": 1},
        "logger": "shop",
    }


async def test_a_client_that_takes_only_json_gets_the_response_alone(
    modern: ModernWire,
) -> None:
    reply = await modern.tool(
        "logging", meta={LEVEL: "debug"}, headers={"Accept": "application/json"}
    )

    assert reply.content == "logged"


@pytest.mark.parametrize(
    "accept", ["text/event-stream", "text/event-stream, application/json"]
)
async def test_a_client_that_prefers_events_gets_the_response_as_one(
    modern: ModernWire, accept: str
) -> None:
    reply = await modern.tool("add", {"a": 1}, headers={"Accept": accept})

    assert reply.messages[0]["result"]["structuredContent"] == {"sum": 2}


async def test_an_early_error_has_its_status_even_for_those_who_prefer_events(
    modern: ModernWire,
) -> None:
    reply = await modern.call("nope", headers={"Accept": "text/event-stream"})

    assert (reply.status, reply.error["code"]) == (404, -32601)


@requirement("2026-07-28/server/cancellation-by-closing")
async def test_closing_the_stream_cancels_the_handler(
    modern: ModernWire, service: Workshop
) -> None:
    body, headers = modern.request("tools/call", {"name": "blocking"})
    call = asyncio.ensure_future(modern.send(body, headers=headers))
    await asyncio.wait_for(service.started.wait(), SECONDS)

    call.cancel()

    await asyncio.wait_for(service.cancelled.wait(), SECONDS)
    assert service.seen[0].cancelled is True


@requirement("2026-07-28/server/cancellation-by-closing")
async def test_a_plain_function_is_told_that_it_is_cancelled(
    modern: ModernWire, service: Workshop
) -> None:
    body, headers = modern.request("tools/call", {"name": "stuck"})
    call = asyncio.ensure_future(modern.send(body, headers=headers))
    await asyncio.wait_for(service.started.wait(), SECONDS)
    assert service.seen[0].cancelled is False

    call.cancel()

    await until(lambda: service.seen[0].cancelled)
    service.thread_release.set()


async def test_a_long_silence_is_broken_by_comments(
    http: ClientSession, serve: Serve, service: Workshop
) -> None:
    wire = ModernWire(http, await serve(Settings(keep_alive=0.05)))

    async with wire.streaming("tools/call", {"name": "blocking"}) as stream:
        assert await stream.comment() == ":"
        assert await stream.comment() == ":"
        service.release.set()
        response = await stream.message()

    assert response["result"]["content"][0]["text"] == "released"


async def test_many_requests_run_side_by_side(
    modern: ModernWire, service: Workshop
) -> None:
    blocked = asyncio.ensure_future(modern.tool("blocking"))
    await asyncio.wait_for(service.started.wait(), SECONDS)

    replies = await asyncio.gather(
        *(modern.tool("add", {"a": n}) for n in range(20, 40))
    )
    service.release.set()

    sums = [reply.result["structuredContent"]["sum"] for reply in replies]
    assert sums == list(range(21, 41))
    assert (await blocked).content == "released"
