"""What one client, and what all together, may ask of a server, over HTTP.

The tests stand behind a proxy that is trusted, so that they can be any client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Answer, Context, Request, Settings, create_app
from mcpgen.runtime.server.app import SERVER
from mcpgen.runtime.server.features.limits.limits import Client, Limits, address_key
from mcpgen.runtime.server.incoming import Incoming
from mcpgen.runtime.server.stores import (
    MemoryCounters,
    RateLimited,
    RateRequest,
)
from tests.requirements import requirement

from ..conftest import Serve, serving
from ..wire import SECONDS, LegacyWire, ModernWire, until
from ..workshop import Workshop

PROXIED = Settings(trusted_proxies=("127.0.0.1",))
"""No number is near anything that a test does, unless the test changes it."""
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "x", "version": "1"},
}
ALICE = {"X-Forwarded-For": "203.0.113.1"}
BOB = {"X-Forwarded-For": "203.0.113.2"}


def modern(http: ClientSession, url: str, who: Mapping[str, str] = ALICE) -> ModernWire:
    return ModernWire(http, url, dict(who))


def legacy(http: ClientSession, url: str, who: Mapping[str, str] = ALICE) -> LegacyWire:
    return LegacyWire(http, url, dict(who))


async def statuses(wire: ModernWire, count: int) -> list[int]:
    return [(await wire.call("tools/list")).status for _ in range(count)]


class TestRates:
    """Requests per second."""

    settings = replace(PROXIED, address_rate=0.01, address_burst=2)

    @requirement(
        "2025-11-25/server/completions-security",
        "2025-11-25/server/tools-security",
        "2026-07-28/server/completions-security",
        "2026-07-28/server/tools-security",
    )
    async def test_an_address_that_asks_too_fast_is_told_when_to_come_back(
        self, http: ClientSession, serve: Serve
    ) -> None:
        alice = modern(http, await serve(self.settings))
        assert await statuses(alice, 2) == [200, 200]

        reply = await alice.call("tools/list")

        assert reply.status == 429
        assert 90 <= int(reply.headers["Retry-After"]) <= 100
        assert reply.json["jsonrpc"] == "2.0"
        assert reply.json["id"] == alice.last_id
        assert reply.error["code"] == 429
        assert "address_rate" in reply.error["message"]
        assert reply.error["data"]["retryAfter"] == int(reply.headers["Retry-After"])

    async def test_other_addresses_are_not_concerned(
        self, http: ClientSession, serve: Serve
    ) -> None:
        url = await serve(self.settings)

        assert await statuses(modern(http, url), 3) == [200, 200, 429]
        assert await statuses(modern(http, url, BOB), 2) == [200, 200]

    async def test_whoever_says_to_be_another_is_not_believed(
        self, http: ClientSession, serve: Serve
    ) -> None:
        """What a client writes into the header stands before what the proxy adds."""
        url = await serve(self.settings)
        wires = [
            modern(http, url, {"X-Forwarded-For": f"10.0.0.{n}, 203.0.113.1"})
            for n in range(3)
        ]

        assert [(await w.call("tools/list")).status for w in wires] == [200, 200, 429]

    async def test_a_whole_network_of_ipv6_is_one_client(
        self, http: ClientSession, serve: Serve
    ) -> None:
        url = await serve(self.settings)
        wires = [
            modern(http, url, {"X-Forwarded-For": f"2a00:1:2:3::{n}"}) for n in range(3)
        ]

        assert [(await w.call("tools/list")).status for w in wires] == [200, 200, 429]

    async def test_loopback_is_not_counted(
        self, http: ClientSession, serve: Serve
    ) -> None:
        url = await serve(self.settings)

        assert await statuses(ModernWire(http, url), 4) == [200] * 4

    async def test_all_together_may_be_limited(
        self, http: ClientSession, serve: Serve
    ) -> None:
        url = await serve(replace(PROXIED, total_rate=0.01, total_burst=2))
        assert await statuses(modern(http, url), 1) == [200]
        assert await statuses(modern(http, url, BOB), 1) == [200]

        reply = await ModernWire(http, url).call("tools/list")

        assert reply.status == 429
        assert reply.error["code"] == 429
        assert "all clients together; setting total_rate" in reply.error["message"]
        assert reply.headers["Retry-After"] == str(reply.error["data"]["retryAfter"])

    async def test_get_and_delete_count_too(
        self, http: ClientSession, serve: Serve
    ) -> None:
        alice = modern(http, await serve(self.settings))
        for method in ("GET", "DELETE"):
            assert (await alice.other(method)).status == 400

        for method in ("GET", "DELETE"):
            assert (await alice.other(method)).status == 429

    async def test_what_is_not_welcome_counts_too(
        self, http: ClientSession, serve: Serve
    ) -> None:
        url = await serve(self.settings)
        foreign = modern(http, url, {**ALICE, "Origin": "https://evil.example"})
        assert (await foreign.call("tools/list")).status == 403
        async with http.options(url, headers=ALICE) as response:
            assert response.status == 204

        assert (await foreign.call("tools/list")).status == 429
        async with http.options(url, headers=ALICE) as response:
            assert response.status == 429

    async def test_what_is_refused_unread_may_be_anything(
        self, http: ClientSession, serve: Serve
    ) -> None:
        alice = modern(http, await serve(self.settings))
        await statuses(alice, 2)

        for body in (b"", b"[", b"[1]", b'{"id":null}', b'{"id":' + b" " * 70_000):
            reply = await alice.send(body)
            assert reply.status == 429
            assert "id" not in reply.json

    async def test_zero_is_no_limit(self, http: ClientSession, serve: Serve) -> None:
        url = await serve(replace(self.settings, address_rate=0))

        assert await statuses(modern(http, url), 5) == [200] * 5

    async def test_an_unknown_proxy_is_hinted_at(
        self, http: ClientSession, service: Workshop
    ) -> None:
        """One that can't be seen in a test on loopback; so the address is given."""
        settings = Settings(address_rate=0.01, address_burst=1)
        app = create_app(service, settings)

        async with serving(app, peer="198.51.100.7") as url:
            wire = modern(http, url)
            await wire.call("tools/list")
            reply = await wire.call("tools/list")

        assert reply.status == 429
        assert "trusted_proxies" in reply.error["message"]


