"""Calls, streams and sessions while things happen at one time, fail, or take long."""

from __future__ import annotations

import asyncio
import datetime
import json
import socket
import threading
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from mcpgen.runtime.core.catalog import JsonObject
from mcpgen.runtime.server import (
    Context,
    Settings,
    create_app,
)
from mcpgen.runtime.server.app import LIVE_CATALOG
from mcpgen.runtime.server.eras.legacy.sessions import MemoryEvents
from mcpgen.runtime.server.monitor import RequestMonitor
from mcpgen.runtime.server.principal import Principal
from mcpgen.runtime.server.runner import Runner
from mcpgen.runtime.server.server import Server

from .conftest import serving
from .services import service
from .wire import SECONDS, LegacyWire, ModernWire, until
from .workshop import NAME_FORM

FORMS: dict[str, Any] = {"elicitation": {"form": {}}}
LEVEL = "io.modelcontextprotocol/logLevel"


async def opened(http: ClientSession, url: str, **capabilities: Any) -> LegacyWire:
    wire = LegacyWire(http, url)
    await wire.initialize(capabilities=capabilities or FORMS)
    return wire


class TestTheEndOfAResponse:
    """Nothing is written after it: the connection belongs to the next request then."""

    @pytest.mark.parametrize("era", ["modern", "legacy"])
    async def test_reports_that_wait_for_a_slow_reader(
        self, http: ClientSession, era: str
    ) -> None:
        large, waiting = "x" * 3_000_000, asyncio.Event()
        reports: list[asyncio.Task[None]] = []

        async def forgetful(args: Any, ctx: Context) -> str:
            reports.extend(
                asyncio.create_task(ctx.info(data))
                for data in (large, "second", "third")
            )
            await asyncio.sleep(0)
            waiting.set()
            return "result"

        server = Server(service({"forgetful": forgetful}), Settings(access_log="off"))
        runner = Runner(server, Settings())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        url = f"http://127.0.0.1:{port}/mcp"
        try:
            headers: dict[str, str | None]
            if era == "modern":
                params = {"name": "forgetful", "_meta": {LEVEL: "info"}}
                body, own = ModernWire(http, url).request("tools/call", params)
                headers = {**own}
            else:
                legacy = await opened(http, url)
                body = legacy.request("tools/call", {"name": "forgetful"})
                headers = {**legacy.headers}
            headers["Accept"] = "application/json, text/event-stream"
            headers["Content-Type"] = "application/json"
            received = await _received_slowly(port, headers, body, waiting)
        finally:
            await runner.cleanup()

        assert received.count(b"\r\n0\r\n\r\n") == 1
        assert received.endswith(b"\r\n0\r\n\r\n")
        # What was reported before the handler returned comes before the result.
        assert received.count(b"notifications/message") == 3
        assert received.rfind(b'"result":') > received.rfind(b"notifications/message")

    async def test_a_thread_that_goes_on_reports_to_nobody(
        self, http: ClientSession
    ) -> None:
        release, done = threading.Event(), threading.Event()

        async def leaving(args: Any, ctx: Context) -> str:
            def later() -> None:
                release.wait(SECONDS)
                ctx.wait(ctx.progress(2))
                done.set()

            threading.Thread(target=later, daemon=True).start()
            await ctx.progress(1)
            return "result"

        async def fine(args: Any, ctx: Context) -> str:
            return "fine"

        made = service({"leaving": leaving, "fine": fine})
        async with serving(create_app(made)) as url:
            for wire in (ModernWire(http, url), await opened(http, url)):
                meta = {"progressToken": 1}
                reply = (
                    await wire.tool("leaving", meta=meta)
                    if isinstance(wire, ModernWire)
                    else await wire.tool("leaving", params={"_meta": meta})
                )
                assert [m.get("method") for m in reply.messages] == [
                    "notifications/progress",
                    None,
                ]
                release.set()
                await asyncio.to_thread(done.wait, SECONDS)
                # On the same connection, which nothing else was written to.
                assert (await wire.tool("fine")).content == "fine"
                release.clear()
                done.clear()


async def _received_slowly(
    port: int, headers: dict[str, str | None], body: Any, waiting: asyncio.Event
) -> bytes:
    """All that a connection gets whose client begins to read late."""
    data = json.dumps(body).encode()
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    head = "\r\n".join(
        [
            "POST /mcp HTTP/1.1",
            "Host: 127.0.0.1",
            f"Content-Length: {len(data)}",
            *lines,
        ]
    )
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, f"{head}\r\n\r\n".encode() + data)
        await asyncio.wait_for(waiting.wait(), SECONDS)
        received = b""
        async with asyncio.timeout(SECONDS):
            while not received.endswith(b"\r\n0\r\n\r\n"):
                received += await loop.sock_recv(client, 1 << 20)
        try:
            async with asyncio.timeout(0.3):
                received += await loop.sock_recv(client, 1 << 20)
        except TimeoutError:
            pass
        return received


