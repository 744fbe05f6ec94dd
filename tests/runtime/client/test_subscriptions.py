"""Subscriptions: left while somebody iterates, lost, and opened again."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, Literal

import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    Client,
    ClientError,
    ClientStateError,
    Notification,
    SyncClient,
    TransportError,
    backoff,
)
from mcpgen.runtime.client.subscriptions import Subscription

from .wire import (
    LIMIT,
    Call,
    event,
    json_status,
    legacy,
    modern,
    notification,
    running,
)
from .wire import Reply as WireReply

Era = Literal["modern", "legacy"]
ERAS: Final[list[Era]] = ["modern", "legacy"]
CHANGED = notification("notifications/tools/list_changed")
UPDATED = notification("notifications/resources/updated", uri="a://b")


class Changes:
    """A server's streams of changes, which a test writes to and cuts.

    Attributes:
        opened: How many streams there were.
        closed: How many of them the client has closed.
        silent: Whether a stream has no head before its first event, as behind a proxy
            that compresses.
    """

    def __init__(self, era: Era) -> None:
        self.era = era
        self.opened = 0
        self.closed = 0
        self.silent = False
        self.happened = asyncio.Condition()
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue()
        if era == "modern":
            self.wire = modern(subscriptions_listen=self._listen)
        else:
            self.wire = legacy(
                capabilities={"tools": {}, "resources": {"subscribe": True}},
                resources_subscribe=empty,
                resources_unsubscribe=empty,
                ping=empty,
            )
            self.wire.get = self._get

    def send(self, *messages: object, **fields: object) -> None:
        for message in messages:
            self._events.put_nowait(event(message, **fields))

    def cut(self) -> None:
        """Ends the open stream, or the next."""
        self._events.put_nowait(None)

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT), self.happened:
            await self.happened.wait_for(happened)

    async def _listen(self, call: Call) -> WireReply:
        return await self._stream(call.request, granted(call))

    async def _get(self, request: web.Request) -> web.StreamResponse:
        return await self._stream(request, None)

    async def _stream(self, request: web.Request, first: object) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        if not self.silent:
            await stream.prepare(request)
        if first is not None:
            await stream.write(event(first))
        await self._count("opened")
        try:
            while True:
                try:
                    data = await asyncio.wait_for(self._events.get(), 0.02)
                except TimeoutError:
                    data = b"" if self.silent else b":\n\n"
                if data is None:
                    return stream
                if data:
                    await stream.prepare(request)
                    await stream.write(data)
        except ConnectionError:
            await self._count("closed")
            return stream

    async def _count(self, name: str) -> None:
        async with self.happened:
            setattr(self, name, getattr(self, name) + 1)
            self.happened.notify_all()


def granted(call: Call) -> dict[str, object]:
    return notification(
        "notifications/subscriptions/acknowledged",
        notifications=call.params["notifications"],
    )


async def empty(call: Call) -> WireReply:
    return call.result()


@asynccontextmanager
async def subscribed(
    changes: Changes, **options: Any
) -> AsyncIterator[tuple[Client, Subscription]]:
    """A client of the server, with an open subscription to everything."""
    async with (
        asyncio.timeout(LIMIT),
        running(changes.wire) as wire,
        Client(wire.url, era=changes.era, **options) as client,
        client.subscribe(tools_changed=True, resources=["a://b"]) as subscription,
    ):
        yield client, subscription


@pytest.fixture(params=ERAS)
def changes(request: pytest.FixtureRequest) -> Changes:
    return Changes(request.param)


class Reader:
    """Iterates in a task of its own."""

    def __init__(self, subscription: Subscription) -> None:
        self.found: list[Notification] = []
        self.first = asyncio.Event()
        self.task = asyncio.create_task(self._read(subscription))

    async def _read(self, subscription: Subscription) -> None:
        async for change in subscription:
            self.found.append(change)
            self.first.set()


async def test_asking_now_and_then_leaves_nothing_behind(changes: Changes) -> None:
    async with subscribed(changes) as (_, subscription):
        waiting: set[int] = set()
        for _ in range(50):
            asking = asyncio.ensure_future(anext(subscription))
            await asyncio.sleep(0)
            waiting.add(
                sum(isinstance(each, asyncio.Future) for each in gc.get_objects())
            )
            asking.cancel()
            await asyncio.wait([asking])
        assert max(waiting) - min(waiting) < 10


async def test_the_end_does_not_grow_by_those_who_ask(changes: Changes) -> None:
    async with subscribed(changes) as (_, subscription):
        await subscription.close()
        depths: set[int] = set()
        for _ in range(20):
            with pytest.raises(StopAsyncIteration) as caught:
                await anext(subscription)
            depths.add(len(caught.traceback))
        assert len(depths) == 1


async def test_leaving_ends_the_iteration_of_another_task(changes: Changes) -> None:
    async with subscribed(changes) as (client, subscription):
        reader = Reader(subscription)
        changes.send(CHANGED)
        await reader.first.wait()
        await subscription.close()
        await reader.task
        await changes.until(lambda: changes.closed == 1)
        with pytest.raises(StopAsyncIteration):
            await anext(subscription)
        with pytest.raises(ClientStateError, match="make another"):
            await subscription.__aenter__()
        await client.ping()
    assert reader.found == [Notification(CHANGED["method"], {})]


async def test_the_block_can_be_left_while_an_iteration_is_being_cancelled(
    changes: Changes,
) -> None:
    async with subscribed(changes) as (_, subscription):
        reader = Reader(subscription)
        changes.send(CHANGED)
        await reader.first.wait()
        reader.task.cancel()
        # Not waited for: the block is left before the task knows.
    with pytest.raises(asyncio.CancelledError):
        await reader.task
    await changes.until(lambda: changes.closed == 1)


async def test_several_tasks_share_an_iteration(changes: Changes) -> None:
    async with subscribed(changes) as (_, subscription):
        readers = [Reader(subscription) for _ in range(3)]
        changes.send(CHANGED, UPDATED)
        async with asyncio.timeout(LIMIT):
            while sum(len(reader.found) for reader in readers) < 2:
                await readers[0].first.wait()
                await asyncio.sleep(0.01)
        await subscription.close()
        await asyncio.gather(*(reader.task for reader in readers))


async def test_closing_the_client_ends_an_iteration_with_an_error(
    changes: Changes,
) -> None:
    async with asyncio.timeout(LIMIT), running(changes.wire) as wire:
        async with Client(wire.url, era=changes.era) as client:
            subscription = await client.subscribe(tools_changed=True).__aenter__()
            reader = Reader(subscription)
            changes.send(CHANGED)
            await reader.first.wait()
        with pytest.raises(TransportError, match="the client was closed"):
            await reader.task
        await subscription.close()


@pytest.mark.parametrize("era", ERAS)
async def test_another_thread_can_end_an_iteration(era: Era) -> None:
    changes = Changes(era)
    found: list[Notification] = []
    first = threading.Event()

    def use(url: str) -> None:
        with Client.sync(url, era=era) as client:
            with client.subscribe(tools_changed=True) as subscription:

                def read() -> None:
                    for change in subscription:
                        found.append(change)
                        first.set()

                thread = threading.Thread(target=read, daemon=True)
                thread.start()
                changes.send(CHANGED)
                assert first.wait(LIMIT)
            thread.join(LIMIT)
            assert not thread.is_alive()
            client.ping()
        subscription.close()

    async with asyncio.timeout(LIMIT), running(changes.wire) as wire:
        await asyncio.to_thread(use, wire.url)
    assert [change.method for change in found] == [CHANGED["method"]]


MISSED = [
    Notification(CHANGED["method"], {}, missed=True),
    Notification(UPDATED["method"], {"uri": "a://b"}, missed=True),
]


async def test_a_stream_that_was_lost_is_reported_though_nobody_iterated(
    changes: Changes, caplog: pytest.LogCaptureFixture
) -> None:
    async with subscribed(changes) as (_, subscription):
        changes.cut()
        await changes.until(lambda: changes.opened == 2)
        changes.send(UPDATED)
        found = [await anext(subscription) for _ in range(3)]
    assert found == [*MISSED, Notification(UPDATED["method"], {"uri": "a://b"})]
    assert "changes may have been missed" in caplog.text


async def test_a_legacy_stream_that_is_resumed_misses_nothing() -> None:
    changes = Changes("legacy")
    async with subscribed(changes) as (_, subscription):
        changes.send(CHANGED, id="1")
        changes.cut()
        changes.send(UPDATED, id="2")
        found = [await anext(subscription) for _ in range(2)]
    assert [change.missed for change in found] == [False, False]
    gets = [r for r in changes.wire.requests if r.method == "GET"]
    assert [r.headers.get("Last-Event-ID") for r in gets] == [None, "1"]


async def test_an_event_that_is_not_kept_any_more_is_not_insisted_on() -> None:
    changes = Changes("legacy")
    get = changes.wire.get
    assert get is not None

    async def forgetful(request: web.Request) -> web.StreamResponse:
        if "Last-Event-ID" in request.headers:
            return json_status(400, {"error": "expired"})
        return await get(request)

    changes.wire.get = forgetful
    async with subscribed(changes) as (_, subscription):
        changes.send(CHANGED, id="1")
        changes.cut()
        found = [await anext(subscription) for _ in range(3)]
    assert [change.missed for change in found] == [False, True, True]


async def test_a_new_session_may_have_missed_changes() -> None:
    changes = Changes("legacy")
    lost = True

    async def work(call: Call) -> WireReply:
        nonlocal lost
        if lost:
            lost = False
            return json_status(404, "no such session")
        return call.result(content=[])

    changes.wire.methods["tools/call"] = work
    async with subscribed(changes) as (client, subscription):
        await client.call_tool("a")
        found = [await anext(subscription) for _ in range(2)]
    assert found == MISSED
    assert len(changes.wire.of("resources/subscribe")) == 2


async def test_a_legacy_stream_whose_head_is_held_back_is_not_waited_for() -> None:
    changes = Changes("legacy")
    changes.silent = True
    async with subscribed(changes) as (_, subscription):
        changes.send(UPDATED)
        assert await anext(subscription) == Notification(
            UPDATED["method"], {"uri": "a://b"}
        )


async def test_a_stream_that_nobody_listens_to_any_more_is_closed() -> None:
    changes = Changes("legacy")
    async with (
        asyncio.timeout(LIMIT),
        running(changes.wire) as wire,
        Client(wire.url, era="legacy") as client,
    ):
        async with client.subscribe(tools_changed=True):
            async with client.subscribe(resources=["a://b"]):
                pass
            assert changes.closed == 0
        await changes.until(lambda: changes.closed == 1)
        async with client.subscribe(tools_changed=True):
            await changes.until(lambda: changes.opened == 2)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that clients make; they last a moment."""
    made: list[float] = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        made.append(seconds)
        await sleep(0.001)

    monkeypatch.setattr(backoff, "_sleep", pause)
    return made