class TestBatches:
    """A batch counts as what is in it."""

    async def test_every_message_is_counted(
        self, http: ClientSession, serve: Serve
    ) -> None:
        settings = replace(PROXIED, address_rate=0.01, address_burst=10)
        wire = legacy(http, await serve(settings))
        await wire.initialize("2025-03-26")

        first = await wire.send([wire.request("ping") for _ in range(6)])
        second = await wire.send([wire.request("ping") for _ in range(6)])

        assert (first.status, len(first.json)) == (200, 6)
        assert second.status == 429

    async def test_empty_batches_do_not_make_up_for_others(
        self, http: ClientSession, serve: Serve
    ) -> None:
        settings = replace(PROXIED, address_rate=0.01, address_burst=4)
        wire = legacy(http, await serve(settings))
        await wire.initialize("2025-03-26")

        replies = [await wire.send([]) for _ in range(4)]

        assert [reply.status for reply in replies] == [400, 400, 429, 429]

    async def test_a_batch_has_a_largest_size(
        self, http: ClientSession, serve: Serve
    ) -> None:
        wire = LegacyWire(http, await serve(Settings(max_batch=3)))
        await wire.initialize("2025-03-26")

        fits = await wire.send([wire.request("ping") for _ in range(3)])
        reply = await wire.send([wire.request("ping") for _ in range(4)])

        assert (fits.status, reply.status) == (200, 400)
        assert "max_batch" in reply.error["message"]

    async def test_calls_beyond_the_limit_fail_alone(
        self, http: ClientSession, serve: Serve, service: Workshop
    ) -> None:
        wire = legacy(http, await serve(replace(PROXIED, client_calls=2)))
        await wire.initialize("2025-03-26")
        calls = [
            wire.request("tools/call", {"name": name, "arguments": {"a": 1}})
            for name in ("blocking", "blocking", "add")
        ]
        running = asyncio.ensure_future(wire.send([*calls, wire.request("ping")]))
        await asyncio.wait_for(service.started.wait(), SECONDS)
        service.release.set()

        messages = {m["id"]: m for m in (await running).json}
        first, second, third = (messages[call["id"]] for call in calls)

        assert "result" in first
        assert "result" in second
        assert third["error"]["code"] == 429
        assert messages[wire.last_id]["result"] == {}


