"""Attacks on those who read the logs."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import weakref

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Context, Settings, create_app
from mcpgen.runtime.server.features.access_log import log as access_log
from mcpgen.runtime.server.logs import OneEntry
from mcpgen.runtime.server.transports.http.exchange import Exchange

from ..auth.vault import Names, Vault
from ..conftest import serving
from ..wire import MODERN, LegacyWire
from ..workshop import Workshop
from .conftest import http as request
from .conftest import message, raw, running, status

FORGED = "x\n2026-01-01T00:00:00Z 127.0.0.1 POST 200 0.1ms tools/list - session=- ok"
TERMINAL = "\x1b[2J\x1b]0;owned\x07\u202e\u2028"


def is_calm_text(line: str) -> bool:
    """Whether a line is one on every screen, with as many fields as it should have."""
    quoted = re.sub(r"'(?:[^'\\]|\\.)*'|\"[^\"]*\"", "quoted", line)
    return line.isprintable() and len(quoted.split(" ")) in (9, 10)


def is_calm_json(line: str) -> bool:
    """Whether a line is one on every screen, and is JSON."""
    try:
        return line.isprintable() and line.isascii() and bool(json.loads(line))
    except ValueError:
        return False


CALM = {"text": is_calm_text, "json": is_calm_json}


class TestAccessLog:
    @pytest.mark.parametrize(
        "text", [FORGED, TERMINAL, 'a" b c', "\r\n", "\x00", "'a' \" b"]
    )
    @pytest.mark.parametrize("kind", ["text", "json"])
    async def test_log_injection(
        self,
        guarded: bool,
        service: Workshop,
        text: str,
        kind: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if not guarded:
            monkeypatch.setattr(access_log, "_plain", lambda value: value)
            monkeypatch.setattr(access_log, "_json", _careless)
        lines: list[str] = []
        settings = Settings(access_log="json" if kind == "json" else "text")
        name = f"=?base64?{base64.b64encode(text.encode()).decode()}?="
        named = message("tools/call", name=text, arguments={})
        session = b"Mcp-Session-Id: x y\tz"

        async with running(service, settings, lines=lines.append) as port:
            answer = await raw(
                port, request(named, method=b"tools/call", name=name.encode())
            )
            assert status(answer) == 200
            await raw(port, request(message(text), method=b"x"))
            await raw(port, request(b'{"jsonrpc":"2.0","id":1,"method":"x"}', session))

        assert len(lines) == 3
        assert all(map(CALM[kind], lines)) is guarded

    @pytest.mark.parametrize("kind", ["text", "json"])
    async def test_a_session_that_whoever_knows_it_may_use(
        self, guarded: bool, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not guarded:
            monkeypatch.setattr(access_log, "_SHOWN_OF_SECRETS", 1_000)
        lines: list[str] = []
        settings = Settings(access_log="json" if kind == "json" else "text")
        app = create_app(Workshop(), settings, access_log=lines.append)

        async with serving(app) as url, ClientSession() as session:
            legacy = LegacyWire(session, url)
            await legacy.initialize()
            await legacy.tool("add", {"a": 1})
            stolen = lines[-1]
            known = legacy.headers["Mcp-Session-Id"]

        assert (known not in stolen) is guarded
        assert known[:8] in stolen

    async def test_a_session_of_a_principal_is_no_secret(self) -> None:
        lines: list[str] = []
        app = create_app(Vault(Names()), access_log=lines.append)

        async with serving(app) as url, ClientSession() as session:
            legacy = LegacyWire(session, url, headers={"Authorization": "Bearer alice"})
            await legacy.initialize()
            await legacy.call("tools/list")

        known = legacy.headers["Mcp-Session-Id"]
        assert f"session={known} principal=alice" in lines[-1]

    async def test_a_long_name_is_no_long_line(self, service: Workshop) -> None:
        lines: list[str] = []
        body = message("tools/call", name="x" * 1_000_000, arguments={})

        async with running(service, lines=lines.append) as port:
            await raw(port, request(body, method=b"tools/call", name=b"x"))

        assert [len(line) < 500 for line in lines] == [True]

    def test_a_long_value_is_not_kept_after_its_line(self) -> None:
        class Text(str):
            """A text that weak references may lead to."""

        value = Text("x" * 100_000)
        reference = weakref.ref(value)

        assert access_log._plain(value) == value

        del value
        assert reference() is None


def _careless(exchange: Exchange, remote: str | None, code: int, seconds: float) -> str:
    return f'{{"method": "{exchange.method}", "target": "{exchange.target}"}}'


class TestOwnLog:
    async def test_log_injection_through_an_exception(
        self, guarded: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Handlers put what they were given into messages, and raise them."""
        forged = "x\n2026-01-01 00:00:00,000 INFO mcp.server: all is well \x1b[2J"
        made = OneEntry if guarded else logging.Formatter
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(made("%(asctime)s %(levelname)s %(name)s: %(message)s"))

        class Shop(Workshop):
            async def context(self, args: dict[str, str], ctx: Context) -> str:
                raise RuntimeError(args["city"])

        logger = logging.getLogger("mcp.server")
        logger.addHandler(handler)
        try:
            async with running(Shop()) as port:
                body = message("tools/call", name="context", arguments={"city": forged})
                await raw(port, request(body, method=b"tools/call", name=b"context"))
        finally:
            logger.removeHandler(handler)

        lines = stream.getvalue().splitlines()
        assert any("all is well" in line for line in lines)
        entries = [line for line in lines if not line.startswith("    ")]
        assert (len(entries) == 1) is guarded
        assert ("\x1b" not in stream.getvalue()) is guarded


async def test_tokens_never_get_into_a_log(
    service: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    hush = b"Authorization: Bearer hush-hush"

    async with running(service, lines=lines.append) as port:
        for line in (
            b"POST /mcp HTTP/1.1",
            b"POST /mcp?access_token=hush-hush HTTP/1.1",
        ):
            await raw(port, request(message("tools/list"), hush, line=line))
            await raw(port, request(b"{", hush, line=line))

    assert len(lines) == 4
    assert "hush" not in "".join(lines) + caplog.text
    assert MODERN not in caplog.text
