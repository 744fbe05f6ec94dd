"""Opaque tokens: what the authorization server is asked, and what counts of its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.server.features.auth import (
    AuthRequest,
    IntrospectionAuthenticator,
    Principal,
    Refusal,
    Unavailable,
    fetch,
    make_api_key,
)
from tests.pace import patient

from ..conftest import serving
from ..wire import until
from .conftest import basic

AUDIENCE = "https://mcp.example.com/mcp"
TOKEN = "opaque-1"


class Oracle:
    """An introspection endpoint that says what it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.text: str | None = None
        self.changes: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []
        self.credentials: tuple[str, str] | None = None
        self.delay: asyncio.Event | None = None

    async def introspect(self, request: web.Request) -> web.StreamResponse:
        self.asked.append({k: str(v) for k, v in (await request.post()).items()})
        self.credentials = basic(request.headers["Authorization"])
        if self.delay is not None:
            await self.delay.wait()
        if self.text is not None:
            return web.Response(text=self.text, status=self.status)
        claims = {
            "active": True,
            "sub": "alice",
            "aud": AUDIENCE,
            "client_id": "app",
            "scope": "read write",
            "exp": int(time.time()) + 300,
            **self.changes,
        }
        given = {name: value for name, value in claims.items() if value is not None}
        return web.json_response(given, status=self.status)

    async def describe(self, _: web.Request) -> web.StreamResponse:
        where = {"issuer": self.url, "introspection_endpoint": f"{self.url}/introspect"}
        return web.json_response(where | self.metadata)


@pytest.fixture
async def oracle() -> AsyncIterator[Oracle]:
    oracle = Oracle()
    app = web.Application()
    app.router.add_post("/introspect", oracle.introspect)
    app.router.add_get("/.well-known/oauth-authorization-server", oracle.describe)
    async with serving(app, "") as oracle.url:
        yield oracle


@asynccontextmanager
async def asking(
    oracle: Oracle, **options: Any
) -> AsyncIterator[IntrospectionAuthenticator]:
    chosen = {"client_id": "me", "client_secret": "s e:cret", **options}
    rule = IntrospectionAuthenticator(oracle.url, [AUDIENCE], **chosen)
    yield rule
    await rule.close()


async def show(rule: IntrospectionAuthenticator, token: str = TOKEN) -> Principal:
    request = AuthRequest({"Authorization": f"Bearer {token}"})
    async with asyncio.timeout(patient(60)):
        principal = await rule.authenticate(request)
    assert principal is not None
    return principal


async def test_an_active_token_tells_who_sends_it(oracle: Oracle) -> None:
    async with asking(oracle) as rule:
        principal = await show(rule)

    assert principal == Principal(
        "alice", oracle.url, "app", frozenset({"read", "write"})
    )
    assert oracle.asked == [{"token": TOKEN, "token_type_hint": "access_token"}]


async def test_the_server_proves_who_it_is(oracle: Oracle) -> None:
    async with asking(oracle) as rule:
        await show(rule)

    assert oracle.credentials == ("me", "s+e%3Acret")


async def test_a_request_without_a_token_is_nobodys(oracle: Oracle) -> None:
    async with asking(oracle) as rule:
        assert await rule.authenticate(AuthRequest({})) is None

    assert oracle.asked == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"active": False}, "not active"),
        ({"active": None}, "not active"),
        ({"active": "true"}, "not active"),
        ({"active": 1}, "not active"),
        ({"iss": "https://evil.example.com"}, "another issuer"),
        ({"aud": "https://other.example.com"}, "another server"),
        ({"aud": None}, "another server"),
        ({"exp": 1}, "expired"),
        ({"nbf": 2**40}, "not valid yet"),
        ({"token_type": "refresh_token"}, "no bearer token"),
        ({"token_type": "DPoP"}, "no bearer token"),
        ({"cnf": {"jkt": "x"}}, "bound"),
        ({"sub": None, "client_id": None}, "no subject"),
        ({"sub": 7}, "no subject"),
    ],
    ids=str,
)
async def test_what_does_not_count(
    oracle: Oracle, changes: dict[str, Any], reason: str
) -> None:
    oracle.changes = changes
    async with asking(oracle) as rule:
        with pytest.raises(Refusal, match=reason):
            await show(rule)


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, "no JSON"), (200, "[]"), (401, "{}"), (500, "{}"), (302, ""), (200, "")],
)
async def test_an_answer_that_is_none_is_not_the_token_s_fault(
    oracle: Oracle, status: int, text: str
) -> None:
    oracle.status, oracle.text = status, text
    async with asking(oracle) as rule:
        with pytest.raises(Unavailable):
            await show(rule)


async def test_an_endless_answer_is_cut_off(oracle: Oracle) -> None:
    oracle.changes = {"padding": "x" * 300_000}
    async with asking(oracle) as rule:
        with pytest.raises(Unavailable):
            await show(rule)


