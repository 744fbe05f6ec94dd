"""Limits of a principal: the same from wherever it comes, and nobody else's."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from mcpgen.runtime.server.features.auth import AuthRequest, Principal
from tests.pace import patient

from ..wire import SECONDS, until
from .conftest import Serving
from .vault import Names

LISTEN: tuple[str, dict[str, Any]] = ("subscriptions/listen", {"notifications": {}})


class Passing(Names):
    """Tokens that end in a moment."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        known = await super().authenticate(request)
        if known is None:
            return None
        return Principal(known.subject, known.issuer, expires=time.time() + 0.5)


async def test_requests_per_second(vault: Serving) -> None:
    await vault(Names(), principal_rate=0.01, principal_burst=2)
    alice = vault.modern("alice")

    replies = [await alice.call("tools/list") for _ in range(3)]

    assert [reply.status for reply in replies] == [200, 200, 429]
    assert "principal_rate" in replies[2].error["message"]
    assert 90 <= int(replies[2].headers["Retry-After"]) <= 100
    # A token of fewer scopes is the same principal.
    assert (await vault.modern("alice.read").call("tools/list")).status == 429
    assert (await vault.modern("bob").call("tools/list")).status == 200


async def test_sessions(vault: Serving) -> None:
    await vault(Names(), principal_sessions=1)
    first = await vault.legacy("alice")
    other = vault.intruder(first, "alice")
    del other.headers["Mcp-Session-Id"]
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }

    refused = await other.call("initialize", hello)

    assert refused.status == 429
    assert refused.error["code"] == 429
    assert refused.error["data"] == {"retryAfter": 30}
    assert refused.headers["Retry-After"] == "30"
    await vault.legacy("bob")
    assert (await first.other("DELETE")).status == 204
    assert (await other.call("initialize", hello)).status == 200


async def test_calls_at_one_time(vault: Serving) -> None:
    await vault(Names(), client_calls=1)
    running = asyncio.ensure_future(vault.modern("alice").tool("wait"))
    async with asyncio.timeout(SECONDS):
        await vault.vault.waiting.wait()

    refused = await vault.modern("alice").tool("whoami")

    assert refused.status == 429
    assert "client_calls" in refused.error["message"]
    assert (await vault.modern("bob").tool("whoami")).status == 200
    running.cancel()
    await until(lambda: vault.vault.cancelled == 1)
    assert (await vault.modern("alice").tool("whoami")).status == 200


async def test_open_streams(vault: Serving) -> None:
    await vault(Names(), client_streams=1)
    async with vault.modern("alice").streaming(*LISTEN) as stream:
        await stream.message()

        refused = await vault.modern("alice").call(*LISTEN)

        assert refused.status == 429
        assert "client_streams" in refused.error["message"]
        async with vault.modern("bob").streaming(*LISTEN) as another:
            await another.message()

    async with asyncio.timeout(SECONDS):
        while True:
            async with vault.modern("alice").streaming(*LISTEN) as stream:
                if stream.response.status == 200:
                    break
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("era", ["modern", "legacy"])
async def test_a_stream_ends_with_the_credentials_that_opened_it(
    vault: Serving, era: str
) -> None:
    await vault(Passing())
    opened = (
        vault.modern("alice").streaming(*LISTEN)
        if era == "modern"
        else (await vault.legacy("alice")).get()
    )
    started = time.monotonic()
    async with opened as stream, asyncio.timeout(SECONDS):
        assert stream.response.status == 200
        await stream.response.content.read()

    assert 0.3 < time.monotonic() - started < patient(5)
