"""Lost sessions of servers that want tokens: a refusal may be about either."""

from __future__ import annotations

import pytest
from aiohttp import web

from mcpgen.runtime.client import AuthError, BearerAuth, Client, OAuth

from ..wire import Call, Reply, Wire, legacy, running, text
from .authority import Authority, Guarded, consenting, guarded, listening

SESSION = "Mcp-Session-Id"


class Bare(Guarded):
    """A legacy server whose refusals have no `WWW-Authenticate`.

    Attributes:
        lost: The sessions that it does not know any more.
        is_open: The methods that need no token.
    """

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority, sessions())
        self.lost: set[str] = set()
        self.is_open: set[str] = set()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get(SESSION) in self.lost:
            return web.Response(status=401)
        if request.headers.get("Mcp-Method") in self.is_open:
            return await self.wire.handle(request)
        reply = await super()._handle(request)
        reply.headers.popall("WWW-Authenticate", None)
        return reply


def sessions() -> Wire:
    """A legacy server with a new session for each `initialize`."""
    wire = legacy(tools_call=text)
    introduce = wire.methods["initialize"]

    async def initialize(call: Call) -> Reply:
        reply = await introduce(call)
        assert isinstance(reply, web.Response)
        reply.headers[SESSION] = f"session-{len(wire.of('initialize'))}"
        return reply

    wire.methods["initialize"] = initialize
    return wire


async def test_a_refusal_without_a_challenge_makes_a_new_session_first() -> None:
    async with listening(Bare(Authority())) as guard:
        auth = OAuth(redirect=consenting())
        async with Client(guard.url, auth=auth) as client:
            await client.call_tool("a")
            guard.lost.add("session-1")
            await client.call_tool("b")
    assert len(guard.authority.asked) == len(guard.authority.forms) == 1
    assert len(guard.wire.of("initialize")) == 2
    names = [call.params["name"] for call in guard.wire.of("tools/call")]
    assert names == ["a", "b"]


async def test_a_token_that_ended_is_renewed_for_the_new_session() -> None:
    async with listening(Bare(Authority())) as guard:
        auth = OAuth(redirect=consenting())
        async with Client(guard.url, auth=auth) as client:
            await client.call_tool("a")
            guard.refused.update(guard.authority.tokens)
            await client.call_tool("b")
            await client.call_tool("c")
    assert len(guard.authority.grants("refresh_token")) == 1
    assert len(guard.wire.of("initialize")) == 2


@pytest.mark.parametrize("signed_in", [False, True])
async def test_sign_in_follows_where_a_new_session_does_not_help(
    signed_in: bool,
) -> None:
    async with listening(Bare(Authority())) as guard:
        guard.is_open = {"initialize", "notifications/initialized"}
        auth = OAuth(redirect=consenting())
        async with Client(guard.url, auth=auth) as client:
            if signed_in:
                await client.call_tool("a")
                guard.refused.update(guard.authority.tokens)
            await client.call_tool("b")
            await client.call_tool("c")
    assert len(guard.authority.asked) == 1
    assert len(guard.authority.grants("refresh_token")) == signed_in
    assert [call.params["name"] for call in guard.wire.of("tools/call")][-2:] == [
        "b",
        "c",
    ]


async def test_a_challenge_is_answered_in_the_session() -> None:
    async with guarded() as guard:
        guard.wire = sessions()
        auth = OAuth(redirect=consenting())
        async with Client(guard.url, auth=auth) as client:
            await client.call_tool("a")
            guard.refused.update(guard.authority.tokens)
            await client.call_tool("b")
    assert len(guard.authority.grants("refresh_token")) == 1
    assert len(guard.wire.of("initialize")) == 1


async def test_a_fixed_token_that_ended_is_reported_after_one_new_session() -> None:
    wire = sessions()

    async def refuse(call: Call) -> Reply:
        return web.Response(status=401)

    wire.methods["tools/call"] = refuse
    async with running(wire), Client(wire.url, auth=BearerAuth("t")) as client:
        for _ in range(2):
            with pytest.raises(AuthError, match="needs credentials"):
                await client.call_tool("a")
    assert len(wire.of("initialize")) == 2
