"""What servers and passers-by might try to get a token or a code that is not theirs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web

from mcpgen.runtime.client import (
    AuthError,
    Client,
    ClientCredentials,
    ClientRegistration,
    LoopbackRedirect,
    MemoryStorage,
    OAuth,
)
from mcpgen.runtime.client.auth import parameters
from mcpgen.runtime.client.features.oauth.discovery import (
    Resource,
    find_authorization_server,
    find_resource,
)
from tests.pace import patient
from tests.requirements import requirement

from .authority import Authority, Elsewhere, Form, Guarded, browse, consenting, guarded


async def refused(guard: Guarded, match: str, auth: OAuth | None = None) -> AuthError:
    """The error of a sign-in that ends before a token is sent to anyone."""
    with pytest.raises(AuthError, match=match) as caught:
        async with Client(guard.url, auth=auth or OAuth(redirect=Elsewhere())):
            pass
    assert set(guard.seen) == {None}
    return caught.value


def answering(**members: str | None) -> Callable[[Form], Form]:
    """Changes what comes back with the browser; None leaves a member out."""

    def change(back: Form) -> Form:
        everything = {**back, **members}
        return {name: value for name, value in everything.items() if value is not None}

    return change


@requirement("2026-07-28/client/answer-validated")
@pytest.mark.parametrize(
    "change, match",
    [
        (answering(state="guessed"), "its state is wrong"),
        (answering(state=None), "its state is wrong"),
        (answering(iss="https://honest.example"), "is another server's"),
        (answering(iss=None), r"without its sender \(`iss`\)"),
        (answering(code=None), "has no code"),
    ],
)
async def test_an_answer_that_does_not_fit_its_request_gives_no_code(
    change: Callable[[Form], Form], match: str
) -> None:
    authority = Authority(back=change)
    async with guarded(authority) as guard:
        await refused(guard, match)
    assert authority.forms == []


@requirement("2026-07-28/client/answer-validated")
async def test_a_wrong_sender_is_noticed_of_servers_that_need_not_say_it() -> None:
    authority = Authority(
        back=answering(iss="https://honest.example"),
        metadata={"authorization_response_iss_parameter_supported": False},
    )
    async with guarded(authority) as guard:
        await refused(guard, "is another server's")
    assert authority.forms == []


@requirement("2026-07-28/client/answer-validated")
async def test_a_refusal_of_another_sender_is_not_shown_as_the_servers() -> None:
    change = answering(iss="https://evil.example", error="buy this", code=None)
    async with guarded(Authority(back=change)) as guard:
        error = await refused(guard, "is another server's")
        assert "buy" not in str(error)


@requirement("2026-07-28/client/issuer-identical")
async def test_metadata_of_another_issuer_is_not_used() -> None:
    async with guarded(Authority(metadata={"issuer": "https://evil.example"})) as guard:
        await refused(guard, "the metadata is another issuer's")


@requirement("2025-11-25/client/tokens-for-one", "2026-07-28/client/tokens-for-one")
@pytest.mark.parametrize(
    "resource",
    ["https://bank.example/mcp", "http://127.0.0.1:1/mcp", "{origin}/mc", "", 7, None],
)
async def test_a_server_gets_no_token_for_another(resource: object) -> None:
    async with guarded() as guard:
        if isinstance(resource, str):
            resource = resource.format(origin=guard.origin)
        guard.metadata["resource"] = resource
        await refused(guard, "is about another resource")


@requirement("2025-11-25/client/pkce", "2026-07-28/client/pkce")
async def test_without_pkce_nothing_is_asked() -> None:
    for offered in ([], ["plain"], "S256", None):
        authority = Authority(metadata={"code_challenge_methods_supported": offered})
        async with guarded(authority) as guard:
            await refused(guard, "does not list S256")
        assert authority.asked == []


@requirement("2025-11-25/client/tls", "2026-07-28/client/tls")
@pytest.mark.parametrize(
    "member", ["authorization_endpoint", "token_endpoint", "registration_endpoint"]
)
@pytest.mark.parametrize(
    "address", ["http://evil.example/x", "javascript:alert(1)", "file:///etc/passwd"]
)
async def test_secrets_go_over_tls_or_stay_on_this_machine(
    member: str, address: str
) -> None:
    async with guarded(Authority(metadata={member: address})) as guard:
        await refused(guard, "is no https URL")


@requirement("2025-11-25/client/tls", "2026-07-28/client/tls")
async def test_a_server_without_tls_gets_no_token() -> None:
    async with guarded() as guard, aiohttp.ClientSession() as session:
        hint = f"{guard.origin}/.well-known/oauth-protected-resource/mcp"
        url = "http://mcp.example/mcp"
        guard.metadata["resource"] = url
        with pytest.raises(AuthError, match="the MCP server is no https URL"):
            await find_resource(session, url, hint)


async def test_an_address_with_a_password_in_it_is_not_asked() -> None:
    address = "https://user:s3cret@auth.example/token"
    async with guarded(Authority(metadata={"token_endpoint": address})) as guard:
        error = await refused(guard, "has a password in it")
        assert "s3cret" not in str(error)


async def test_a_token_endpoint_can_not_send_the_code_elsewhere() -> None:
    reached: list[str] = []

    async with guarded() as guard:
        authority = guard.authority

        def collect(request: web.Request) -> web.Response:
            reached.append(request.path)
            return web.json_response({})

        def redirect(request: web.Request) -> web.Response:
            headers = {"Location": f"{authority.issuer}/evil"}
            return web.Response(status=307, headers=headers)

        authority.answers = {"/token": redirect, "/evil": collect}
        await refused(guard, "the authorization server refuses: HTTP 307")
    assert reached == []


@requirement("2026-07-28/client/issuers-apart")
async def test_a_client_of_one_issuer_is_not_shown_to_another() -> None:
    async with (
        guarded(Authority(clients={"me": "s3cret"})) as guard,
        guarded() as evil,
    ):
        auth = ClientCredentials(ClientRegistration("me", "s3cret"))
        async with Client(guard.url, auth=auth) as client:
            await client.call_tool("echo", {})
        guard.metadata["authorization_servers"] = [evil.authority.issuer]
        guard.authority.tokens.clear()
        with pytest.raises(AuthError, match=r"is registered with http"):
            async with Client(guard.url, auth=auth):
                pass
        assert evil.authority.forms == []


@requirement(
    "2025-11-25/client/tokens-for-one",
    "2026-07-28/client/issuers-apart",
    "2026-07-28/client/tokens-for-one",
)
async def test_tokens_of_one_issuer_are_not_shown_to_another() -> None:
    storage = MemoryStorage()
    async with guarded() as guard, guarded() as evil:
        async with Client(
            guard.url, auth=OAuth(storage=storage, redirect=consenting())
        ) as client:
            await client.call_tool("echo", {})
        refreshes = set(guard.authority.refreshes)
        guard.authority.tokens.clear()
        guard.metadata["authorization_servers"] = [evil.authority.issuer]
        auth = OAuth(storage=storage, redirect=consenting())
        with pytest.raises(AuthError):
            async with Client(guard.url, auth=auth):
                pass
        sent = json.dumps(evil.authority.forms)
        assert not [token for token in refreshes if token in sent]


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[]",
        '{"access_token": "a b", "token_type": "Bearer"}',
        '{"access_token": "a\\r\\nX-Evil: 1", "token_type": "Bearer"}',
        '{"access_token": 5, "token_type": "Bearer"}',
        '{"access_token": "a", "token_type": "mac"}',
        "[" * 100_000,
        "1" * 300_000,
    ],
)
async def test_what_is_no_token_is_an_error(body: str) -> None:
    async with guarded() as guard:
        guard.authority.answers["/token"] = lambda _: web.Response(text=body)
        error = await refused(guard, "is no token|can't be reached")
        assert "X-Evil" not in str(error)


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"issuer": 1}', "[" * 100_000, "{" + " " * 300_000]
)
async def test_metadata_that_is_none_is_an_error(body: str) -> None:
    async with guarded() as guard:
        path = "/.well-known/oauth-authorization-server"
        guard.authority.answers[path] = lambda _: web.Response(text=body)
        await refused(guard, "publishes no metadata|another issuer's|can't be reached")


async def test_strangers_who_find_the_way_back_are_sent_away() -> None:
    """A page in the browser may guess the port, but not the state."""
    answers: list[int] = []
    loop = asyncio.get_running_loop()

    async def knock(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            for query in ("", "?code=evil", "?code=evil&state=", "?state=x&code=evil"):
                answer = await session.get(url + query)
                answers.append(answer.status)

    def browse_late(url: str) -> None:
        (back,) = parse_qs(urlsplit(url).query)["redirect_uri"]
        asyncio.run_coroutine_threadsafe(knock(back), loop).result(60)
        browse(url)

    async with guarded() as guard:
        redirect = LoopbackRedirect(timeout=60, open_browser=browse_late)
        async with Client(guard.url, auth=OAuth(redirect=redirect)) as client:
            await client.call_tool("echo", {})
        (form,) = guard.authority.forms
        assert form["code"] != "evil"
    assert answers == [404] * 4


@pytest.mark.parametrize(
    "hint", ["http://127.0.0.1:9/x", "http://localhost:9/x", "https://[::1]:9/x"]
)
async def test_a_server_out_there_can_not_make_a_client_ask_this_machine(
    hint: str,
) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(AuthError, match="is on this machine, and the server is"):
            await find_resource(session, "https://far.example/mcp", hint)
        far = Resource(session, "https://far.example/mcp")
        with pytest.raises(AuthError, match="is on this machine, and the server is"):
            await find_authorization_server(far, hint)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer" + " " * 8_000 + '"',
        "Bearer a=b" + "," * 4_000 + " " * 4_000 + '"',
        "Bearer " + "a" * 8_000 + '"',
        'Bearer a="' + "\\" * 8_000,
        ("a" + " " * 40) * 190 + '"',
    ],
)
def test_a_challenge_costs_little_time_however_it_is_written(header: str) -> None:
    started = time.process_time()
    for _ in range(5):
        parameters([header])
    assert time.process_time() - started < patient(0.5)