class TestCalls:
    """Calls at one time."""

    @pytest.mark.parametrize("era", [modern, legacy])
    async def test_a_client_may_have_so_many(
        self, http: ClientSession, serve: Serve, service: Workshop, era: type
    ) -> None:
        url = await serve(replace(PROXIED, client_calls=1))
        alice, bob = era(http, url, ALICE), era(http, url, BOB)
        for wire in (alice, bob):
            if isinstance(wire, LegacyWire):
                await wire.initialize()
        running = asyncio.ensure_future(alice.tool("blocking"))
        await asyncio.wait_for(service.started.wait(), SECONDS)

        refused = await alice.tool("add", {"a": 1})
        other = await bob.tool("add", {"a": 1})
        service.release.set()
        await asyncio.wait_for(running, SECONDS)
        after = await alice.tool("add", {"a": 1})

        assert refused.status == 429
        assert refused.json["id"] == alice.last_id - 1
        assert refused.headers["Retry-After"] == "1"
        assert "client_calls" in refused.error["message"]
        assert (other.status, after.status) == (200, 200)

    async def test_the_server_may_have_so_many(
        self, http: ClientSession, serve: Serve, service: Workshop
    ) -> None:
        url = await serve(Settings(max_calls=1))
        wire = ModernWire(http, url)
        running = asyncio.ensure_future(wire.tool("blocking"))
        await asyncio.wait_for(service.started.wait(), SECONDS)

        refused = await wire.tool("add", {"a": 1})
        service.release.set()
        await asyncio.wait_for(running, SECONDS)

        assert refused.status == 503
        assert "max_calls" in refused.error["message"]
        assert (await wire.tool("add", {"a": 1})).status == 200

    async def test_answers_and_pings_pass_while_all_calls_are_taken(
        self, http: ClientSession, serve: Serve
    ) -> None:
        """Else a call that waits for its client's answer would wait for ever."""
        wire = legacy(http, await serve(replace(PROXIED, client_calls=1, max_calls=1)))
        await wire.initialize(capabilities={"elicitation": {}})
        body = wire.request("tools/call", {"name": "asking", "arguments": {}})

        async with wire.stream(body) as streamed:
            question = await streamed.message()
            assert (await wire.call("ping")).status == 200
            answer = {"action": "accept", "content": {"name": "Ann"}}
            assert (await wire.answer(question, answer)).status == 202
            result = await streamed.message()

        assert "Ann" in result["result"]["content"][0]["text"]

    async def test_failed_and_abandoned_calls_are_given_back(
        self, http: ClientSession, serve: Serve, service: Workshop
    ) -> None:
        alice = modern(http, await serve(replace(PROXIED, client_calls=1)))
        for name in ("broken", "refused", "asking", "nonsense"):
            await alice.tool(name)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await alice.tool("blocking")
        await asyncio.wait_for(service.cancelled.wait(), SECONDS)

        assert (await alice.tool("add", {"a": 1})).status == 200


class TestStreams:
    """Open streams of one client."""

    settings = replace(PROXIED, client_streams=1)

    async def test_subscriptions(self, http: ClientSession, serve: Serve) -> None:
        alice = modern(http, await serve(self.settings))
        wanted = {"notifications": {"toolsListChanged": True}}

        async with alice.streaming("subscriptions/listen", wanted) as streamed:
            await streamed.message()
            reply = await alice.call("subscriptions/listen", wanted)

        assert reply.status == 429
        assert "client_streams" in reply.error["message"]
        assert reply.json["id"] == alice.last_id

    async def test_get_streams(self, http: ClientSession, serve: Serve) -> None:
        url = await serve(self.settings)
        first, second = legacy(http, url), legacy(http, url)
        await first.initialize()
        await second.initialize()

        async with first.get() as streamed:
            assert streamed.response.status == 200
            async with second.get() as refused:
                assert refused.response.status == 429


