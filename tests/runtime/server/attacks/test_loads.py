"""Attacks with bodies, time and numbers: what is small to send and large to handle."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.core import jsonrpc
from mcpgen.runtime.server import (
    LIVE_CATALOG,
    Context,
    Settings,
    create_app,
    http_endpoint,
)
from mcpgen.runtime.server.eras.legacy import era
from mcpgen.runtime.server.eras.legacy.session_manager import MemorySessions
from mcpgen.runtime.server.eras.legacy.sessions import LegacySession, MemoryEvents
from mcpgen.runtime.server.eras.modern import subscriptions
from mcpgen.runtime.server.server import Server
from mcpgen.runtime.server.stores import Events
from mcpgen.runtime.server.transports.http import sse
from tests.pace import patient

from ..conftest import Serve, serving
from ..inmemory import InMemory
from ..wire import SECONDS, LegacyWire, ModernWire
from ..workshop import Workshop
from .conftest import http as request
from .conftest import message, running

MEGABYTE = 1024 * 1024


def body_with(arguments: bytes) -> bytes:
    """A call of `context` with arguments as they stand."""
    body = message("tools/call", name="context", arguments="here")
    return body.replace(b'"here"', arguments)


HEADERS = {"Mcp-Method": "tools/call", "Mcp-Name": "context"}


def lenient(body: bytes) -> Any:
    """Python's own parser, with numbers of any length."""
    return json.loads(body, parse_int=len)


