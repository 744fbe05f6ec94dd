"""Event streams of legacy sessions: server requests, GET, resumption, polling."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Settings
from tests.requirements import requirement

from .conftest import Serve
from .wire import SECONDS, LegacyWire, ModernWire, until
from .workshop import NAME_FORM, Workshop

ALL: dict[str, Any] = {
    "elicitation": {"form": {}, "url": {}},
    "sampling": {},
    "roots": {},
}
BO = {"action": "accept", "content": {"name": "Bo"}}
PROGRESS = {"_meta": {"progressToken": 1}}


@pytest.fixture
async def able(http: ClientSession, url: str) -> LegacyWire:
    """A client that can be asked anything."""
    wire = LegacyWire(http, url)
    await wire.initialize(capabilities=ALL)
    return wire


# --- requests of the server ------------------------------------------------------


@requirement("2025-11-25/server/elicitation-form")
async def test_a_question_is_a_request_on_the_calls_stream(able: LegacyWire) -> None:
    async with able.streaming("asking") as stream:
        request = await stream.message()
        assert request["method"] == "elicitation/create"
        assert request["params"] == {
            "mode": "form",
            "message": "Name?",
            "requestedSchema": NAME_FORM,
        }
        assert (await able.answer(request, BO)).status == 202
        response = await stream.message()

    assert response["result"]["content"][0]["text"] == "accept: {'name': 'Bo'}"


async def test_several_questions_travel_together(able: LegacyWire) -> None:
    poem = {
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "Hm"}],
    }
    answers: dict[str, Any] = {
        "elicitation/create": BO,
        "sampling/createMessage": poem,
        "roots/list": {"roots": [{"uri": "file:///a", "name": "A"}]},
    }
    async with able.streaming("asking_all") as stream:
        requests = [await stream.message() for _ in range(3)]
        for request in reversed(requests):
            await able.answer(request, answers[request["method"]])
        response = await stream.message()

    text = response["result"]["content"][0]["text"]
    assert text == "{'name': 'Bo'} Hm file:///a"


async def test_a_page_to_open_has_an_id(able: LegacyWire) -> None:
    async with able.streaming("asking_url") as stream:
        request = await stream.message()
        await able.answer(request, {"action": "decline"})
        response = await stream.message()

    assert request["params"]["mode"] == "url"
    assert len(request["params"]["elicitationId"]) > 10
    assert response["result"]["content"][0]["text"] == "decline"


async def test_sampling(able: LegacyWire) -> None:
    async with able.streaming("sampling") as stream:
        request = await stream.message()
        said = {
            "role": "assistant",
            "model": "m",
            "content": {"type": "text", "text": "Hi"},
        }
        await able.answer(request, said)
        response = await stream.message()

    assert request["params"] == {
        "messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}],
        "maxTokens": 10,
        "systemPrompt": "Be brief",
    }
    assert response["result"]["content"][0]["text"] == "m: Hi"


async def test_an_answer_that_does_not_fit_is_asked_for_again_and_then_given_up(
    able: LegacyWire,
) -> None:
    async with able.streaming("asking") as stream:
        for _ in range(3):
            wrong = {"action": "accept", "content": {"name": 3}}
            await able.answer(await stream.message(), wrong)
        result = (await stream.message())["result"]

    assert result["isError"] is True
    assert "name: must be a string" in result["content"][0]["text"]


async def test_a_client_may_answer_with_an_error(able: LegacyWire) -> None:
    async with able.streaming("sampling") as stream:
        request = await stream.message()
        await able.send(
            {
                "jsonrpc": "2.0",
                "id": request["id"],
                "error": {"code": -1, "message": "User said no"},
            }
        )
        result = (await stream.message())["result"]

    assert result["isError"] is True
    assert "User said no" in result["content"][0]["text"]


@requirement("2025-11-25/server/cancels-its-own")
async def test_an_answer_that_does_not_come_is_given_up_on(
    http: ClientSession, serve: Serve
) -> None:
    wire = LegacyWire(http, await serve(Settings(answer_timeout=0.05)))
    await wire.initialize(capabilities=ALL)

    async with wire.streaming("asking") as stream:
        request = await stream.message()
        cancelled = await stream.message()
        result = (await stream.message())["result"]

    assert cancelled["method"] == "notifications/cancelled"
    assert cancelled["params"]["requestId"] == request["id"]
    assert result["isError"] is True


@requirement(
    "2025-11-25/server/elicitation-errors",
    "2025-11-25/server/elicitation-modes",
    "2025-11-25/server/operation",
)
@pytest.mark.parametrize("tool", ["asking", "asking_url", "sampling", "roots"])
async def test_a_client_without_the_capability_is_not_asked(
    legacy: LegacyWire, tool: str
) -> None:
    assert (await legacy.tool(tool)).error["code"] == -32600


@requirement("2025-11-25/server/operation")
async def test_a_revision_without_elicitation_is_not_asked(
    http: ClientSession, url: str
) -> None:
    wire = LegacyWire(http, url)
    await wire.initialize("2025-03-26", capabilities=ALL)

    assert (await wire.tool("asking")).error["code"] == -32600


@requirement("2025-11-25/server/elicitation-form")
async def test_forms_before_2025_11_25_have_no_mode(
    http: ClientSession, url: str
) -> None:
    wire = LegacyWire(http, url)
    await wire.initialize("2025-06-18", capabilities=ALL)

    async with wire.streaming("asking") as stream:
        request = await stream.message()
        await wire.answer(request, BO)

    assert set(request["params"]) == {"message", "requestedSchema"}


@requirement("2025-11-25/server/elicitation-state")
async def test_an_answer_of_another_session_changes_nothing(
    able: LegacyWire, http: ClientSession
) -> None:
    thief = LegacyWire(http, able.url)
    await thief.initialize(capabilities=ALL)

    async with able.streaming("asking") as stream:
        request = await stream.message()
        await thief.answer(request, {"action": "accept", "content": {"name": "Eve"}})
        await able.answer(request, BO)
        response = await stream.message()

    assert "Bo" in response["result"]["content"][0]["text"]


@requirement("2025-11-25/server/cancellation-races")
async def test_an_answer_to_nothing_is_accepted(able: LegacyWire) -> None:
    assert (await able.answer({"id": 77}, {})).status == 202


# --- streams of requests ------------------------------------------------------------


async def test_the_first_event_has_an_id_and_no_data(legacy: LegacyWire) -> None:
    events = (await legacy.tool("threaded", params=PROGRESS)).events

    assert events[0].data == ""
    assert len({event.id for event in events}) == len(events) == 3
    assert None not in {event.id for event in events}


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18"])
async def test_older_clients_get_no_event_without_data(
    http: ClientSession, url: str, version: str
) -> None:
    wire = LegacyWire(http, url)
    await wire.initialize(version)

    events = (await wire.tool("threaded", params=PROGRESS)).events

    assert all(event.data for event in events)


async def test_without_a_history_events_have_no_ids(
    http: ClientSession, serve: Serve
) -> None:
    wire = LegacyWire(http, await serve(Settings(event_history=0)))
    await wire.initialize()

    events = (await wire.tool("threaded", params=PROGRESS)).events

    assert [event.id for event in events] == [None, None]


async def test_a_lost_connection_cancels_in_the_modern_era_alone(
    legacy: LegacyWire, modern: ModernWire, service: Workshop
) -> None:
    old = asyncio.ensure_future(legacy.tool("blocking", params=PROGRESS))
    await until(lambda: len(service.seen) == 1)
    new = asyncio.ensure_future(modern.tool("blocking"))
    await until(lambda: len(service.seen) == 2)

    old.cancel()
    new.cancel()

    await asyncio.wait_for(service.cancelled.wait(), SECONDS)
    assert [ctx.cancelled for ctx in service.seen] == [False, True]
    service.release.set()
    await until(lambda: service.released == 1)


@requirement("2025-11-25/server/get-no-responses")
async def test_a_lost_stream_is_resumed_where_it_broke(
    able: LegacyWire, service: Workshop
) -> None:
    async with able.streaming("asking") as stream:
        primer = await stream.next()
        request = await stream.message()

    async with able.get(headers={"Last-Event-ID": primer.id}) as again:
        assert await again.message() == request
        await able.answer(request, BO)
        response = await again.message()
        assert await again.ended()

    assert response["result"]["content"][0]["text"] == "accept: {'name': 'Bo'}"


@requirement("2025-11-25/server/replay-own-stream")
async def test_what_is_over_can_be_fetched_again(legacy: LegacyWire) -> None:
    events = (await legacy.tool("threaded", params=PROGRESS)).events

    for place, event in enumerate(events):
        async with legacy.get(headers={"Last-Event-ID": event.id}) as stream:
            for expected in events[place + 1 :]:
                assert await stream.next() == expected
            assert await stream.ended()


@pytest.mark.parametrize("event_id", ["99-1", "nonsense", "1", "-1-1", "1-" + "9" * 99])
async def test_an_event_id_that_was_never_given_is_bad(
    legacy: LegacyWire, event_id: str
) -> None:
    async with legacy.get(headers={"Last-Event-ID": event_id}) as stream:
        assert stream.response.status == 400


@requirement("2025-11-25/server/replay-own-stream")
async def test_a_session_can_not_resume_the_stream_of_another(
    legacy: LegacyWire, http: ClientSession
) -> None:
    events = (await legacy.tool("threaded", params=PROGRESS)).events
    thief = LegacyWire(http, legacy.url)
    await thief.initialize()

    async with thief.get(headers={"Last-Event-ID": events[0].id}) as stream:
        assert stream.response.status == 400


async def test_a_handler_may_close_the_stream_and_be_polled(
    legacy: LegacyWire, service: Workshop
) -> None:
    async with legacy.streaming("polling", PROGRESS) as stream:
        await stream.next()
        last = await stream.next()
        assert await stream.ended()
    assert (last.data, last.retry) == ("", 50)

    async with legacy.get(headers={"Last-Event-ID": last.id}) as again:
        service.release.set()
        progress, response = await again.message(), await again.message()
        assert await again.ended()

    assert progress["params"]["progress"] == 1
    assert response["result"]["content"][0]["text"] == "polled"


async def test_older_clients_are_not_made_to_poll(
    http: ClientSession, url: str, service: Workshop
) -> None:
    wire = LegacyWire(http, url)
    await wire.initialize("2025-06-18")
    service.release.set()

    assert (await wire.tool("polling", params=PROGRESS)).messages[-1]["result"]


async def test_a_long_silence_is_broken_by_comments(
    http: ClientSession, serve: Serve, service: Workshop
) -> None:
    wire = LegacyWire(http, await serve(Settings(keep_alive=0.05)))
    await wire.initialize()

    async with wire.streaming("blocking") as stream:
        assert (await stream.next()).data == ""
        assert await stream.comment() == ":"
        service.release.set()
        response = await stream.message()

    assert response["result"]["content"][0]["text"] == "released"


# --- GET --------------------------------------------------------------------------


async def test_get_must_accept_events(legacy: LegacyWire) -> None:
    assert (await legacy.other("GET", Accept="application/json")).status == 406


@requirement("2025-11-25/server/get-no-responses")
async def test_changes_of_lists_are_told_on_the_get_stream(legacy: LegacyWire) -> None:
    async with legacy.get() as stream:
        # A response of the first call would be between the notifications of both.
        for _ in range(2):
            await legacy.tool("change_lists")
        methods = [(await stream.message()).get("method") for _ in range(6)]

    assert methods == 2 * [
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
    ]


async def test_updates_are_told_to_those_who_subscribed(legacy: LegacyWire) -> None:
    assert (
        await legacy.call("resources/subscribe", {"uri": "shop://text"})
    ).result == {}
    async with legacy.get() as stream:
        await legacy.tool("change_lists")
        told = [await stream.message() for _ in range(4)]
        assert (
            await legacy.call("resources/unsubscribe", {"uri": "shop://text"})
        ).result == {}
        await legacy.tool("change_lists")
        later = [await stream.message() for _ in range(3)]

    assert told[3] == {
        "jsonrpc": "2.0",
        "method": "notifications/resources/updated",
        "params": {"uri": "shop://text"},
    }
    assert all("list_changed" in message["method"] for message in later)


@pytest.mark.parametrize("method", ["resources/subscribe", "resources/unsubscribe"])
async def test_a_subscription_names_a_resource(legacy: LegacyWire, method: str) -> None:
    assert (await legacy.call(method, {})).error["code"] == -32602


@requirement("2025-11-25/server/one-stream-per-message")
async def test_a_message_goes_to_one_stream_only(legacy: LegacyWire) -> None:
    async with legacy.get() as older, legacy.get() as newer:
        await legacy.tool("change_lists")
        assert (await newer.message())["method"].endswith("tools/list_changed")
        await legacy.other("DELETE")
        assert await older.ended()


async def test_a_get_stream_begins_with_a_comment(legacy: LegacyWire) -> None:
    # Proxies that compress hold back the head until the body begins.
    async with legacy.get() as stream:
        assert await stream.comment() == ":"


async def test_the_oldest_get_stream_makes_room(
    http: ClientSession, serve: Serve
) -> None:
    wire = LegacyWire(http, await serve(Settings(max_streams=1)))
    await wire.initialize()

    async with wire.get() as older, wire.get() as newer:
        assert await older.ended()
        await wire.tool("change_lists")
        assert await newer.message()


async def test_what_was_missed_on_the_get_stream_is_replayed(
    legacy: LegacyWire,
) -> None:
    async with legacy.get() as stream:
        await legacy.tool("change_lists")
        first = await stream.next()
    await legacy.tool("change_lists")

    async with legacy.get(headers={"Last-Event-ID": first.id}) as stream:
        missed = [(await stream.message())["method"] for _ in range(5)]

    assert missed[0] == "notifications/prompts/list_changed"
    assert missed[2] == "notifications/tools/list_changed"


async def test_a_get_stream_is_kept_alive(http: ClientSession, serve: Serve) -> None:
    wire = LegacyWire(http, await serve(Settings(keep_alive=0.02)))
    await wire.initialize()

    async with wire.get() as stream:
        assert await stream.comment() == ":"
        assert await stream.comment() == ":"