class TestSessions:
    """Legacy sessions of one address."""

    async def test_there_are_only_so_many_until_one_ends(
        self, http: ClientSession, serve: Serve
    ) -> None:
        url = await serve(replace(PROXIED, address_sessions=2))
        wires = [legacy(http, url) for _ in range(3)]
        await wires[0].initialize()
        await wires[1].initialize()

        refused = await wires[2].call("initialize", HELLO)
        await legacy(http, url, BOB).initialize()
        assert (await wires[0].other("DELETE")).status == 204
        await wires[2].initialize()

        assert refused.status == 429
        assert "address_sessions" in refused.error["message"]
        assert refused.json["id"] == 1

    async def test_idle_ones_make_room(self, http: ClientSession, serve: Serve) -> None:
        settings = replace(PROXIED, address_sessions=1, session_idle=0.05)
        url = await serve(settings)
        await legacy(http, url).initialize()

        await until(lambda: serve.app[SERVER].sessions == 0)
        await legacy(http, url).initialize()


class Remembering(MemoryCounters):
    """A store of one's own."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[RateRequest] = []

    async def take(self, demands: Sequence[RateRequest]) -> RateLimited | None:
        self.asked.extend(demands)
        return await super().take(demands)


class Down:
    """A store that is down; it may also cancel what it waits for."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def take(self, demands: Sequence[RateRequest]) -> RateLimited | None:
        raise self.error

    async def hold(self, key: str, limit: int) -> bool:
        raise self.error

    async def release(self, key: str) -> None:
        raise self.error


class DownAtOnce(Down):
    """A store that fails before there is anything to wait for."""

    def take(self, demands: Sequence[RateRequest]) -> Any:
        raise self.error

    def hold(self, key: str, limit: int) -> Any:
        raise self.error

    def release(self, key: str) -> Any:
        raise self.error


class Waiting(MemoryCounters):
    """Takes its time, as a store on another machine does."""

    async def hold(self, key: str, limit: int) -> bool:
        await asyncio.sleep(0.005)
        return await super().hold(key, limit)


class Slow(MemoryCounters):
    """A store that answers when it is let."""

    def __init__(self, answers: bool) -> None:
        super().__init__()
        self.answers = answers
        self.go = asyncio.Event()
        self.asked = asyncio.Event()
        self.held = 0
        self.is_down = False

    async def reached(self, what: str, go: bool = True) -> None:
        """Wait until it is asked; with `go` it answers this once."""
        await asyncio.wait_for(self.asked.wait(), SECONDS)
        self.asked.clear()
        if go:
            self.go.set()
            await asyncio.sleep(0)
            self.go.clear()

    async def hold(self, key: str, limit: int) -> bool:
        if self.is_down:
            raise OSError("the store is down")
        self.asked.set()
        await self.go.wait()
        self.held += self.answers
        return self.answers

    async def release(self, key: str) -> None:
        self.asked.set()
        await self.go.wait()
        self.held -= 1


def begun(limits: Limits, done: asyncio.Event) -> asyncio.Task[Answer]:
    """A call of Alice's that is counted until something is done."""

    async def handler(_: Request) -> Answer:
        await done.wait()
        return Answer(b"")

    async def call() -> Answer:
        return await limits.around(handler)(request)

    incoming = Incoming()
    incoming.client = Client("principal:alice", ())
    ctx = cast(Context, SimpleNamespace(left_behind=None))
    request = Request("tools/call", {}, ctx, incoming, {})
    return asyncio.create_task(call())


