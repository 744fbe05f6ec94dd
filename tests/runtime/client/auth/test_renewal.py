"""Tokens end; nobody notices."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.runtime.client import (
    AuthError,
    Client,
    ClientCredentials,
    ClientRegistration,
    FileStorage,
    OAuth,
)
from tests.requirements import requirement

from ..wire import LIMIT, legacy, text
from .authority import Authority, Guarded, consenting, guarded

PROCESS = """
import asyncio, sys
from mcpgen.runtime.client import Client, FileStorage, OAuth

async def main(url, path):
    print("ready", flush=True)
    sys.stdin.readline()
    async with Client(url, auth=OAuth(storage=FileStorage(path))) as client:
        await client.call_tool("echo", {})

asyncio.run(main(*sys.argv[1:]))
"""


async def call(client: Client) -> None:
    assert (await client.call_tool("echo", {"a": 1})).content


@pytest.mark.parametrize("lifetime", [0, -1])
async def test_a_token_that_has_ended_is_renewed_without_the_user(
    lifetime: int,
) -> None:
    authority = Authority(lifetime=lifetime)
    async with (
        guarded(authority) as guard,
        Client(guard.url, auth=OAuth(redirect=consenting())) as client,
    ):
        await call(client)
        await call(client)
    assert len(authority.asked) == 1
    used = [form["refresh_token"] for form in authority.grants("refresh_token")]
    assert len(used) == len(set(used)) >= 2


async def test_a_token_of_short_life_is_used_while_it_lives() -> None:
    authority = Authority(lifetime=20)
    async with (
        guarded(authority) as guard,
        Client(guard.url, auth=OAuth(redirect=consenting())) as client,
    ):
        await call(client)
        await call(client)
    assert authority.grants("refresh_token") == []


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_token_that_is_revoked_in_mid_session_is_renewed(era: str) -> None:
    async with guarded() as guard:
        if era == "legacy":
            guard.wire = legacy(tools_call=text)
        authority = guard.authority
        async with Client(guard.url, auth=OAuth(redirect=consenting())) as client:
            await call(client)
            authority.tokens.clear()
            await call(client)
            authority.tokens.clear()
            async with asyncio.TaskGroup() as group:
                for _ in range(5):
                    group.create_task(call(client))
        assert len(authority.asked) == 1
        assert len(authority.grants("refresh_token")) == 2


async def test_when_a_refresh_is_refused_the_user_is_asked_again() -> None:
    async with guarded() as guard:
        authority = guard.authority
        async with Client(guard.url, auth=OAuth(redirect=consenting())) as client:
            await call(client)
            authority.tokens.clear()
            authority.refusing = "invalid_grant"
            await call(client)
        assert len(authority.asked) == 2


@requirement("2026-07-28/client/refresh-tokens")
async def test_without_a_refresh_token_the_user_is_asked_again() -> None:
    async with guarded(Authority(renewable=False)) as guard:
        authority = guard.authority
        async with Client(guard.url, auth=OAuth(redirect=consenting())) as client:
            await call(client)
            await call(client)
            assert len(authority.asked) == 1
            authority.tokens.clear()
            await call(client)
        assert len(authority.asked) == 2
        assert authority.grants("refresh_token") == []


@requirement("2026-07-28/client/refresh-tokens")
async def test_a_program_without_a_refresh_token_asks_anew() -> None:
    authority = Authority(clients={"robot": "s3cret"})
    async with guarded(authority) as guard:
        auth = ClientCredentials(ClientRegistration("robot", "s3cret"))
        async with Client(guard.url, auth=auth) as client:
            await call(client)
            authority.tokens.clear()
            authority.refreshes.clear()
            await call(client)


async def test_an_outage_of_the_authorization_server_costs_no_sign_in(
    tmp_path: Path,
) -> None:
    from aiohttp import web

    authority = Authority(lifetime=0)
    async with guarded(authority) as guard:
        auth = OAuth(redirect=consenting(), storage=FileStorage(tmp_path / "tokens"))
        async with Client(guard.url, auth=auth) as client:
            await call(client)
            authority.answers["/token"] = lambda _: web.Response(status=503)
            with pytest.raises(AuthError, match="HTTP 503"):
                await call(client)
            del authority.answers["/token"]
            await call(client)
    assert len(authority.asked) == 1


async def signed_in(guard: Guarded, path: Path) -> None:
    auth = OAuth(storage=FileStorage(path), redirect=consenting())
    async with Client(guard.url, auth=auth) as client:
        await call(client)


async def process(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, *arguments, stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert started.stdout is not None
    assert await started.stdout.readline() == b"ready\n"
    return started


async def test_two_processes_renew_one_token_once(tmp_path: Path) -> None:
    """Refresh tokens are used once: the loser of a race would have to sign in again."""
    path = tmp_path / "tokens"
    async with asyncio.timeout(3 * LIMIT), guarded() as guard:
        await signed_in(guard, path)
        guard.authority.tokens.clear()
        started = [await process(guard.url, str(path)) for _ in range(2)]
        ended: list[Any] = await asyncio.gather(
            *(each.communicate(b"go\n") for each in started)
        )
        assert [each.returncode for each in started] == [0, 0], ended
        assert len(guard.authority.grants("refresh_token")) == 1
        assert len(guard.authority.asked) == 1
