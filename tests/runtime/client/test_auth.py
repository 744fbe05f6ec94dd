"""Credentials go to the server's origin, and nowhere else; not into words either."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    ApiKeyAuth,
    Auth,
    AuthError,
    BearerAuth,
    Challenge,
    Client,
    Outgoing,
)
from mcpgen.runtime.client.eras import modern as opening

from .wire import Call, discover, legacy, modern, running, text
from .wire import Reply as WireReply


@pytest.mark.parametrize(
    "auth, header, value",
    [
        (BearerAuth("t0ken"), "Authorization", "Bearer t0ken"),
        (ApiKeyAuth("k3y"), "X-API-Key", "k3y"),
        (ApiKeyAuth("k3y", header="Api-Token"), "Api-Token", "k3y"),
    ],
)
async def test_every_request_is_signed(auth: Auth, header: str, value: str) -> None:
    for wire in (modern(tools_call=text), legacy(tools_call=text)):
        async with (
            running(wire),
            Client(wire.url, auth=auth, on_notification=print) as client,
        ):
            await client.call_tool("a")
        assert {request.headers[header] for request in wire.requests} == {value}


@pytest.mark.parametrize("auth", [BearerAuth("t0ken"), ApiKeyAuth("t0ken")])
def test_secrets_are_not_in_reprs(auth: Auth) -> None:
    assert "t0ken" not in repr(auth)
    assert "t0ken" not in repr(Client("http://localhost/", auth=auth))


@pytest.mark.parametrize("secret", ["", "with blank", "line\n", "é"])
def test_what_no_header_can_hold_is_refused_without_showing_it(secret: str) -> None:
    for make in (BearerAuth, ApiKeyAuth):
        with pytest.raises(ValueError, match="visible ASCII") as caught:
            make(secret)
        assert not secret or secret not in str(caught.value)


@pytest.mark.parametrize(
    "challenge, hint",
    [
        ("Bearer", r"BearerAuth\(token\)"),
        ('Bearer error="x", ApiKey header="X-Shop-Key"', r"key, 'X-Shop-Key'\)"),
        ('ApiKey realm="shop", header="no header"', r"ApiKeyAuth\(key\)"),
        ("X-API-Key", r"ApiKeyAuth\(key\)"),
        ('Basic realm="ApiKey, really"', r"BearerAuth\(token\)"),
    ],
)
async def test_a_refusal_suggests_what_the_challenge_asks_for(
    challenge: str, hint: str
) -> None:
    async def refuse(call: Call) -> WireReply:
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    async with running(modern(tools_call=refuse)) as wire, Client(wire.url) as client:
        with pytest.raises(AuthError, match=hint):
            await client.call_tool("a")


class Renewing:
    """A hook whose first tokens are worth nothing."""

    def __init__(self, good_after: int) -> None:
        self.renewals = 0
        self.good_after = good_after
        self.seen: list[Challenge] = []

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        assert request.method in ("POST", "DELETE")
        good = self.renewals >= self.good_after
        return {"Authorization": f"Bearer {'good' if good else 'bad'}"}

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        self.seen.append(challenge)
        self.renewals += 1
        return True


def guarded() -> object:
    async def check(call: Call) -> WireReply:
        if call.request.headers.get("Authorization") != "Bearer good":
            return web.Response(
                status=401,
                text="no",
                headers=[("WWW-Authenticate", 'Bearer scope="a"')],
            )
        return await discover(call)

    return check


async def test_a_hook_answers_challenges_and_the_request_is_sent_again() -> None:
    auth = Renewing(good_after=2)
    wire = modern()
    wire.methods["server/discover"] = guarded()  # type: ignore[assignment]
    async with running(wire), Client(wire.url, auth=auth) as client:
        assert client.era == "modern"
    first, second = auth.seen
    assert (first.status, first.attempt, second.attempt) == (401, 1, 2)
    assert first.www_authenticate == ('Bearer scope="a"',)
    assert first.url == wire.url


class Thoughtful(Renewing):
    """A hook that has to wait for a person."""

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        await asyncio.sleep(0.3)
        return await super().answer(challenge, session)


async def test_the_time_of_a_sign_in_is_not_the_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "PROBE_LIMIT", 0.1)
    wire = modern()
    wire.methods["server/discover"] = guarded()  # type: ignore[assignment]
    auth = Thoughtful(good_after=1)
    async with running(wire), Client(wire.url, auth=auth) as client:
        assert client.era == "modern"


async def test_a_hook_that_never_gets_through_is_stopped() -> None:
    auth = Renewing(good_after=99)
    wire = modern()
    wire.methods["server/discover"] = guarded()  # type: ignore[assignment]
    async with running(wire):
        with pytest.raises(AuthError, match="needs credentials"):
            await Client(wire.url, auth=auth).open()
    assert len(wire.calls) == 4


async def test_without_credentials_the_error_says_how_to_pass_them() -> None:
    wire = modern()
    wire.methods["server/discover"] = guarded()  # type: ignore[assignment]
    async with running(wire):
        with pytest.raises(AuthError, match=r"HTTP 401.*Pass `auth`"):
            await Client(wire.url).open()


async def test_secrets_in_a_url_stay_out_of_errors() -> None:
    async with running(modern()) as wire:
        url = wire.url
    secret = url.replace("http://", "http://user:hidden@") + "?key=hidden#hidden"
    with pytest.raises(Exception, match="cannot connect") as caught:
        await Client(secret).open()
    assert "hidden" not in str(caught.value)
