"""A legacy server refuses until a page was visited; then the call is made again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    Client,
    Elicitation,
    MissingHandlerError,
    Notification,
    ProtocolError,
    Reply,
    backoff,
)

from .wire import LIMIT, Call, Wire, event, legacy, modern, notification, running
from .wire import Reply as WireReply


def page(identifier: str) -> dict[str, Any]:
    return {
        "mode": "url",
        "elicitationId": identifier,
        "url": f"https://login.example/{identifier}",
        "message": f"Sign in at {identifier}.",
    }


class Office:
    """A server that wants pages to be visited.

    Attributes:
        wanted: The pages of the refusal to come, None to do the work.
        calls: How often the tool was called.
        completed: Where the server says that pages are done with.
    """

    def __init__(self, wanted: Callable[[int], list[Any] | None]) -> None:
        self.wanted = wanted
        self.calls = 0
        self.completed: asyncio.Queue[str] = asyncio.Queue()
        self.wire: Wire = legacy(tools_call=self.work)
        self.wire.get = self.stream

    async def work(self, call: Call) -> WireReply:
        self.calls += 1
        pages = self.wanted(self.calls)
        if pages is None:
            return call.result(content=[])
        return call.error(-32042, "More is needed.", {"elicitations": pages})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            done = await asyncio.wait_for(self.completed.get(), LIMIT)
            told = notification(
                "notifications/elicitation/complete", elicitationId=done
            )
            await response.write(event(told))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_FIRST", 0.001)


async def test_pages_are_shown_and_the_call_is_made_again() -> None:
    asked: list[Elicitation] = []

    def visit(question: Elicitation) -> Reply:
        asked.append(question)
        return Reply.ACCEPT

    office = Office(lambda calls: [page("a"), page("b")] if calls == 1 else None)
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=visit) as client,
    ):
        await client.call_tool("work")
    assert [(q.mode, q.url, q.message, q.required) for q in asked] == [
        ("url", "https://login.example/a", "Sign in at a.", True),
        ("url", "https://login.example/b", "Sign in at b.", True),
    ]
    assert office.calls == 2


@pytest.mark.parametrize("reply", [Reply.DECLINE, Reply.CANCEL])
async def test_whoever_declines_gets_the_refusal(reply: Reply) -> None:
    office = Office(lambda calls: [page("a")])
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=lambda q: reply) as client,
    ):
        with pytest.raises(ProtocolError, match="More is needed") as caught:
            await client.call_tool("work")
    assert caught.value.data == {"elicitations": [page("a")]}
    assert office.calls == 1


async def test_without_a_handler_the_error_says_so() -> None:
    office = Office(lambda calls: [page("a")])
    async with running(office.wire) as wire, Client(wire.url) as client:
        with pytest.raises(MissingHandlerError, match="pass `elicitation`"):
            await client.call_tool("work")


async def test_a_page_is_shown_once_though_the_server_takes_its_time() -> None:
    asked: list[Elicitation] = []

    def visit(question: Elicitation) -> Reply:
        asked.append(question)
        return Reply.ACCEPT

    office = Office(lambda calls: [page("a")] if calls < 5 else None)
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=visit) as client,
    ):
        await client.call_tool("work")
    assert (len(asked), office.calls) == (1, 5)


async def test_the_server_may_say_that_a_page_is_done_with() -> None:
    asked = asyncio.Event()
    cancelled = asyncio.Event()

    async def visit(question: Elicitation) -> Reply:
        asked.set()
        try:
            await asyncio.sleep(LIMIT)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Reply.CANCEL

    office = Office(lambda calls: [page("a")] if calls == 1 else None)
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=visit) as client,
    ):
        call = asyncio.create_task(client.call_tool("work"))
        async with asyncio.timeout(LIMIT):
            await asked.wait()
            office.completed.put_nowait("another")
            office.completed.put_nowait("a")
            await call
    assert cancelled.is_set()
    assert office.calls == 2


async def test_a_page_that_is_done_with_is_not_shown() -> None:
    shown: list[str] = []
    done = asyncio.Event()

    async def visit(question: Elicitation) -> Reply:
        shown.append(question.url or "")
        office.completed.put_nowait("b")
        await done.wait()
        return Reply.ACCEPT

    def heard(note: Notification) -> None:
        if note.params.get("elicitationId") == "b":
            done.set()

    office = Office(lambda calls: [page("a"), page("b")] if calls == 1 else None)
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=visit, on_notification=heard) as client,
        asyncio.timeout(LIMIT),
    ):
        await client.call_tool("work")
    assert shown == ["https://login.example/a"]


async def test_news_of_the_end_shorten_the_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "_FIRST", LIMIT)
    office = Office(lambda calls: [page("a")] if calls < 3 else None)
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=lambda q: Reply.ACCEPT) as client,
    ):
        call = asyncio.create_task(client.call_tool("work"))
        async with asyncio.timeout(LIMIT):
            await wire.until(lambda: office.calls == 2)
            office.completed.put_nowait("a")
            await call


async def test_a_server_that_is_never_satisfied_is_given_up() -> None:
    office = Office(lambda calls: [page(str(calls))])
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=lambda q: Reply.ACCEPT) as client,
    ):
        with pytest.raises(ProtocolError, match="More is needed"):
            await client.call_tool("work")
    assert office.calls == 11


async def test_a_person_who_never_finishes_is_given_up() -> None:
    office = Office(lambda calls: [page("a")])
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=lambda q: Reply.ACCEPT) as client,
    ):
        with pytest.raises(ProtocolError, match="More is needed"):
            await client.with_options(timeout=0.5).call_tool("work")
    assert office.calls > 2


@pytest.mark.parametrize("pages", [[], [3], [{"mode": "url"}], "a"])
async def test_a_malformed_refusal_stays_a_refusal(pages: Any) -> None:
    office = Office(lambda calls: pages)
    async with (
        running(office.wire) as wire,
        Client(wire.url, elicitation=lambda q: Reply.ACCEPT) as client,
    ):
        with pytest.raises(ProtocolError, match="More is needed"):
            await client.call_tool("work")
    assert office.calls == 1


async def test_modern_servers_have_no_such_refusal() -> None:
    async def work(call: Call) -> WireReply:
        return call.error(-32042, "More is needed.", {"elicitations": [page("a")]})

    async with (
        running(modern(tools_call=work)) as wire,
        Client(wire.url, elicitation=lambda q: Reply.ACCEPT) as client,
    ):
        with pytest.raises(ProtocolError, match="More is needed"):
            await client.call_tool("work")
    assert len(wire.of("tools/call")) == 1