class TestCounters:
    """Where limits count may be one's own, shared by several servers."""

    async def test_calls_of_one_id_are_given_back_however_long_counting_takes(
        self, http: ClientSession, service: Workshop
    ) -> None:
        settings = replace(PROXIED, max_calls=5)
        app = create_app(service, settings, counters=Waiting())
        async with serving(app) as url:
            wire = legacy(http, url)
            await wire.initialize("2025-03-26")
            call = wire.request("tools/call", {"name": "impatient"})
            for _ in range(3):
                answers = (await wire.send([call] * 4)).json
                assert all("-32603" not in str(answer) for answer in answers)

            assert (await modern(http, url).tool("add", {"a": 1})).status == 200

    async def test_a_call_that_is_stopped_while_it_is_counted_is_given_back(
        self,
    ) -> None:
        limits = Limits(replace(PROXIED, max_calls=1), Waiting())
        for _ in range(3):
            entering = begun(limits, asyncio.Event())
            await asyncio.sleep(0)
            assert limits.calls == 1
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)

            assert limits.calls == 0

    @pytest.mark.parametrize(
        ("moment", "answers"), [("hold", True), ("hold", False), ("release", True)]
    )
    async def test_a_canceled_call_keeps_no_place_in_a_store(
        self, moment: str, answers: bool
    ) -> None:
        """Neither where the store is asked for one, nor where it is given back."""
        counters = Slow(answers)
        limits = Limits(replace(PROXIED, client_calls=5), counters)
        done = asyncio.Event()
        done.set()
        running = begun(limits, done)
        if moment == "release":
            await counters.reached("hold")
        await counters.reached(moment, go=False)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        counters.go.set()
        await limits.settle(SECONDS)

        assert counters.held == 0
        assert limits.calls == 0

    async def test_what_a_store_failed_to_count_is_not_taken_out_of_it(self) -> None:
        counters = Slow(True)
        counters.go.set()
        limits = Limits(replace(PROXIED, client_calls=5), counters)
        done = asyncio.Event()
        first = begun(limits, done)
        await until(lambda: counters.held == 1)
        counters.is_down = True
        second = begun(limits, asyncio.Event())
        await until(lambda: limits.calls == 2)
        counters.is_down = False
        done.set()
        await first

        assert counters.held == 1
        second.cancel()

    async def test_a_refusal_after_the_stream_has_opened_is_an_event(
        self, http: ClientSession, service: Workshop
    ) -> None:
        counters = Slow(False)
        settings = replace(PROXIED, client_calls=1, keep_alive=0.05)
        async with serving(create_app(service, settings, counters=counters)) as url:
            wire = legacy(http, url)
            await wire.initialize()
            async with wire.streaming("add", {"arguments": {"a": 1}}) as stream:
                # The first comment has opened it, while the store still counts.
                assert stream.response.status == 200
                counters.go.set()
                refusal = await stream.message()
                assert await stream.ended()

        assert refusal["id"] == wire.last_id
        assert refusal["error"]["code"] == 429

    async def test_two_servers_count_together(
        self, http: ClientSession, service: Workshop
    ) -> None:
        counters = Remembering()
        settings = replace(PROXIED, address_rate=0.01, address_burst=3)
        async with AsyncExitStack() as stack:
            urls = [
                await stack.enter_async_context(
                    serving(create_app(Workshop(), settings, counters=counters))
                )
                for _ in range(2)
            ]
            found = [await statuses(modern(http, url), 2) for url in urls]

        assert found == [[200, 200], [200, 429]]
        assert counters.asked[0] == RateRequest("address:203.0.113.1", 0.01, 3.0, 1.0)

    @pytest.mark.parametrize(
        "store",
        [
            Down(ConnectionError()),
            Down(asyncio.CancelledError()),
            DownAtOnce(ConnectionError()),
        ],
        ids=["down", "canceled", "down at once"],
    )
    async def test_a_store_that_is_down_stops_nobody_and_is_logged_once(
        self,
        store: Down,
        http: ClientSession,
        service: Workshop,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        app = create_app(service, PROXIED, counters=store)

        async with serving(app) as url:
            alice = modern(http, url)
            assert [(await alice.tool("add", {"a": 1})).status for _ in range(3)] == [
                200
            ] * 3

        lines = [r for r in caplog.records if "can't be counted" in r.message]
        assert len(lines) == 1


@pytest.mark.parametrize("told", ["", " ", "unknown", "_hidden", "not an address"])
async def test_clients_that_a_proxy_does_not_name_count_together(
    http: ClientSession, serve: Serve, told: str
) -> None:
    url = await serve(replace(PROXIED, address_rate=0.01, address_burst=2))
    unnamed = ModernWire(http, url, {"X-Forwarded-For": told})

    assert await statuses(unnamed, 3) == [200, 200, 429]
    assert await statuses(modern(http, url), 1) == [200]


@pytest.mark.parametrize(
    ("remote", "key"),
    [
        ("192.0.2.1", "address:192.0.2.1"),
        ("::ffff:192.0.2.1", "address:192.0.2.1"),
        ("2a00:1:2:3:4:5:6:7", "address:2a00:1:2:3::/64"),
        ("fe80::1%eth0", "address:fe80::/64"),
        ("127.0.0.1", None),
        ("127.9.9.9", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", None),
        ("/run/socket", None),
    ],
)
def test_what_an_address_counts_as(remote: str, key: str | None) -> None:
    assert address_key(remote) == key
