"""Signing in with authorization servers as they are."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from mcpgen.runtime.client import (
    AuthError,
    Client,
    ClientRegistration,
    FileStorage,
    IssuerSettings,
    LoopbackRedirect,
    OAuth,
)

from .authority import Guarded, browse
from .providers import PROVIDERS, SECRET, Provider, Scripted, behind

Site = tuple[Guarded, Scripted]

SETTINGS = {
    "Entra": IssuerSettings(assume_pkce=True, resource=None),
    "Cognito": IssuerSettings(assume_pkce=True),
    "Auth0": IssuerSettings(parameters={"audience": "https://weather.example/api"}),
}
REGISTERED = {
    "Entra": ClientRegistration("me"),
    "Okta": ClientRegistration("me"),
    "GitHub": ClientRegistration("me", SECRET, auth_method="client_secret_post"),
}


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.name)
async def site(request: pytest.FixtureRequest) -> AsyncGenerator[Site]:
    provider: Provider = request.param
    async with behind(provider) as (guard, authority):
        if not provider.registers:
            client = registered(provider)
            authority.clients[client.client_id] = client.client_secret
        yield guard, authority


def registered(provider: Provider) -> ClientRegistration:
    return REGISTERED.get(provider.name, ClientRegistration("me", SECRET))


def auth_for(authority: Scripted, path: Path, timeout: float = 10) -> OAuth:
    """A hook as the documentation recommends."""
    provider = authority.provider
    settings = SETTINGS.get(provider.name)
    return OAuth(
        client=None if provider.registers else registered(provider),
        issuers={authority.issuer: settings} if settings else None,
        storage=FileStorage(path),
        redirect=LoopbackRedirect(timeout=timeout, open_browser=browse),
    )


async def call(site: Site, folder: Path, patience: float = 10) -> None:
    """A call by a process of its own, whose user has some seconds to consent."""
    guard, authority = site
    auth = auth_for(authority, folder / "tokens", patience)
    async with Client(guard.url, auth=auth) as client:
        assert (await client.call_tool("echo", {"a": 1})).content


async def test_sign_in(site: Site, tmp_path: Path) -> None:
    await call(site, tmp_path)
    await call(site, tmp_path)
    assert len(site[1].asked) == 1
    assert len(site[1].forms) == 1


async def test_a_token_is_refreshed(site: Site, tmp_path: Path) -> None:
    _, authority = site
    await call(site, tmp_path)
    for _ in range(2):
        authority.tokens.clear()
        await call(site, tmp_path)
    assert len(authority.asked) == 1
    used = [form["refresh_token"] for form in authority.grants("refresh_token")]
    assert len(used) == 2
    assert len(set(used)) == (2 if authority.provider.rotates else 1)


async def test_a_refused_refresh_leads_to_a_new_sign_in(
    site: Site, tmp_path: Path
) -> None:
    _, authority = site
    await call(site, tmp_path)
    authority.tokens.clear()
    authority.refreshes.clear()
    await call(site, tmp_path)
    assert len(authority.asked) == 2
    await call(site, tmp_path)
    assert len(authority.asked) == 2


async def test_a_refused_code_is_reported_in_the_server_s_words(
    site: Site, tmp_path: Path
) -> None:
    _, authority = site
    authority.refusing = "always"
    _, words = authority.provider.refused
    with pytest.raises(AuthError) as caught:
        await call(site, tmp_path)
    assert words["error"] in str(caught.value)
    assert words.get("error_description", "") in str(caught.value)


async def test_a_client_that_the_server_has_forgotten(
    site: Site, tmp_path: Path
) -> None:
    """One that registered itself does so again; the user has to look after others."""
    _, authority = site
    provider = authority.provider
    await call(site, tmp_path)
    before = len(authority.registered)
    authority.clients.clear()
    authority.tokens.clear()
    if provider.registers:
        for _ in range(2):
            await call(site, tmp_path)
        assert len(authority.asked) == 2
        assert len(authority.clients) == 1
    else:
        words = f"authorization page refuses the request: HTTP {provider.page}|HTTP 401"
        with pytest.raises(AuthError, match=words):
            await call(site, tmp_path, patience=0.2)
        assert len(authority.registered) == before
        client = registered(provider)
        authority.clients[client.client_id] = client.client_secret
        await call(site, tmp_path)


@pytest.mark.parametrize(
    "site",
    [provider for provider in PROVIDERS if provider.registers],
    ids=lambda provider: provider.name,
    indirect=True,
)
async def test_a_registration_is_made_again_when_only_the_page_refuses_it(
    site: Site, tmp_path: Path
) -> None:
    """The token is lost, so the server is met by its authorization page first."""
    _, authority = site
    await call(site, tmp_path)
    path = tmp_path / "tokens"
    stored = json.loads(path.read_text())
    kept = {key: stored[key] for key in stored if key.startswith("client")}
    assert kept
    path.write_text(json.dumps(kept))
    authority.clients.clear()
    await call(site, tmp_path)
    ids = [form["client_id"] for form in authority.forms]
    assert len(set(ids)) == 2
    await call(site, tmp_path)
    assert len(authority.clients) == 1


async def test_sign_out(site: Site, tmp_path: Path) -> None:
    guard, authority = site
    await call(site, tmp_path)
    known = set(authority.refreshes)
    auth = auth_for(authority, tmp_path / "tokens")
    assert await auth.sign_out(guard.url)
    assert json.loads((tmp_path / "tokens").read_text()) == {}
    if "revocation_endpoint" in authority.provider.metadata:
        assert set(authority.revoked) == known
    else:
        assert authority.revoked == []
    assert not await auth.sign_out(guard.url)
    await call(site, tmp_path)
    assert len(authority.asked) == 2
