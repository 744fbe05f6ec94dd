"""What a call may take in all, and what of it does not count."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    AuthError,
    CallTimeoutError,
    Challenge,
    Client,
    Elicitation,
    Outgoing,
    Reply,
    backoff,
)

from .raw import Fault, raw_server
from .wire import (
    LIMIT,
    Call,
    Handler,
    Wire,
    event,
    json_status,
    legacy,
    modern,
    running,
    text,
)
from .wire import Reply as WireReply

TIME = 0.6
"""Seconds that a call may take in these tests."""
FORM = {"type": "object", "properties": {"a": {"type": "string", "default": "x"}}}
QUESTION = {
    "jsonrpc": "2.0",
    "id": "q1",
    "method": "elicitation/create",
    "params": {"message": "Hm?", "requestedSchema": FORM},
}


def pausing() -> tuple[Wire, asyncio.Event]:
    """A legacy server: "ask" has a question, "wait" waits for the event."""
    go_on = asyncio.Event()

    async def work(call: Call) -> WireReply:
        match call.params["name"]:
            case "wait":
                await go_on.wait()
            case "ask":
                stream = await call.stream()
                await stream.write(event(QUESTION))
                await call.server.until(
                    lambda: any(each.id == "q1" for each in call.server.calls)
                )
                await stream.write(event(await text(call)))
                return stream
        return await text(call)

    return legacy(tools_call=work), go_on


async def test_a_call_may_end_while_a_person_answers_the_question_of_another() -> None:
    wire, go_on = pausing()
    asked, answer = asyncio.Event(), asyncio.Event()

    async def person(question: Elicitation) -> Reply:
        asked.set()
        await answer.wait()
        return Reply.ACCEPT

    async with (
        asyncio.timeout(LIMIT),
        running(wire),
        Client(wire.url, elicitation=person) as client,
    ):
        other = asyncio.create_task(client.call_tool("wait"))
        asking = asyncio.create_task(client.call_tool("ask"))
        await asked.wait()
        go_on.set()
        await other
        answer.set()
        await asking
    (reply,) = [call.message for call in wire.calls if call.id == "q1"]
    assert reply["result"] == {"action": "accept", "content": {"a": "x"}}


async def test_a_question_stops_the_clock_of_its_call_alone() -> None:
    wire, _ = pausing()
    answer = asyncio.Event()

    async def person(question: Elicitation) -> Reply:
        await answer.wait()
        return Reply.ACCEPT

    async with (
        asyncio.timeout(LIMIT),
        running(wire),
        Client(wire.url, elicitation=person) as client,
    ):
        brief = client.with_options(timeout=TIME)
        asking = asyncio.create_task(brief.call_tool("ask"))
        with pytest.raises(CallTimeoutError):
            await brief.call_tool("wait")
        assert not asking.done()
        answer.set()
        await asking


async def test_a_question_on_the_sessions_own_stream_stops_all_clocks() -> None:
    wire, go_on = pausing()
    called = asyncio.Event()

    async def get(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await called.wait()
        await stream.write(event(QUESTION))
        await asyncio.sleep(LIMIT)
        return stream

    async def person(question: Elicitation) -> Reply:
        await asyncio.sleep(2 * TIME)
        go_on.set()
        return Reply.ACCEPT

    wire.get = get
    async with (
        asyncio.timeout(LIMIT),
        running(wire),
        Client(wire.url, elicitation=person) as client,
    ):
        call = asyncio.create_task(client.with_options(timeout=TIME).call_tool("wait"))
        await wire.until(lambda: bool(wire.of("tools/call")))
        called.set()
        await call


class SignIn:
    """A hook whose token is refused until a person has signed in."""

    def __init__(self) -> None:
        self.token = "old"
        self.asked = asyncio.Event()
        self.signed_in = asyncio.Event()

    async def sign(self, request: Outgoing, session: object) -> Mapping[str, str]:
        return {"Authorization": self.token}

    async def answer(self, challenge: Challenge, session: object) -> bool:
        self.asked.set()
        await self.signed_in.wait()
        self.token = "new"
        return True


def guarded(go_on: asyncio.Event) -> Wire:
    """The tool "guarded" wants the new token; "wait" waits for the event."""

    async def work(call: Call) -> WireReply:
        if call.params["name"] == "wait":
            await go_on.wait()
        elif call.request.headers["Authorization"] != "new":
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        return await text(call)

    return modern(tools_call=work)


async def test_a_call_may_end_while_a_person_signs_in_for_another() -> None:
    go_on, hook = asyncio.Event(), SignIn()
    async with (
        asyncio.timeout(LIMIT),
        running(guarded(go_on)) as wire,
        Client(wire.url, auth=hook) as client,
    ):
        other = asyncio.create_task(client.call_tool("wait"))
        signing = asyncio.create_task(client.call_tool("guarded"))
        await hook.asked.wait()
        go_on.set()
        await other
        hook.signed_in.set()
        await signing


async def test_a_sign_in_stops_the_clocks_of_the_calls_that_wait_for_it() -> None:
    hook = SignIn()
    lock = asyncio.Lock()

    class OneAtATime(SignIn):
        async def sign(self, request: Outgoing, session: object) -> Mapping[str, str]:
            async with lock:
                return await hook.sign(request, session)

        async def answer(self, challenge: Challenge, session: object) -> bool:
            async with lock:
                return await hook.answer(challenge, session)

    async with (
        asyncio.timeout(LIMIT),
        running(guarded(asyncio.Event())) as wire,
        Client(wire.url, auth=OneAtATime()) as client,
    ):
        brief = client.with_options(timeout=TIME)
        first = asyncio.create_task(brief.call_tool("guarded"))
        await hook.asked.wait()
        second = asyncio.create_task(brief.call_tool("guarded"))
        with pytest.raises(CallTimeoutError):
            # Time enough for the others' to end, too; this one has a token.
            async with Client(wire.url, timeout=2 * TIME, auth=SignIn()) as another:
                await another.call_tool("wait")
        hook.signed_in.set()
        await asyncio.gather(first, second)


async def never(call: Call) -> WireReply:
    await asyncio.sleep(LIMIT)
    raise AssertionError("nobody waits so long")


def failing_slowly(pause: float) -> Handler:
    async def fail(call: Call) -> WireReply:
        await asyncio.sleep(pause)
        return json_status(503, {})

    return fail


async def test_all_sends_of_a_call_have_its_time_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "_FIRST", 0.001)
    async with (
        asyncio.timeout(LIMIT),
        running(modern(resources_read=failing_slowly(TIME * 0.7))) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(CallTimeoutError, match="no answer to resources/read"):
            await client.with_options(timeout=TIME).read_resource("a://b")
    assert len(wire.of("resources/read")) == 2


async def test_all_pages_of_a_list_have_its_time_together() -> None:
    async def page(call: Call) -> WireReply:
        await asyncio.sleep(TIME * 0.4)
        number = int(call.params.get("cursor", 0))
        return call.result(prompts=[], nextCursor=str(number + 1))

    async with (
        asyncio.timeout(LIMIT),
        running(modern(prompts_list=page)) as wire,
        Client(wire.url) as client,
    ):
        with pytest.raises(CallTimeoutError, match="no answer to prompts/list"):
            await client.with_options(timeout=TIME).list_prompts()
    assert 2 <= len(wire.of("prompts/list")) <= 3


async def test_each_page_is_a_sign_of_life() -> None:
    async def page(call: Call) -> WireReply:
        await asyncio.sleep(TIME * 0.5)
        number = int(call.params.get("cursor", 0))
        more = {"nextCursor": str(number + 1)} if number < 3 else {}
        return call.result(prompts=[], **more)

    async with (
        asyncio.timeout(LIMIT),
        running(modern(prompts_list=page)) as wire,
        Client(wire.url) as client,
    ):
        assert await client.with_options(idle_timeout=TIME).list_prompts() == []


async def test_a_renewal_of_the_session_counts_for_the_call_that_needs_it() -> None:
    async def lost(call: Call) -> WireReply:
        wire.methods["initialize"] = never
        return json_status(404, "no such session")

    wire = legacy(tools_call=lost)
    async with asyncio.timeout(LIMIT), running(wire), Client(wire.url) as client:
        with pytest.raises(CallTimeoutError, match="no answer to tools/call"):
            await client.with_options(timeout=TIME).call_tool("a")


@pytest.mark.parametrize("era", ["auto", "modern", "legacy"])
async def test_connecting_takes_no_longer_than_a_call_may(era: Any) -> None:
    wire = Wire({"server/discover": never, "initialize": never})
    async with asyncio.timeout(LIMIT), running(wire):
        with pytest.raises(CallTimeoutError, match="in time"):
            await Client(wire.url, timeout=TIME, era=era).open()


async def test_a_server_that_ignores_modern_requests_leaves_time_for_legacy_ones() -> (
    None
):
    wire = legacy(tools_call=text)
    wire.methods["server/discover"] = never
    async with (
        asyncio.timeout(LIMIT),
        running(wire),
        Client(wire.url, timeout=2 * TIME) as client,
    ):
        await client.call_tool("a")


async def test_a_person_may_sign_in_for_longer_than_connecting_may_take() -> None:
    hook = SignIn()

    async def closed(call: Call) -> WireReply:
        if call.request.headers["Authorization"] == "new":
            return call.result(supportedVersions=["2026-07-28"], capabilities={})
        return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})

    async with asyncio.timeout(LIMIT), running(Wire({"server/discover": closed})) as w:
        client = Client(w.url, timeout=TIME, auth=hook)
        opening = asyncio.create_task(client.open())
        await hook.asked.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(opening), 2 * TIME)
        hook.signed_in.set()
        await opening
        await client.close()


class Refusing(SignIn):
    async def answer(self, challenge: Challenge, session: object) -> bool:
        raise AuthError("nobody is there", url=challenge.url, method="POST", status=401)


class Silent(SignIn):
    async def answer(self, challenge: Challenge, session: object) -> bool:
        return False


@pytest.mark.parametrize("hook", [Refusing, Silent, None])
@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_refusal_whose_body_never_ends_is_closed(
    era: str, hook: type[SignIn] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mcpgen.runtime.client.transports.http.replies._ERROR_TIME", 0.1
    )
    head = b"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n"
    fault = Fault(head + b"4\r\nWhat\r\n", "hang")
    async with raw_server(era, fault) as server, asyncio.timeout(LIMIT):
        client = Client(server.url, auth=hook() if hook else None)
        async with client:
            for _ in range(3):
                with pytest.raises(AuthError):
                    await client.call_tool("bad")
            # One connection is kept at most, for the requests that went well.
            async with server.changed:
                await server.changed.wait_for(lambda: server.connections <= 1)
        await server.no_connection_is_left()