async def test_a_stream_that_ends_after_each_change_is_opened_once_a_second_at_most(
    changes: Changes, pauses: list[float]
) -> None:
    def has_opened(streams: int) -> bool:
        return changes.opened >= streams

    async with subscribed(changes) as (_, subscription):
        for number in range(8):
            changes.send(CHANGED)
            changes.cut()
            await changes.until(partial(has_opened, number + 2))
        found = [await anext(subscription) for _ in range(8)]
    assert any(not change.missed for change in found)
    assert pauses[0] >= 1
    assert pauses[:4] == sorted(pauses[:4])
    assert all(pause >= 4 for pause in pauses[3:8])
    assert max(pauses) <= 10


async def test_a_server_may_have_its_stream_polled(pauses: list[float]) -> None:
    wire = legacy()
    seen = asyncio.Event()
    polls: list[str | None] = []

    async def poll(request: web.Request) -> web.StreamResponse:
        polls.append(request.headers.get("Last-Event-ID"))
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(event("", id=f"e{len(polls)}", retry=100))
        if len(polls) == 12:
            await stream.write(event(CHANGED, id="change"))
        return stream

    def take(change: Notification) -> None:
        assert change == Notification(CHANGED["method"], {})
        seen.set()

    wire.get = poll
    async with (
        asyncio.timeout(LIMIT),
        running(wire),
        Client(wire.url, on_notification=take),
    ):
        await seen.wait()
    assert polls[:12] == [None, *(f"e{number}" for number in range(1, 12))]
    # The time that the server names is kept to, with a little variation upwards.
    assert all(0.1 <= pause <= 0.12 for pause in pauses[:11])


