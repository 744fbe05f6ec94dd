"""A user signs in once, and calls go on as if nobody had asked."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from mcpgen.runtime.client import (
    AuthError,
    Client,
    ClientCredentials,
    ClientError,
    ClientRegistration,
    FileStorage,
    LoopbackRedirect,
    OAuth,
)
from tests.requirements import requirement

from .authority import Authority, Form, Guarded, browse, consenting, guarded


async def call(guard: Guarded, auth: OAuth | ClientCredentials) -> None:
    async with Client(guard.url, auth=auth) as client:
        result = await client.call_tool("echo", {"a": 1})
        assert result.content[0].type == "text"


@requirement(
    "2025-11-25/client/metadata-discovered",
    "2025-11-25/client/pkce",
    "2025-11-25/client/resource",
    "2025-11-25/client/tokens-sent",
    "2026-07-28/client/client-id",
    "2026-07-28/client/metadata-discovered",
    "2026-07-28/client/pkce",
    "2026-07-28/client/resource",
)
async def test_a_client_that_nobody_knows_registers_signs_in_and_calls() -> None:
    async with guarded() as guard:
        await call(guard, OAuth(client_name="Weather", redirect=consenting()))
        authority = guard.authority
    (asked,), (form,) = authority.asked, authority.forms
    assert authority.registered[0]["client_name"] == "Weather"
    assert authority.registered[0]["token_endpoint_auth_method"] == "none"
    assert asked["code_challenge_method"] == "S256"
    assert asked["resource"] == form["resource"] == guard.url
    assert asked["scope"].split() == ["read", "offline_access"]
    assert guard.seen[0] is None
    assert len(set(guard.seen[1:])) == 1


async def test_concurrent_calls_ask_the_user_once() -> None:
    async with guarded() as guard:
        auth = OAuth(redirect=consenting())
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(call(guard, auth))
        assert len(guard.authority.asked) == 1


@requirement("2026-07-28/client/client-id")
async def test_a_client_that_was_registered_by_hand_shows_its_secret() -> None:
    async with guarded(Authority(clients={"me": "s3cret"})) as guard:
        client = ClientRegistration("me", "s3cret")
        await call(guard, OAuth(client=client, redirect=consenting()))
        assert not guard.authority.registered
        assert guard.authority.asked[0]["client_id"] == "me"


@requirement(
    "2025-11-25/client/client-metadata",
    "2026-07-28/client/client-id",
    "2026-07-28/client/client-metadata",
)
async def test_a_metadata_document_is_the_client_where_servers_take_it() -> None:
    url = "https://client.example/metadata.json"
    authority = Authority(
        clients={url: None},
        metadata={"client_id_metadata_document_supported": True},
    )
    async with guarded(authority) as guard:
        await call(guard, OAuth(client_metadata_url=url, redirect=consenting()))
    assert not authority.registered
    assert authority.asked[0]["client_id"] == url


async def test_who_wants_no_token_that_can_be_renewed_asks_for_none() -> None:
    async with guarded() as guard:
        await call(guard, OAuth(redirect=consenting(), offline=False))
        assert guard.authority.asked[0]["scope"] == "read"


@requirement(
    "2025-11-25/client/scopes-of-the-challenge",
    "2026-07-28/client/scopes-of-the-challenge",
)
async def test_a_call_that_needs_more_asks_the_user_for_all_of_it() -> None:
    async with guarded() as guard:
        guard.scopes["tools/call"] = "write"
        await call(guard, OAuth(redirect=consenting()))
        first, second = guard.authority.asked
        assert "write" not in first["scope"].split()
        assert set(second["scope"].split()) == {"read", "write", "offline_access"}


async def test_a_server_that_refuses_what_it_granted_is_not_asked_for_ever() -> None:
    async with guarded() as guard:
        guard.forbidden.add("tools/call")
        with pytest.raises(AuthError, match="'read' was granted, and the server still"):
            await call(guard, OAuth(redirect=consenting()))
        assert len(guard.authority.asked) == 1


@pytest.mark.parametrize("program", [False, True])
async def test_a_token_that_is_refused_at_once_is_not_asked_for_again(
    program: bool,
) -> None:
    authority = Authority(clients={"robot": "s3cret"})
    async with guarded(authority) as guard:
        guard.takes_nothing = True
        auth: OAuth | ClientCredentials = OAuth(redirect=consenting())
        if program:
            auth = ClientCredentials(ClientRegistration("robot", "s3cret"))
        with pytest.raises(AuthError, match="refuses the token that was issued for it"):
            await call(guard, auth)
        assert len(authority.forms) == 1
        assert guard.seen.count(None) == 1
        assert len(guard.seen) == 2


async def test_tokens_survive_a_restart_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    async with guarded() as guard:
        await call(guard, OAuth(storage=FileStorage(path), redirect=consenting()))
        await call(guard, OAuth(storage=FileStorage(path), redirect=consenting()))
        assert len(guard.authority.asked) == 1
        assert None in guard.seen[:1]
        assert None not in guard.seen[1:]


async def test_a_registration_is_used_again_when_the_token_is_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tokens.json"
    async with guarded() as guard:
        authority = guard.authority
        await call(guard, OAuth(storage=FileStorage(path), redirect=consenting()))
        authority.tokens.clear()
        authority.refusing = "invalid_grant"
        await call(guard, OAuth(storage=FileStorage(path), redirect=consenting()))
        assert len(authority.registered) == 1
        assert len(authority.asked) == 2


async def test_a_program_signs_in_with_its_own_credentials() -> None:
    async with guarded(Authority(clients={"robot": "s3cret"})) as guard:
        auth = ClientCredentials(ClientRegistration("robot", "s3cret"))
        await call(guard, auth)
        (form,) = guard.authority.forms
        assert form["grant_type"] == "client_credentials"
        assert form["scope"] == "read"


@requirement("2025-11-25/client/tokens-for-one", "2026-07-28/client/tokens-for-one")
async def test_a_hook_signs_for_one_server_alone() -> None:
    async with guarded() as one, guarded() as other:
        auth = OAuth(redirect=consenting())
        await call(one, auth)
        with pytest.raises(ClientError, match="make another one for"):
            await call(other, auth)
        assert other.seen == []


@requirement(
    "2025-11-25/client/tokens-stored",
    "2026-07-28/client/refresh-tokens",
    "2026-07-28/client/tokens-stored",
)
async def test_nothing_secret_is_said(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    authority = Authority(clients={"me": "s3cret"}, lifetime=0)
    async with guarded(authority) as guard:
        client = ClientRegistration("me", "s3cret")
        storage = FileStorage(tmp_path / "tokens")
        redirect = LoopbackRedirect(timeout=0.5, open_browser=browse)
        auth = OAuth(client=client, storage=storage, redirect=redirect)
        await call(guard, auth)
        authority.refusing = "invalid_grant"
        authority.back = lambda back: back | {"state": "another"}
        with pytest.raises(ClientError) as caught:
            await call(guard, auth)
    secrets = {"s3cret", *authority.tokens, *authority.refreshes, *authority.codes}
    secrets |= {form.get("code_verifier", "s3cret") for form in authority.forms}
    said = [caplog.text, repr(auth), repr(client), repr(storage), str(caught.value)]
    for text in said:
        assert not [secret for secret in secrets if secret in text]


async def test_a_user_who_refuses_is_believed() -> None:
    def refuse(back: Form) -> Form:
        del back["code"]
        return back | {"error": "access_denied", "error_description": "not today"}

    async with guarded(Authority(back=refuse)) as guard:
        with pytest.raises(AuthError, match="is a refusal: access_denied: not today"):
            await call(guard, OAuth(redirect=consenting()))
