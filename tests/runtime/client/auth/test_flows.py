"""Details of the flows that both official SDKs hold themselves to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwk, jwt

from mcpgen.runtime.client import (
    Auth,
    AuthError,
    Client,
    ClientCredentials,
    ClientRegistration,
    EnterpriseAuth,
    MemoryStorage,
    OAuth,
    WorkloadIdentity,
)
from tests.requirements import requirement

from ..wire import LIMIT, legacy, serving, text
from .authority import Authority, Form, Guarded, consenting, guarded

METADATA_URL = "https://client.example/metadata.json"


async def call(guard: Guarded, auth: Any) -> None:
    async with Client(guard.url, auth=auth) as client:
        assert (await client.call_tool("echo", {"a": 1})).content


@requirement(
    "2025-11-25/client/scopes-of-the-challenge",
    "2026-07-28/client/scopes-of-the-challenge",
)
@pytest.mark.parametrize(
    ("challenged", "listed", "asked"),
    [
        ("read special", ["read", "write"], "read special"),
        ("", ["read", "write"], "read write"),
        ("", None, None),
    ],
)
async def test_scopes_are_the_challenge_s_else_the_server_s_else_none(
    challenged: str, listed: list[str] | None, asked: str | None
) -> None:
    async with guarded() as guard:
        guard.asks_for = challenged
        guard.metadata["scopes_supported"] = listed
        auth = OAuth(redirect=consenting(), offline=False)
        # Without a scope the server refuses the call, which then asks for "read".
        await call(guard, auth)
        assert guard.authority.asked[0].get("scope") == asked
        assert guard.authority.registered[0].get("scope") == asked


@pytest.mark.parametrize("supported", [None, ["read"]])
async def test_offline_access_is_asked_for_where_it_is_offered(
    supported: list[str] | None,
) -> None:
    authority = Authority(metadata={"scopes_supported": supported})
    async with guarded(authority) as guard:
        await call(guard, OAuth(redirect=consenting()))
    assert authority.asked[0]["scope"] == "read"
    assert "prompt" not in authority.asked[0]


async def test_a_registration_asks_for_refresh_tokens() -> None:
    async with guarded() as guard:
        await call(guard, OAuth(redirect=consenting()))
        [document] = guard.authority.registered
    assert document["grant_types"] == ["authorization_code", "refresh_token"]
    assert document["response_types"] == ["code"]


async def test_a_response_without_its_sender_is_fine_where_none_is_promised() -> None:
    def silent(back: Form) -> Form:
        return {name: value for name, value in back.items() if name != "iss"}

    authority = Authority(
        back=silent, metadata={"authorization_response_iss_parameter_supported": False}
    )
    async with guarded(authority) as guard:
        await call(guard, OAuth(redirect=consenting()))


class TestAnotherAuthorizationServer:
    """The MCP server lists another authorization server than before."""

    async def test_this_client_registers_there(self) -> None:
        storage = MemoryStorage()
        async with guarded() as guard, guarded() as other:
            first, second = guard.authority, other.authority
            await call(guard, OAuth(redirect=consenting(), storage=storage))
            first.tokens.clear()
            guard.metadata["authorization_servers"] = [second.issuer]
            guard.authority = second
            second.clients["taken"] = None
            auth = OAuth(redirect=consenting(), storage=storage)
            async with Client(guard.url, auth=auth) as client:
                await client.call_tool("echo", {})
            known = first.asked[0]["client_id"]
            assert len(second.registered) == 1
            seen = [form["client_id"] for form in [*second.asked, *second.forms]]
            assert known not in seen
            assert second.grants("refresh_token") == []

    async def test_a_metadata_document_is_taken_along(self) -> None:
        members = {"client_id_metadata_document_supported": True}
        async with (
            guarded(Authority(metadata=members, clients={METADATA_URL: None})) as guard,
            guarded(Authority(metadata=members, clients={METADATA_URL: None})) as other,
        ):
            first, second = guard.authority, other.authority
            storage = MemoryStorage()
            for authority in (first, second):
                guard.metadata["authorization_servers"] = [authority.issuer]
                guard.authority = authority
                auth = OAuth(
                    client_metadata_url=METADATA_URL,
                    redirect=consenting(),
                    storage=storage,
                )
                await call(guard, auth)
                assert authority.asked[0]["client_id"] == METADATA_URL
                assert authority.registered == []


async def test_a_stream_that_needs_more_asks_the_user_for_it() -> None:
    """The GET stream of a legacy session is refused for want of a scope."""
    opened = asyncio.Event()
    async with guarded() as guard:
        guard.wire = legacy(tools_call=text)
        inner = guard.wire.handle

        async def handle(request: web.Request) -> web.StreamResponse:
            if request.method == "GET":
                opened.set()
            return await inner(request)

        guard.wire.handle = handle  # type: ignore[method-assign]
        guard.get_needs = "write"
        auth = OAuth(redirect=consenting())
        async with Client(guard.url, auth=auth, on_notification=print) as client:
            await client.call_tool("echo", {})
            await asyncio.wait_for(opened.wait(), LIMIT)
        first, second = guard.authority.asked
        assert set(second["scope"].split()) == {*first["scope"].split(), "write"}


class Company:
    """An identity provider that turns ID tokens into grants for one server."""

    def __init__(self) -> None:
        self.forms: list[Form] = []
        self.grant = "good grant"

    async def exchange(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        if form["subject_token"] != "id token":
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": self.grant, "token_type": "N_A"})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/token", self.exchange)
        return app


@asynccontextmanager
async def company(
    **answers: Any,
) -> AsyncIterator[tuple[Guarded, Company, EnterpriseAuth]]:
    idp = Company()
    authority = Authority(clients={"desk": "s3cret"}, jwt_grants={"good grant"})
    async with guarded(authority) as guard, serving(idp.app()) as origin:
        auth = EnterpriseAuth(
            ClientRegistration("desk", "s3cret", issuer=answers.get("issuer")),
            id_token=answers.get("id_token", "id token"),
            token_endpoint=f"{origin}/token",
            idp_client=ClientRegistration("desk-at-idp"),
            dpop=answers.get("dpop", False),
        )
        yield guard, idp, auth


class TestEmployees:
    async def test_they_are_let_in_without_a_dialogue(self) -> None:
        async with company() as (guard, idp, auth):
            await call(guard, auth)
            [form] = guard.authority.forms
            [exchanged] = idp.forms
            assert guard.authority.asked == guard.authority.registered == []
            assert form["assertion"] == "good grant"
            assert exchanged["audience"] == guard.authority.issuer
            assert exchanged["resource"] == guard.url

    async def test_the_id_token_is_asked_for_when_it_is_needed(self) -> None:
        async def fresh() -> str:
            return "id token"

        async with company(id_token=fresh) as (guard, idp, auth):
            await call(guard, auth)
            assert idp.forms[0]["subject_token"] == "id token"

    async def test_nothing_is_sent_to_an_issuer_that_was_not_named(self) -> None:
        async with company(issuer="https://as.example") as (guard, idp, auth):
            with pytest.raises(
                AuthError, match=r"is registered with https://as\.example"
            ):
                await call(guard, auth)
            assert idp.forms == guard.authority.forms == []

    async def test_a_grant_that_is_refused(self) -> None:
        async with company() as (guard, idp, auth):
            idp.grant = "bad grant"
            with pytest.raises(AuthError, match="invalid_grant"):
                await call(guard, auth)
            assert set(guard.seen) == {None}

    async def test_a_server_that_takes_no_such_grants(self) -> None:
        async with company() as (guard, _, auth):
            guard.authority.jwt_grants.clear()
            with pytest.raises(AuthError, match="unsupported_grant_type"):
                await call(guard, auth)
            assert set(guard.seen) == {None}

    async def test_an_id_token_that_the_company_refuses(self) -> None:
        async with company(id_token="old") as (guard, _, auth):
            with pytest.raises(AuthError, match="gives no grant for this server"):
                await call(guard, auth)
            assert guard.authority.forms == []


async def test_a_workload_shows_its_platform_s_token() -> None:
    authority = Authority(clients={"robot": None}, jwt_grants={"platform token"})
    async with guarded(authority) as guard:
        await call(guard, WorkloadIdentity("platform token", client_id="robot"))
        [form] = authority.forms
    assert form["assertion"] == "platform token"


def assert_bound(guard: Guarded) -> None:
    """The last request shows a token that is bound to the key of the token request."""
    scheme, _, token = str(guard.seen[-1]).partition(" ")
    assert scheme == "DPoP"
    asked, used = map(claims, (guard.authority.proofs[-1], str(guard.proofs[-1])))
    assert asked["jwk"] == used["jwk"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest())
    assert used["ath"] == digest.rstrip(b"=").decode()
    assert (asked["htu"], used["htu"]) == (f"{guard.authority.issuer}/token", guard.url)


def claims(proof: str) -> dict[str, Any]:
    """The claims of a proof that its own key has signed, and that key."""
    part = proof.partition(".")[0]
    key = json.loads(base64.urlsafe_b64decode(part + "=="))["jwk"]
    return {**jwt.decode(proof, jwk.ECKey.import_key(key)).claims, "jwk": key}


@pytest.mark.parametrize(
    "hook",
    [
        lambda: OAuth(redirect=consenting(), dpop=True),
        lambda: ClientCredentials(ClientRegistration("desk", "s3cret"), dpop=True),
        lambda: WorkloadIdentity("platform token", client_id="robot", dpop=True),
    ],
    ids=["OAuth", "ClientCredentials", "WorkloadIdentity"],
)
async def test_tokens_of_every_hook_may_be_bound_to_a_key(
    hook: Callable[[], Auth],
) -> None:
    authority = Authority(
        clients={"desk": "s3cret", "robot": None}, jwt_grants={"platform token"}
    )
    async with guarded(authority) as guard:
        await call(guard, hook())
        assert_bound(guard)


async def test_tokens_of_employees_may_be_bound_to_a_key() -> None:
    async with company(dpop=True) as (guard, _, auth):
        await call(guard, auth)
        assert_bound(guard)