class TestSessions:
    async def test_a_long_call_keeps_its_session(self, http: ClientSession) -> None:
        idle = 0.4

        async def long(args: Any, ctx: Context) -> str:
            await asyncio.sleep(3 * idle)
            return "done"

        made = service({"long": long})
        async with serving(create_app(made, Settings(session_idle=idle))) as url:
            wire = await opened(http, url)
            assert (await wire.tool("long")).content == "done"
            await asyncio.sleep(idle / 2)
            assert (await wire.call("ping")).status == 200

    async def test_sessions_end_in_the_order_in_which_they_were_used(
        self, http: ClientSession
    ) -> None:
        app = create_app(service(), Settings(session_idle=0.5))
        async with serving(app) as url:
            stays = await opened(http, url)
            idle = [await opened(http, url) for _ in range(3)]
            async with stays.get():
                pass
            await asyncio.sleep(0.3)
            # What ends a stream dates its session, and moves it behind the others.
            async with stays.get():
                pass
            await asyncio.sleep(0.4)
            assert (await stays.call("ping")).status == 200
            assert [(await wire.call("ping")).status for wire in idle] == [404] * 3


class TestCanceledLegacyRequests:
    @pytest.mark.parametrize("raises", [True, False])
    async def test_get_no_response_whatever_the_handler_does(
        self, http: ClientSession, raises: bool
    ) -> None:
        started = asyncio.Event()

        async def stubborn(args: Any, ctx: Context) -> str:
            started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if raises:
                    raise RuntimeError("while cleaning up") from None
            return "cleaned up"

        async with serving(create_app(service({"stubborn": stubborn}))) as url:
            wire = await opened(http, url)
            call = asyncio.ensure_future(wire.tool("stubborn"))
            await asyncio.wait_for(started.wait(), SECONDS)
            await wire.notify("notifications/cancelled", {"requestId": wire.last_id})
            reply = await asyncio.wait_for(call, SECONDS)
            assert (reply.status, "jsonrpc" in reply.text) == (200, False)
            assert (await wire.call("ping")).status == 200


class TestQuestions:
    async def test_are_withdrawn_when_their_call_takes_too_long(
        self, http: ClientSession
    ) -> None:
        async def asking(args: Any, ctx: Context) -> str:
            await ctx.elicit("Name?", NAME_FORM)
            return "never"

        made = service({"asking": asking}, timeout=0.1)
        async with serving(create_app(made)) as url:
            wire = await opened(http, url)
            asked, withdrawn, answer = (await wire.tool("asking")).messages
            assert asked["method"] == "elicitation/create"
            assert withdrawn["method"] == "notifications/cancelled"
            assert withdrawn["params"]["requestId"] == asked["id"]
            assert answer["result"]["isError"] is True