async def test_nobody_there_is_not_the_token_s_fault(oracle: Oracle) -> None:
    async with asking(oracle, url="http://127.0.0.1:1/introspect") as rule:
        with pytest.raises(Unavailable):
            await show(rule)


@pytest.mark.parametrize("where", [None, 5, "http://evil.example/x", "file:///x"])
async def test_an_endpoint_that_can_not_be_believed_gets_no_token(
    oracle: Oracle, where: Any
) -> None:
    oracle.metadata = {"introspection_endpoint": where}
    async with asking(oracle) as rule:
        with pytest.raises(Unavailable):
            await show(rule)

    assert oracle.asked == []


async def test_an_api_key_of_ours_is_never_shown_to_the_server(oracle: Oracle) -> None:
    key, _ = make_api_key("robot")
    async with asking(oracle) as rule:
        with pytest.raises(Refusal, match="API key"):
            await show(rule, key)
        assert oracle.asked == []

        # Others may have tokens that begin like our keys.
        assert await show(rule, "mcp_opaque-1")


class TestRemembering:
    async def test_an_answer_is_used_again(self, oracle: Oracle) -> None:
        async with asking(oracle) as rule:
            for _ in range(5):
                await show(rule)
            await show(rule, "opaque-2")

        assert len(oracle.asked) == 2

    async def test_never_beyond_the_token_s_end(
        self, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time()
        oracle.changes = {"exp": int(now) + 60}
        async with asking(oracle, remember=3600.0, leeway=0.0) as rule:
            await show(rule)
            monkeypatch.setattr(time, "time", lambda: now + 61)

            with pytest.raises(Refusal, match="expired"):
                await show(rule)

        assert len(oracle.asked) == 2

    async def test_never_longer_than_configured(
        self, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time()
        async with asking(oracle, remember=60.0) as rule:
            await show(rule)
            oracle.changes = {"active": False}
            assert await show(rule)
            monkeypatch.setattr(time, "time", lambda: now + 61)

            with pytest.raises(Refusal, match="not active"):
                await show(rule)

    async def test_for_the_server_alone_that_it_was_asked_for(
        self, oracle: Oracle
    ) -> None:
        oracle.changes = {"aud": "https://a.example/mcp"}
        rule = IntrospectionAuthenticator(
            oracle.url, client_id="me", client_secret="secret"
        )

        async def at(server: str) -> Principal | None:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            assert rule.recall(headers) is None
            return await rule.authenticate(AuthRequest(headers, audiences=(server,)))

        for _ in range(3):
            assert await at("https://a.example/mcp")
            with pytest.raises(Refusal, match="another server"):
                await at("https://b.example/mcp")
        await rule.close()

        assert len(oracle.asked) == 2

    async def test_once_however_the_header_is_written(self, oracle: Oracle) -> None:
        oracle.changes = {"active": False}
        async with asking(oracle) as rule:
            for blanks in range(1, 50):
                headers = {"Authorization": "bearer" + " " * blanks + TOKEN}
                with pytest.raises(Refusal, match="not active"):
                    await rule.authenticate(AuthRequest(headers))

        assert len(oracle.asked) == 1

    async def test_not_at_all_if_so_set(self, oracle: Oracle) -> None:
        async with asking(oracle, remember=0.0) as rule:
            await show(rule)
            oracle.changes = {"active": False}

            with pytest.raises(Refusal, match="not active"):
                await show(rule)

    async def test_a_refusal_is_remembered_for_seconds(self, oracle: Oracle) -> None:
        oracle.changes = {"active": False}
        async with asking(oracle) as rule:
            for _ in range(20):
                with pytest.raises(Refusal):
                    await show(rule)

        assert len(oracle.asked) == 1

    async def test_a_flood_of_bad_tokens_does_not_push_good_ones_out(
        self, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetch, "MAX_REMEMBERED", 10)
        async with asking(oracle) as rule:
            await show(rule)
            oracle.changes = {"active": False}
            for number in range(20):
                with pytest.raises(Refusal):
                    await show(rule, f"bad-{number}")
            asked = len(oracle.asked)

            assert (await show(rule)).subject == "alice"
            assert len(oracle.asked) == asked

    async def test_many_at_the_same_time_share_one_question(
        self, oracle: Oracle
    ) -> None:
        oracle.delay = asyncio.Event()
        async with asking(oracle) as rule:
            waiting = [asyncio.ensure_future(show(rule)) for _ in range(20)]
            await until(lambda: bool(oracle.asked))
            oracle.delay.set()
            await asyncio.gather(*waiting)

        assert len(oracle.asked) == 1


@pytest.mark.parametrize(
    "options", [{"client_id": ""}, {"client_secret": ""}, {"url": "http://x.example/"}]
)
def test_what_can_not_work_is_refused(options: dict[str, str]) -> None:
    chosen: Any = {"client_id": "me", "client_secret": "s", **options}
    with pytest.raises(ValueError, match="auth_"):
        IntrospectionAuthenticator("https://login.example.com", **chosen)
