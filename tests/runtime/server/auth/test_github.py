"""GitHub tokens, against an API on loopback that answers as GitHub's documentation says."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.server.features.auth import (
    APIKeyAuthenticator,
    AuthRequest,
    FirstOf,
    GitHubAuthenticator,
    Principal,
    Refusal,
    Unavailable,
    fetch,
    make_api_key,
)
from tests.pace import patient

from ..conftest import serving
from .conftest import basic

APP = ("our-app", "s3cret")


class GitHub:
    """Users by their tokens, members of organisations, and which tokens are our app's."""

    def __init__(self) -> None:
        self.url = ""
        self.users = {"gho_ann": (7, "Ann"), "gho_bob": (8, "bob")}
        self.members = {"Ann": {"acme": "active"}, "bob": {"acme": "pending"}}
        self.ours = {"gho_ann"}
        self.status: int | None = None
        self.limits: dict[str, str] | None = None
        self.asked: list[str] = []

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self.seen])
        app.router.add_get("/user", self.user)
        app.router.add_get("/user/memberships/orgs/{org}", self.membership)
        app.router.add_post("/applications/our-app/token", self.check)
        return app

    @web.middleware
    async def seen(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.status is not None:
            return web.json_response({}, status=self.status)
        answer: web.StreamResponse = await handler(request)
        return answer

    def known(self, request: web.Request) -> tuple[int, str]:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        if token not in self.users:
            raise web.HTTPUnauthorized
        return self.users[token]

    async def user(self, request: web.Request) -> web.Response:
        number, login = self.known(request)
        return web.json_response({"id": number, "login": login, "type": "User"})

    async def membership(self, request: web.Request) -> web.Response:
        _, login = self.known(request)
        if self.limits is not None:
            return web.json_response({"message": "no"}, status=403, headers=self.limits)
        state = self.members.get(login, {}).get(request.match_info["org"])
        if state is None:
            return web.json_response({"message": "Not Found"}, status=404)
        return web.json_response({"state": state})

    async def check(self, request: web.Request) -> web.Response:
        assert basic(request.headers["Authorization"]) == APP
        if (await request.json())["access_token"] not in self.ours:
            return web.json_response({"message": "Not Found"}, status=404)
        return web.json_response({"id": 1})


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    github = GitHub()
    async with serving(github.app(), "") as github.url:
        yield github


async def show(github: GitHub, *tokens: str, **options: Any) -> Principal | None:
    """The principal of the last token."""
    rule = GitHubAuthenticator(url=github.url, **options)
    principal = None
    try:
        for token in tokens:
            request = AuthRequest({"Authorization": f"Bearer {token}"})
            async with asyncio.timeout(patient(60)):
                principal = await rule.authenticate(request)
    finally:
        await rule.close()
    return principal


async def test_an_allowed_user_is_known_by_number(github: GitHub) -> None:
    principal = await show(github, "gho_ann", users=["aNN"], grants=frozenset({"read"}))

    # A login can be given up and taken by somebody else; the number stays.
    assert principal == Principal(
        "7", "https://github.com/login/oauth", scopes=frozenset({"read"})
    )
    assert principal is not None
    assert principal.claims["login"] == "Ann"


async def test_a_member_of_an_allowed_organisation_is_let_in(github: GitHub) -> None:
    assert await show(github, "gho_ann", organizations=["nobody", "acme"])


@pytest.mark.parametrize("options", [{"users": ["ann"]}, {"organizations": ["acme"]}])
async def test_others_are_not(github: GitHub, options: Any) -> None:
    with pytest.raises(Refusal, match="not allowed"):
        await show(github, "gho_bob", **options)


async def test_an_organisation_s_name_is_no_path(github: GitHub) -> None:
    with pytest.raises(Refusal, match="not allowed"):
        await show(github, "gho_ann", organizations=["nobody/../acme"])


async def test_a_token_that_github_does_not_know(github: GitHub) -> None:
    with pytest.raises(Refusal, match="does not know"):
        await show(github, "gho_stolen", users=["ann"])


async def test_a_token_of_another_application_is_refused(github: GitHub) -> None:
    github.users["gho_other"] = github.users["gho_ann"]
    options: Any = {
        "users": ["ann"],
        "client_id": APP[0],
        "client_secret": APP[1],
    }

    assert await show(github, "gho_ann", **options)
    with pytest.raises(Refusal, match="another application"):
        await show(github, "gho_other", **options)


@pytest.mark.parametrize("status", [302, 403, 429, 500])
async def test_trouble_at_github_is_not_the_token_s_fault(
    github: GitHub, status: int
) -> None:
    github.status = status

    with pytest.raises(Unavailable):
        await show(github, "gho_ann", users=["ann"])


@pytest.mark.parametrize(
    "limits", [{"X-RateLimit-Remaining": "0"}, {"Retry-After": "60"}], ids=str
)
async def test_too_many_questions_are_not_the_member_s_fault(
    github: GitHub, limits: dict[str, str]
) -> None:
    github.limits = limits

    with pytest.raises(Unavailable):
        await show(github, "gho_ann", organizations=["acme"])


async def test_an_organisation_that_says_no_says_no(github: GitHub) -> None:
    github.limits = {"X-RateLimit-Remaining": "41"}

    with pytest.raises(Refusal, match="not allowed"):
        await show(github, "gho_ann", organizations=["acme"])


async def test_an_api_key_of_ours_is_never_shown_to_github(github: GitHub) -> None:
    (good, entry), (bad, _) = make_api_key("robot"), make_api_key("robot")
    rule = FirstOf(
        GitHubAuthenticator(url=github.url, users=["ann"]), APIKeyAuthenticator([entry])
    )

    async def show(token: str) -> Principal | None:
        headers = {"Authorization": f"Bearer {token}"}
        return await rule.authenticate(AuthRequest(headers))

    robot = await show(good)
    with pytest.raises(Refusal, match="API key is not known"):
        await show(bad)
    assert github.asked == []
    ann = await show("gho_ann")
    await rule.close()

    assert robot is not None
    assert ann is not None
    assert (robot.subject, ann.subject) == ("robot", "7")


async def test_answers_are_remembered_for_a_while(github: GitHub) -> None:
    await show(github, *["gho_ann"] * 5, users=["ann"])
    assert github.asked == ["/user"]

    await show(github, *["gho_ann"] * 3, users=["ann"], remember=0.0)
    assert len(github.asked) == 4


async def test_a_flood_of_bad_tokens_does_not_push_good_ones_out(
    github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MAX_REMEMBERED", 10)
    rule = GitHubAuthenticator(url=github.url, users=["ann"])

    async def asked(token: str) -> int:
        """How often GitHub has been asked after a token was shown."""
        with contextlib.suppress(Refusal):
            await rule.authenticate(AuthRequest({"Authorization": f"Bearer {token}"}))
        return len(github.asked)

    await asked("gho_ann")
    count = [await asked(f"bad-{number}") for number in range(20)][-1]

    assert count == 21
    assert await asked("gho_ann") == count
    await rule.close()


async def test_who_is_thrown_out_is_out_when_the_memory_ends(
    github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = GitHubAuthenticator(url=github.url, organizations=["acme"])
    request = AuthRequest({"Authorization": "Bearer gho_ann"})
    assert await rule.authenticate(request)
    github.members.clear()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)

    with pytest.raises(Refusal, match="not allowed"):
        await rule.authenticate(request)
    await rule.close()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"users": ["ann"], "client_id": "x"},
        {"users": ["ann"], "client_secret": "x"},
        {"users": ["ann"], "url": "http://api.github.example"},
    ],
    ids=str,
)
def test_what_can_not_work_is_refused(options: Any) -> None:
    with pytest.raises(ValueError, match="auth_"):
        GitHubAuthenticator(**options)