async def test_a_stream_that_brings_nothing_is_polled_less_and_less(
    pauses: list[float],
) -> None:
    changes = Changes("legacy")

    async def nothing(request: web.Request) -> web.StreamResponse:
        async with changes.happened:
            changes.opened += 1
            changes.happened.notify_all()
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b"retry: 0\n\n")
        return stream

    changes.wire.get = nothing
    async with (
        asyncio.timeout(LIMIT),
        running(changes.wire) as wire,
        Client(wire.url, on_notification=print),
    ):
        await changes.until(lambda: changes.opened > 10)
    assert pauses[0] >= 0.1
    assert all(pause >= 1 for pause in pauses[5:])


async def test_a_server_that_is_busy_for_a_moment_does_not_end_its_stream(
    pauses: list[float],
) -> None:
    changes = Changes("legacy")
    get = changes.wire.get
    assert get is not None
    refusals = 3

    async def busy(request: web.Request) -> web.StreamResponse:
        nonlocal refusals
        refusals -= 1
        return await get(request) if refusals < 0 else json_status(503, {})

    changes.wire.get = busy
    async with subscribed(changes) as (_, subscription):
        changes.send(CHANGED)
        while (await anext(subscription)).missed:
            pass
    assert len(pauses) >= 3


async def test_a_subscription_is_used_in_its_block(changes: Changes) -> None:
    async with running(changes.wire) as wire:
        client = Client(wire.url)
        with pytest.raises(ClientError, match="this client is not open"):
            client.subscribe(tools_changed=True)
        async with client:
            subscription = client.subscribe(tools_changed=True)
            with pytest.raises(ClientStateError, match="use the subscription in"):
                await anext(subscription)
            await subscription.close()
        with pytest.raises(ClientError, match="this client is not open"):
            SyncClient(client).subscribe(tools_changed=True)
