"""Servers without authentication, open to the network by mistake."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import pytest
from pydantic import SecretStr

from mcpgen.runtime.server import Server, Settings
from mcpgen.runtime.server.main import CannotStart, serve

from ..wire import SECONDS
from ..workshop import Workshop

OPEN = Settings(host="0.0.0.0", port=0, access_log="off")


async def starts(settings: Settings) -> bool:
    """Whether a server begins to listen with these settings; it is stopped at once."""
    listening = asyncio.Event()
    running = asyncio.ensure_future(
        serve(Server, Workshop(), settings, announce=lambda _: listening.set())
    )
    waiting = asyncio.ensure_future(listening.wait())
    await asyncio.wait(
        [running, waiting], timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    waiting.cancel()
    if running.done():
        running.result()
        return False
    running.cancel()
    await asyncio.wait([running], timeout=SECONDS)
    return listening.is_set()


async def test_without_authentication_only_this_machine_is_served(
    guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not guarded:
        # The package has a function of that name, which hides the module.
        module = sys.modules["mcpgen.runtime.server.main"]
        monkeypatch.setattr(module, "_refuse_strangers", lambda *_: None)
        assert await starts(OPEN)
        return
    with pytest.raises(CannotStart, match=r"0\.0\.0\.0.*--allow-anonymous"):
        await starts(OPEN)


@pytest.mark.parametrize(
    "settings",
    [
        replace(OPEN, host="127.0.0.1"),
        replace(OPEN, allow_anonymous=True),
        replace(
            OPEN,
            auth="token",
            auth_tokens=(SecretStr("a token of some length"),),
            public_url="https://mcp.example.com/mcp",
        ),
    ],
    ids=["loopback", "allowed", "authenticated"],
)
async def test_whoever_is_known_or_welcome_is_served(settings: Settings) -> None:
    assert await starts(settings)