class TestThreads:
    """Of plain `def` handlers."""

    @pytest.mark.parametrize("ends", ["canceled", "too late"])
    async def test_a_question_keeps_no_thread_when_its_call_is_over(
        self, http: ClientSession, ends: str
    ) -> None:
        asked: list[threading.Event] = []

        def ask(args: Any, ctx: Context) -> str:
            asked.append(threading.Event())
            ctx.wait(ctx.elicit("Name?", NAME_FORM))
            return "never"

        def quick(args: Any, ctx: Context) -> str:
            return threading.current_thread().name

        settings = Settings(threads=2, tool_timeout=0.2 if ends == "too late" else 0)
        made = service({"ask": ask, "quick": quick})
        async with serving(create_app(made, settings)) as url:
            wire = await opened(http, url)
            calls = [asyncio.ensure_future(wire.tool("ask")) for _ in range(2)]
            await until(lambda: len(asked) == 2)
            if ends == "canceled":
                for number in (wire.last_id - 1, wire.last_id):
                    await wire.notify("notifications/cancelled", {"requestId": number})
            await asyncio.gather(*calls)
            reply = await wire.tool("quick")
            assert reply.content.startswith("handler")

    async def test_what_cleans_up_can_wait_for_the_loop(
        self, http: ClientSession
    ) -> None:
        started, ended = asyncio.Event(), asyncio.Event()

        def clean(args: Any, ctx: Context) -> str:
            async def begin() -> None:
                started.set()
                await asyncio.Event().wait()

            async def end() -> None:
                ended.set()

            try:
                ctx.wait(begin())
            finally:
                ctx.wait(end())
            return "never"

        async with serving(create_app(service({"clean": clean}))) as url:
            call = asyncio.ensure_future(ModernWire(http, url).tool("clean"))
            await asyncio.wait_for(started.wait(), SECONDS)
            call.cancel()
            await asyncio.wait_for(ended.wait(), SECONDS)

    async def test_a_canceled_call_counts_until_its_thread_is_back(
        self, http: ClientSession
    ) -> None:
        started, release = asyncio.Event(), threading.Event()

        def stuck(args: Any, ctx: Context) -> str:
            async def begin() -> None:
                started.set()

            ctx.wait(begin())
            release.wait(SECONDS)
            return "free"

        async def quick(args: Any, ctx: Context) -> str:
            return "quick"

        settings = Settings(client_calls=1, trusted_proxies=("127.0.0.1",))
        made = service({"stuck": stuck, "quick": quick})
        async with serving(create_app(made, settings)) as url:
            wire = ModernWire(http, url, {"X-Forwarded-For": "192.0.2.1"})
            call = asyncio.ensure_future(wire.tool("stuck"))
            await asyncio.wait_for(started.wait(), SECONDS)
            call.cancel()
            await asyncio.wait([call])
            other = ModernWire(http, url, {"X-Forwarded-For": "192.0.2.2"})
            assert (await other.tool("quick")).status == 200
            assert (await wire.tool("quick")).status == 429
            release.set()
            async with asyncio.timeout(SECONDS):
                while (await wire.tool("quick")).status == 429:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

    async def test_a_call_that_no_thread_is_left_for_is_refused(
        self, http: ClientSession
    ) -> None:
        release = threading.Event()

        def stuck(args: Any, ctx: Context) -> str:
            release.wait(SECONDS)
            return "free"

        made = service({"stuck": stuck})
        async with serving(create_app(made, Settings(threads=1))) as url:
            wire = ModernWire(http, url)
            calls = [asyncio.ensure_future(wire.tool("stuck")) for _ in range(12)]
            done, _ = await asyncio.wait(
                calls, return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS
            )
            refused = done.pop().result()
            assert refused.error["code"] == 503
            assert "threads" in refused.error["message"]
            release.set()
            replies = await asyncio.gather(*calls)
            assert [r.json.get("error", {}).get("code") for r in replies].count(
                503
            ) == 3