class TestBombs:
    """Bodies that are small, or look so, until they are read."""

    @pytest.mark.parametrize(
        ("arguments", "other"),
        [
            (b"[" * 90_000 + b"]" * 90_000, json.loads),
            (b'{"a":' * 90_000 + b"1" + b"}" * 90_000, json.loads),
            (b'{"n":' + b"9" * 10**6 + b"}", lenient),
            (b'{"n":-' + b"9" * 10**6 + b"}", lenient),
            (b'{"n":' + b"9" * 10**6 + b".5}", lenient),
            (b'{"n":1e' + b"9" * 10**6 + b"}", jsonrpc.parse),
            (b'{"n":-1e400}', jsonrpc.parse),
        ],
        ids=[
            "arrays",
            "objects",
            "integer",
            "negative",
            "float",
            "exponent",
            "infinite",
        ],
    )
    async def test_nesting_and_huge_numbers(
        self,
        guarded: bool,
        modern: ModernWire,
        service: Workshop,
        arguments: bytes,
        other: Callable[[bytes], Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if not guarded:
            monkeypatch.setattr(http_endpoint, "parse", other)
        started = time.process_time()

        reply = await modern.send(body_with(arguments), headers=_modern())

        code = reply.json.get("error", {}).get("code")
        assert ((reply.status, code) == (400, -32700)) is guarded
        # Without it the server fails, or the handler gets what JSON can't say.
        assert (reply.status == 500 or bool(service.seen)) is not guarded
        assert time.process_time() - started < patient(2)

    @pytest.mark.parametrize(
        "twice",
        [
            b'"name":"add","name":"context"',
            b'"na\\u006de":"add","name":"context"',
            b'"x":"a\\u003a","name":"add","name":"context"',
        ],
    )
    async def test_duplicate_keys(
        self,
        guarded: bool,
        modern: ModernWire,
        service: Workshop,
        twice: bytes,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What stands in front may take the first one for the real one."""
        if not guarded:
            monkeypatch.setattr(http_endpoint, "parse", jsonrpc.parse)
        body = body_with(b"{}").replace(b'"name": "context"', twice)

        reply = await modern.send(body, headers=_modern())

        assert (reply.status == 400) is guarded
        assert bool(service.seen) is not guarded

    async def test_many_duplicate_keys_are_refused_in_time(
        self, modern: ModernWire
    ) -> None:
        body = b"{" + b'"a":1,' * 90_000 + b'"a":1}'
        started = time.process_time()

        reply = await modern.send(body, headers=_modern())

        assert reply.error["code"] == -32700
        assert time.process_time() - started < patient(2)

    async def test_gzip(self, guarded: bool, http: ClientSession, serve: Serve) -> None:
        most = MEGABYTE if guarded else 1024 * MEGABYTE
        wire = ModernWire(http, await serve(Settings(max_body=most)))
        bomb = gzip.compress(b" " * (48 * MEGABYTE))
        assert len(bomb) < MEGABYTE

        tracemalloc.start()
        reply = await wire.send(bomb, headers={"Content-Encoding": "gzip"})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

        assert (reply.status == 413) is guarded
        assert (peak < 24 * MEGABYTE) is guarded


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_body_that_is_not_packed_as_it_says(
    guarded: bool,
    modern: ModernWire,
    coding: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is the client's fault, so the server does not fail, nor cry for help."""
    if not guarded:
        monkeypatch.setattr("aiohttp.web.RequestPayloadError", KeyError)
    headers = {**_modern(), "Content-Encoding": coding}

    reply = await modern.send(body_with(b"{}"), headers=headers)

    assert (reply.status == 400) is guarded
    assert (reply.status == 500) is not guarded
    assert ("a request failed" not in caplog.text) is guarded


def _modern() -> dict[str, str | None]:
    return {**HEADERS, "MCP-Protocol-Version": "2026-07-28"}


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """All that comes; a reset after it is an end like any other."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(4096):
            found += chunk
    return found


class TestSlowness:
    """Connections that are held open with next to nothing."""

    @pytest.mark.parametrize("part", ["head", "body"])
    async def test_slow_requests(
        self, guarded: bool, service: Workshop, part: str
    ) -> None:
        limit = 0.3 if guarded else 60.0
        settings = Settings(body_timeout=limit, connection_idle=limit)
        data = request(message("tools/list"))
        head, _, _ = data.partition(b"\r\n\r\n")
        sent = len(head) - 100 if part == "head" else len(head) + 10

        async with running(service, settings, lingering_time=0.05) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data[:sent])
            closed = asyncio.ensure_future(until_closed(reader))
            for byte in data[sent : sent + 20]:
                if not closed.done():
                    writer.write(bytes([byte]))
                await asyncio.wait([closed], timeout=0.05)
            done = closed.done()
            closed.cancel()
            writer.close()

        assert done is guarded
        if guarded and part == "body":
            assert closed.result().startswith(b"HTTP/1.1 408 ")

    @pytest.mark.parametrize("as_application", [False, True], ids=["alone", "mounted"])
    async def test_an_answer_that_is_not_read(
        self, guarded: bool, as_application: bool
    ) -> None:
        settings = Settings(connection_idle=0.5 if guarded else 60.0)
        service = Talkative(20 * MEGABYTE)
        async with running(service, settings, as_application=as_application) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            writer.write(CONTEXT)
            await asyncio.sleep(2.0)

            assert (await received(reader) < 20 * MEGABYTE) is guarded
            writer.close()

    async def test_an_answer_that_is_read_slowly(self, guarded: bool) -> None:
        """It takes longer than the limit, and comes whole all the same."""
        settings = Settings(connection_idle=0.5 if guarded else 60.0)
        async with running(Talkative(20 * MEGABYTE), settings) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            writer.write(CONTEXT)

            assert await received(reader, pause=0.1) > 20 * MEGABYTE
            writer.close()

    async def test_a_reader_that_does_not_read(
        self, guarded: bool, http: ClientSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not guarded:
            monkeypatch.setattr(sse, "_MAILBOX_BYTES", 1 << 40)
        sessions = MemorySessions(1)
        app = create_app(Workshop(), sessions=sessions)
        async with serving(app) as url:
            wire = LegacyWire(http, url)
            await wire.initialize()
            await wire.call("resources/subscribe", {"uri": "shop://text"})
            async with wire.get():
                (session,) = sessions
                assert isinstance(session, LegacySession)
                (mailbox,) = session.mailboxes
                for _ in range(20_000):
                    app[LIVE_CATALOG].updated("shop://text")

                assert mailbox.closed is guarded
                assert (mailbox._size < 1.1 * MEGABYTE) is guarded
                session.end()


class TestWhatIsKept:
    """Little to ask for, and kept for as long as a session or a stream lives."""

    async def test_a_client_that_says_much_of_itself(
        self, guarded: bool, legacy: LegacyWire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not guarded:
            monkeypatch.setattr(era, "_LARGEST_CLIENT", 1 << 40)
        about: dict[str, Any] = {"name": "x", "version": "1", "more": [{}] * 20_000}
        params = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": about,
        }

        del legacy.headers["Mcp-Session-Id"]
        reply = await legacy.call("initialize", params)

        assert reply.status == (400 if guarded else 200)
        if guarded:
            assert "32768 bytes" in reply.error["message"]

    async def test_a_session_s_subscriptions_to_long_uris(
        self, guarded: bool, legacy: LegacyWire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not guarded:
            monkeypatch.setattr(era, "MAX_URI", 1 << 40)

        reply = await legacy.call("resources/subscribe", {"uri": "x" * 8_193})

        assert ("error" in reply.json) is guarded
        assert (
            await legacy.call("resources/subscribe", {"uri": "x" * 8_192})
        ).result == {}

    async def test_a_subscription_to_long_uris(
        self, guarded: bool, modern: ModernWire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each of them would be held against every template."""
        if not guarded:
            monkeypatch.setattr(subscriptions, "MAX_URIS", 1 << 40)
        uris = [f"shop://{n}/{'x' * 100}" for n in range(650)]
        wanted = {"notifications": {"resourceSubscriptions": uris}}

        if guarded:
            reply = await modern.call("subscriptions/listen", wanted)
            assert reply.error["code"] == -32602
            assert "65536 characters" in reply.error["message"]
        else:
            async with modern.streaming("subscriptions/listen", wanted) as stream:
                assert "acknowledged" in (await stream.message())["method"]

    async def test_events_that_nobody_comes_back_for(
        self, guarded: bool, http: ClientSession
    ) -> None:
        """Those of all sessions together have a size, not only a number."""
        events = Counted(256, 100_000 if guarded else 1 << 40)
        async with serving(create_app(Talkative(), events=events)) as url:
            for _ in range(10):
                wire = LegacyWire(http, url)
                await wire.initialize()
                for _ in range(5):
                    body = wire.request("tools/call", {"name": "context"})
                    only_events = {"Accept": "text/event-stream"}
                    async with wire.stream(body, headers=only_events) as stream:
                        await stream.message()

        assert (events.bytes <= 100_000) is guarded
        assert events.bytes > 50_000


CONTEXT = request(
    message("tools/call", name="context"), method=b"tools/call", name=b"context"
)


async def received(reader: asyncio.StreamReader, pause: float = 0.0) -> int:
    """The bytes of an answer of 20 MiB, or of what comes of it; some, then a pause."""
    size = 0
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(2 * SECONDS):
            while size <= 20 * MEGABYTE:
                taken = 0
                while taken < MEGABYTE:
                    chunk = await reader.read(MEGABYTE)
                    if not chunk:
                        return size
                    taken += len(chunk)
                    size += len(chunk)
                    if size > 20 * MEGABYTE:
                        return size
                await asyncio.sleep(pause)
    return size


class Talkative(Workshop):
    """Has a tool of long answers."""

    def __init__(self, size: int = 10_000) -> None:
        super().__init__()
        self._size = size

    async def context(self, args: Any, ctx: Context) -> str:
        return "x" * self._size


class Counted(MemoryEvents):
    """Tells how much it keeps."""

    def __init__(self, history: int, size: int) -> None:
        super().__init__(history, size)
        self._opened: list[Events] = []

    def open(self, session_id: str, stream: int) -> Events:
        opened = super().open(session_id, stream)
        self._opened.append(opened)
        return opened

    @property
    def bytes(self) -> int:
        return sum(len(b"".join(each.after(0))) for each in self._opened)


class TestNumbers:
    """Many, where one would be fine."""

    async def test_10_000_sessions_from_one_address(self, guarded: bool) -> None:
        """They must not keep anybody else from having one."""
        settings = Settings(
            access_log="off",
            address_rate=0,
            address_sessions=Settings().address_sessions if guarded else 0,
            max_sessions=10_000 if guarded else 1_000,
        )
        count = settings.max_sessions
        server = Server(Workshop(), settings)
        async with InMemory(server, settings) as memory:
            attacker = memory.connect("203.0.113.9")
            statuses = [
                (await attacker.send(HELLO, SECONDS)).status for _ in range(count)
            ]
            other = memory.connect("203.0.113.10")
            status = (await other.send(HELLO, SECONDS)).status

        assert (statuses.count(200), statuses.count(429)) == (
            (1_000, 9_000) if guarded else (1_000, 0)
        )
        assert status == (200 if guarded else 503)

    async def test_addresses_of_one_network_are_one(self) -> None:
        """Whoever has IPv6 has 2^64 addresses."""
        settings = Settings(address_sessions=1)
        async with InMemory(Server(Workshop(), settings), settings) as memory:
            statuses = [
                (await memory.connect(f"2001:db8::{n:x}").send(HELLO, SECONDS)).status
                for n in range(3)
            ]

        assert statuses == [200, 429, 429]


HELLO = request(
    json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "attacker", "version": "1"},
            },
        }
    ).encode(),
    method=b"initialize",
)
