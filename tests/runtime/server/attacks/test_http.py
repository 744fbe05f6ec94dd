"""Attacks on the way in: where requests come from, and what their heads say."""

from __future__ import annotations

import asyncio
import base64
import logging
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from aiohttp import ClientSession, hdrs
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import ERROR
from multidict import CIMultiDictProxy

from mcpgen.runtime.server import Settings
from mcpgen.runtime.server import runner as running_alone
from mcpgen.runtime.server.eras.legacy import session_manager
from mcpgen.runtime.server.eras.modern import era as envelope
from mcpgen.runtime.server.incoming import Refused
from mcpgen.runtime.server.logs import HTTP
from mcpgen.runtime.server.server import Server
from mcpgen.runtime.server.transports.http import aiohttp_parts
from mcpgen.runtime.server.transports.http import guard as guarding
from mcpgen.runtime.server.transports.http.guard import Guard

from ..wire import SECONDS, LegacyWire, ModernWire
from ..workshop import Workshop
from .conftest import http as request
from .conftest import message, raw, running, status

LIST = message("tools/list")
CALL = message("tools/call", name="context", arguments={})


class TestForeignPages:
    """A page in the user's browser that talks to the server on the user's machine."""

    async def test_dns_rebinding(
        self,
        guarded: bool,
        url: str,
        modern: ModernWire,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if not guarded:
            monkeypatch.setattr(Guard, "_check_host", lambda self, host: None)
        port = url.split(":")[2].removesuffix("/mcp")

        reply = await modern.call(
            "tools/list", headers={"Host": f"evil.example.com:{port}"}
        )

        assert (reply.status == 403) is guarded
        assert (reply.status == 200) is not guarded

    async def test_a_host_in_the_request_line(
        self, guarded: bool, service: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not guarded:
            monkeypatch.setattr(guarding, "host_of", lambda r: r.headers[hdrs.HOST])

        async with running(service) as port:
            line = b"POST http://evil.example.com/mcp HTTP/1.1"
            answer = await raw(port, request(LIST, line=line))

        assert (status(answer) == 403) is guarded
        assert (status(answer) == 200) is not guarded

    @pytest.mark.parametrize("header", ["Host", "Origin"])
    @pytest.mark.parametrize(
        "name",
        [
            "[::1].evil.example.com",
            "[::1]evil.example.com",
            "[::1]:80.evil.example.com",
            "[::1]@evil.example.com",
            "localhost:80.evil.example.com",
            "localhost.evil.example.com",
            "127.0.0.1.evil.example.com:80",
        ],
    )
    async def test_a_name_that_begins_like_this_machine_s(
        self, modern: ModernWire, header: str, name: str
    ) -> None:
        value = name if header == "Host" else f"http://{name}"

        reply = await modern.call("tools/list", headers={header: value})

        assert reply.status == 403

    @pytest.mark.parametrize("host", ["[::1]", "[::1]:80", "LOCALHOST:1", "127.0.0.1:"])
    async def test_this_machine_s_names_are_known(
        self, modern: ModernWire, host: str
    ) -> None:
        reply = await modern.call("tools/list", headers={"Host": host})

        assert reply.status == 200

    @pytest.mark.parametrize("method", ["POST", "OPTIONS"])
    async def test_origin_null(
        self,
        guarded: bool,
        modern: ModernWire,
        method: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if not guarded:
            monkeypatch.setattr(Guard, "_is_known_origin", lambda self, o, h: True)
        origin = {"Origin": "null"}

        if method == "POST":
            reply = await modern.call("tools/list", headers=origin)
        else:
            reply = await modern.other(method, **origin)

        assert (reply.status == 403) is guarded
        assert ("Access-Control-Allow-Origin" not in reply.headers) is guarded

    async def test_a_foreign_origin_is_no_reason_to_believe_host(
        self, http: ClientSession, url: str
    ) -> None:
        wire = ModernWire(http, url)
        evil = {"Host": "evil.example.com", "Origin": "http://evil.example.com"}

        assert (await wire.call("tools/list", headers=evil)).status == 403


def first(headers: CIMultiDictProxy[str], name: str) -> str | None:
    """Takes the first value, as `get` does."""
    return headers.get(name)


class TestDoubleHeaders:
    """A proxy in front goes by one value, the server by the other."""

    async def test_of_origin(
        self, guarded: bool, service: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not guarded:
            monkeypatch.setattr(guarding, "single", first)
        origins = b"Origin: http://localhost", b"Origin: http://evil.example.com"

        async with running(service) as port:
            answer = await raw(port, request(LIST, *origins))

        assert (status(answer) == 400) is guarded
        assert (status(answer) == 200) is not guarded

    @pytest.mark.parametrize(
        ("name", "other"),
        [
            ("Mcp-Session-Id", "another"),
            ("MCP-Protocol-Version", "2025-03-26"),
        ],
    )
    async def test_of_sessions(
        self,
        guarded: bool,
        legacy: LegacyWire,
        name: str,
        other: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if not guarded:
            monkeypatch.setattr(session_manager, "single", first)
        await legacy.initialize()
        own = legacy._headers(None)
        twice = [*own.items(), (name, other)]

        async with legacy.http.post(
            legacy.url, json=legacy.request("tools/list"), headers=twice
        ) as response:
            assert (response.status == 400) is guarded
            assert (response.status == 200) is not guarded

    @pytest.mark.parametrize("name", ["Mcp-Method", "Mcp-Name"])
    async def test_of_what_mirrors_the_body(
        self,
        guarded: bool,
        service: Workshop,
        name: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if not guarded:
            monkeypatch.setattr(envelope, "_compare", lambda *_, **__: None)
        values = {"Mcp-Method": b"ping", "Mcp-Name": b"harmless"}
        more = name.encode() + b": " + values[name]

        async with running(service) as port:
            answer = await raw(
                port, request(CALL, more, method=b"tools/call", name=b"context")
            )

        assert (status(answer) == 400) is guarded
        assert bool(service.seen) is not guarded

    @pytest.mark.parametrize(
        "more",
        [b"Host: evil.example.com", b"Content-Type: text/plain"],
    )
    async def test_of_what_the_parser_knows(
        self, service: Workshop, more: bytes
    ) -> None:
        async with running(service) as port:
            assert status(await raw(port, request(LIST, more))) == 400


SMUGGLED = request(CALL, method=b"tools/call", name=b"context")


class TestSmuggledRequests:
    """A second request that hides in a first one; aiohttp's parser is the guard.

    Here the guard can't be taken out. So the same bytes, honestly framed, show what the
    attack would have done: the tool runs.
    """

    async def test_an_honest_second_request_would_run_the_tool(
        self, service: Workshop
    ) -> None:
        async with running(service) as port:
            await raw(port, SMUGGLED)

        assert service.seen

    @pytest.mark.parametrize(
        "head",
        [
            b"Content-Length: 0\r\nContent-Length: %d",
            b"Content-Length: %d\r\nContent-Length: 0",
            b"Content-Length: 0\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: %d",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            b"Transfer-Encoding: xchunked",
            b"Transfer-Encoding : chunked",
            b"Transfer-Encoding:\x0bchunked",
            b"Content-Length: +%d",
            b"Content-Length: 0x%d",
            b"Content-Length: 0, %d",
            b"X-A: a\r\n b: c\r\nContent-Length: 0",
            b"X-A: a\nContent-Length: 0",
            b"X-A: a\rContent-Length: 0",
            b"X-A: a\0\r\nContent-Length: 0",
            b"X A: a\r\nContent-Length: 0",
            b": a\r\nContent-Length: 0",
        ],
    )
    async def test_a_frame_that_two_readers_understand_differently_is_refused(
        self, service: Workshop, head: bytes
    ) -> None:
        if b"%d" in head:
            head %= len(SMUGGLED)
        data = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n%b" % (
            head,
            b"0\r\n\r\n" + SMUGGLED,
        )

        async with running(service) as port:
            assert status(await raw(port, data)) == 400

        assert not service.seen

    @pytest.mark.parametrize(
        "value",
        ["x\r\nSet-Cookie: a=b", "x\nSet-Cookie: a=b", "\r\n\r\nHTTP/1.1 200 OK"],
    )
    async def test_line_ends_of_a_body_never_get_into_a_head(
        self, modern: ModernWire, legacy: LegacyWire, value: str
    ) -> None:
        await legacy.initialize()
        encoded = "=?base64?" + base64.b64encode(value.encode()).decode()
        named = {"Mcp-Name": encoded + "?="}

        replies = [
            await modern.tool(value, headers=named),
            await modern.call("prompts/get", {"name": value}, headers=named),
            await modern.call("resources/read", {"uri": value}, headers=named),
            await modern.call(value, headers={"Mcp-Method": "x"}),
            await legacy.tool(value),
            await legacy.call("resources/read", {"uri": value}),
        ]

        for reply in replies:
            assert "Set-Cookie" not in reply.headers
            assert "error" in reply.json


class TestLargeHeads:
    """Heads that fill the memory, or the time of whoever reads them."""

    @pytest.mark.parametrize(
        ("line", "more"),
        [
            (b"POST /mcp HTTP/1.1", [b"X-A: " + b"a" * 9_000]),
            (b"POST /mcp HTTP/1.1", [b"X-A" + b"a" * 9_000 + b": a"]),
            (b"POST /mcp HTTP/1.1", [b"X-%d: a" % n for n in range(1_000)]),
            (b"POST /mcp?" + b"a" * 9_000 + b" HTTP/1.1", []),
        ],
        ids=["value", "name", "number", "path"],
    )
    async def test_oversized_headers(
        self, guarded: bool, service: Workshop, line: bytes, more: list[bytes]
    ) -> None:
        limits = ["max_line_size", "max_field_size", "max_headers"]
        options: dict[str, Any] = {} if guarded else dict.fromkeys(limits, 10**6)

        async with running(service, **options) as port:
            answer = await raw(port, request(LIST, *more, line=line))

        assert (status(answer) == 400) is guarded
        assert (status(answer) == 200) is not guarded
        assert len(answer) < 10_000


class TestNoise:
    """Requests that are no HTTP, to fill the log and to wake those who watch it."""

    async def test_a_few_bytes_are_no_forty_lines_of_log(
        self, guarded: bool, service: Workshop, caplog: pytest.LogCaptureFixture
    ) -> None:
        # Each copy of the runtime in this process has brought its own.
        calm = () if guarded else tuple(HTTP.filters)
        for each in calm:
            HTTP.removeFilter(each)
        try:
            async with running(service) as port:
                answer = await raw(port, b"GET / HTTP/1.1\r\nhe llo\r\n\r\n")
        finally:
            for each in calm:
                HTTP.addFilter(each)

        (record,) = [r for r in caplog.records if r.name == HTTP.name]
        assert status(answer) == 400
        assert (record.levelno == logging.INFO) is guarded
        assert (record.exc_info is None) is guarded
        assert "\n" not in record.getMessage()

    @pytest.mark.parametrize(
        "request_head",
        [
            b"Authorization: Bearer secret" + b"x" * 8190,
            b"Authorization : Bearer secret",
            b"Authorization: Bearer secret\x00",
            b"Authorization: Bearer secret\r\n X: folded",
            b"Host: secret secret\r\nHost: secret",
            b"Content-Length: secret",
            b"Transfer-Encoding: secret",
        ],
    )
    @pytest.mark.parametrize("target", [b"/secret", b"secret", b"http://xn--/?secret"])
    async def test_nothing_of_a_bad_request_gets_into_the_log(
        self,
        guarded: bool,
        service: Workshop,
        request_head: bytes,
        target: bytes,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        calm = () if guarded else tuple(HTTP.filters)
        for each in calm:
            HTTP.removeFilter(each)
        try:
            async with running(service) as port:
                head = b"POST " + target + b" HTTP/1.1\r\n" + request_head
                answer = await raw(port, head + b"\r\n\r\n")
        finally:
            for each in calm:
                HTTP.addFilter(each)

        assert status(answer) >= 400
        if guarded:
            assert "secret" not in caplog.text
        elif b"secretx" in request_head:
            assert "secret" in caplog.text

    @pytest.mark.parametrize(
        "line",
        [
            b"POST http://xn--/mcp HTTP/1.1",
            b"GET x://xn--a/mcp HTTP/1.1",
            b"CONNECT xn--:80 HTTP/1.1",
        ],
    )
    @pytest.mark.parametrize("layer", ["alone", "with middlewares"])
    async def test_a_host_that_there_can_not_be(
        self,
        guarded: bool,
        service: Workshop,
        line: bytes,
        layer: str,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        if not guarded:
            monkeypatch.setattr(running_alone, "refine_requests", lambda *_: None)

        async with running(service, as_application=layer != "alone") as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(LIST, line=line))
            try:
                # Everything up to the end of the connection.
                async with asyncio.timeout(SECONDS if guarded else 0.1):
                    answer = await reader.read()
            except TimeoutError:
                answer = b""
            writer.close()

        assert bool(answer) is guarded
        if guarded:
            assert status(answer) == 400
            (record,) = [r for r in caplog.records if r.name != "mcp.access"]
            assert (record.levelno, record.exc_info) == (logging.INFO, None)


@pytest.mark.parametrize("target", [None, ""])
def test_a_request_line_without_a_target_is_for_none(target: str | None) -> None:
    """As aiohttp's parser makes it of `CONNECT` with nothing behind it, at times."""
    nowhere: Any = SimpleNamespace(raw_path=target, headers={"Host": "localhost"})

    with pytest.raises(Refused, match="no target") as caught:
        Guard(Settings()).check(nowhere)

    assert caught.value.status == 400


async def test_a_request_without_a_url_is_refused(service: Workshop) -> None:
    settings = Settings()
    runner = running_alone.Runner(Server(service, settings), settings)
    await runner.setup()
    anything: Any = MagicMock()
    nothing: Any = None
    message = ERROR._replace(method="CONNECT", path=nothing, url=nothing)
    try:
        assert runner.server is not None
        made = runner.server.request_factory(
            message, EMPTY_PAYLOAD, anything, anything, anything
        )
    finally:
        await runner.cleanup()

    assert type(made) is aiohttp_parts._Unreadable


async def test_a_request_that_names_no_host_is_for_none(service: Workshop) -> None:
    async with running(service, Settings()) as port:
        empty = await raw(port, request(LIST, host=b"Host:"))
        none = await raw(
            port, request(LIST, line=b"POST /mcp HTTP/1.0", host=b"X-A: a")
        )

    assert (status(empty), status(none)) == (403, 403)
