"""Authorization servers that are built on the official Python SDK."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from mcpgen.runtime.client import Client, FileStorage, OAuth

from .authority import consenting
from .sdk_authority import SdkAuthority, sdk_server

Site = tuple[str, SdkAuthority]


@pytest.fixture
async def site() -> AsyncGenerator[Site]:
    authority = SdkAuthority()
    async with sdk_server(authority) as url:
        yield url, authority


async def call(site: Site, folder: Path) -> None:
    auth = OAuth(redirect=consenting(), storage=FileStorage(folder / "tokens"))
    async with Client(site[0], auth=auth) as client:
        result = await client.call_tool("echo", {"a": 1})
        assert result.is_error is not True


async def test_sign_in_refresh_and_refusal(site: Site, tmp_path: Path) -> None:
    _, authority = site
    await call(site, tmp_path)
    authority.tokens.clear()
    await call(site, tmp_path)
    assert authority.consents == 1
    authority.tokens.clear()
    authority.refreshes.clear()
    await call(site, tmp_path)
    assert authority.consents == 2
    assert authority.registrations == 1


async def test_a_server_that_was_started_anew_knows_no_client(
    site: Site, tmp_path: Path
) -> None:
    _, authority = site
    await call(site, tmp_path)
    authority.clients.clear()
    authority.tokens.clear()
    await call(site, tmp_path)
    await call(site, tmp_path)
    assert authority.registrations == 2
    assert authority.consents == 2


async def test_a_registration_without_scopes_of_an_earlier_version_is_replaced(
    site: Site, tmp_path: Path
) -> None:
    _, authority = site
    await call(site, tmp_path)
    for client in authority.clients.values():
        client.scope = None
    path = tmp_path / "tokens"
    path.write_text(path.read_text().replace('"read"', "null"))
    authority.tokens.clear()
    authority.refreshes.clear()
    await call(site, tmp_path)
    assert authority.registrations == 2


async def test_sign_out(site: Site, tmp_path: Path) -> None:
    url, authority = site
    await call(site, tmp_path)
    assert await OAuth(storage=FileStorage(tmp_path / "tokens")).sign_out(url)
    assert not authority.tokens
    assert not authority.refreshes