class TestWhatFails:
    async def test_a_check_that_fails_ends_no_other(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        looked = asyncio.Event()

        class Bad:
            task = None

            def check(self, now: float) -> None:
                raise TypeError("of an authenticator")

        class Good:
            task = None

            def __init__(self) -> None:
                self.looks = 0

            def check(self, now: float) -> None:
                self.looks += 1
                if self.looks == 3:
                    looked.set()

        watch = RequestMonitor()
        watch.running.update((Bad(), Good()))
        watch.start()
        try:
            with watch.streaming(Bad(), Bad()):
                await asyncio.wait_for(looked.wait(), SECONDS)
        finally:
            watch.close()
        assert caplog.text.count("can't be checked for its client") == 2

    def test_an_expiry_is_a_number(self) -> None:
        with pytest.raises(TypeError, match="seconds since 1970"):
            Principal("x", expires=datetime.datetime.now(datetime.UTC))  # type: ignore[arg-type]

    async def test_an_access_log_that_fails_changes_no_answer(
        self, http: ClientSession, caplog: pytest.LogCaptureFixture
    ) -> None:
        def sink(line: str) -> None:
            raise OSError("log disk full")

        async def act(args: Any, ctx: Context) -> str:
            return "acted"

        app = create_app(
            service({"act": act}), Settings(access_log="text"), access_log=sink
        )
        async with serving(app) as url:
            for wire in (ModernWire(http, url), await opened(http, url)):
                assert (await wire.tool("act")).content == "acted"
        assert caplog.text.count("the access log can't be written") == 1

    @pytest.mark.parametrize("method", ["open", "append", "after", "forget"])
    async def test_an_event_store_that_fails_fails_no_tool(
        self, http: ClientSession, method: str
    ) -> None:
        class Broken(MemoryEvents):
            def open(self, session_id: str, stream: int) -> Any:
                if method == "open":
                    raise OSError("the store is down")
                events = super().open(session_id, stream)
                return Failing(events)

        class Failing:
            def __init__(self, events: Any) -> None:
                self._events = events

            def append(self, number: int, framed: bytes) -> None:
                self._fail("append")
                self._events.append(number, framed)

            def after(self, number: int) -> Iterable[bytes]:
                self._fail("after")
                return self._events.after(number)  # type: ignore[no-any-return]

            def forget(self) -> None:
                self._fail("forget")

            def _fail(self, where: str) -> None:
                if where == method:
                    raise OSError("the store is down")

        async def reporting(args: Any, ctx: Context) -> str:
            await ctx.progress(1)
            return "reported"

        app = create_app(service({"reporting": reporting}), events=Broken(16))
        async with serving(app) as url:
            wire = await opened(http, url)
            meta = {"_meta": {"progressToken": 1}}
            reply = await wire.tool("reporting", params=meta)
            assert reply.messages[-1]["id"] == wire.last_id
            first = reply.events[0].id
            assert first is not None
            again = await wire.other("GET", **{"Last-Event-ID": first})
            refused = method in ("open", "after")
            assert again.status == (400 if refused else 200)
            assert (await wire.other("DELETE")).status == 204

    async def test_nothing_is_kept_for_sessions_that_have_ended(
        self, http: ClientSession
    ) -> None:
        kept: list[tuple[str, int]] = []
        started, ended = asyncio.Event(), asyncio.Event()

        class Kept(MemoryEvents):
            def open(self, session_id: str, stream: int) -> Any:
                events = super().open(session_id, stream)

                class Noted:
                    after, forget = events.after, events.forget

                    @staticmethod
                    def append(number: int, framed: bytes) -> None:
                        kept.append((session_id, number))
                        events.append(number, framed)

                return Noted

        async def late(args: Any, ctx: Context) -> str:
            await ctx.progress(1)
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                await ctx.progress(2)
                ended.set()
            return "never"

        app = create_app(service({"late": late}), events=Kept(16))
        async with serving(app) as url:
            wire = await opened(http, url)
            meta = {"_meta": {"progressToken": 1}}
            call = asyncio.ensure_future(wire.tool("late", params=meta))
            await asyncio.wait_for(started.wait(), SECONDS)
            before = list(kept)
            await wire.other("DELETE")
            await asyncio.wait_for(ended.wait(), SECONDS)
            await asyncio.wait([call], timeout=SECONDS)
            assert kept == before


class TestTheCatalog:
    async def test_changes_from_a_thread_reach_listeners_in_the_loop(
        self, http: ClientSession
    ) -> None:
        """Under asyncio's debug mode, touching the loop from a thread raises."""
        asyncio.get_running_loop().set_debug(True)

        async def extra(args: Any, ctx: Context) -> str:
            return "extra"

        def grow(args: Any, ctx: Context) -> str:
            definition: JsonObject = {
                "name": "extra",
                "inputSchema": {"type": "object"},
            }
            ctx.catalog.tools.add(definition, extra)
            return "grown"

        made = service({"grow": grow}, announces=["tools"])
        async with serving(create_app(made)) as url:
            modern = ModernWire(http, url)
            wanted = {"notifications": {"toolsListChanged": True}}
            async with modern.streaming("subscriptions/listen", wanted) as stream:
                await stream.message()
                assert (await modern.tool("grow")).content == "grown"
                changed = await stream.message()
                assert changed["method"] == "notifications/tools/list_changed"
                assert changed["params"]["_meta"] == {
                    "io.modelcontextprotocol/subscriptionId": 1
                }
                assert (await modern.tool("extra")).content == "extra"

    async def test_many_threads_may_change_it(self, http: ClientSession) -> None:
        async def extra(args: Any, ctx: Context) -> str:
            return "extra"

        app = create_app(service(announces=["tools"]))
        async with serving(app) as url:
            catalog = app[LIVE_CATALOG]

            def grow(thread: int) -> None:
                for n in range(20):
                    name = f"t{thread}_{n}"
                    schema: JsonObject = {
                        "name": name,
                        "inputSchema": {"type": "object"},
                    }
                    catalog.tools.add(schema, extra)
                    if n % 2:
                        catalog.tools.remove(name)

            wire = ModernWire(http, url)
            growing = [asyncio.to_thread(grow, n) for n in range(8)]
            listing = [wire.call("tools/list") for _ in range(20)]
            await asyncio.gather(*growing, *listing)
            assert len((await wire.call("tools/list")).result["tools"]) == 80

    async def test_others_have_their_turn_while_many_hear_of_a_change(
        self, http: ClientSession
    ) -> None:
        app = create_app(
            service(announces=["tools"]), Settings(client_streams=0, access_log="off")
        )
        many = 450
        turns = 0

        async def counting() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        async with serving(app) as url, AsyncExitStack() as stack:
            catalog = app[LIVE_CATALOG]
            heard: list[int] = []

            def listener(number: int) -> Any:
                def listen(change: object) -> Iterable[None]:
                    heard.append(number)
                    yield

                return listen

            for n in range(many):
                stack.callback(catalog.changes.listen(listener(n)))
            other = asyncio.create_task(counting())
            catalog.tools.add({"name": "x", "inputSchema": {"type": "object"}}, print)
            assert 0 < len(heard) < many
            await until(lambda: len(heard) == many)
            other.cancel()
            assert turns >= 3
            assert heard == list(range(many))
            assert (await http.get(URL(url).with_path("/healthz"))).status == 200
