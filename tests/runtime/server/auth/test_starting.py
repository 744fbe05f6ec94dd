"""What a server that starts as a program lets in, and what it refuses to start with."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mcpgen.runtime.server import Settings
from mcpgen.runtime.server.main import CannotStart, serve
from mcpgen.runtime.server.server import Server
from tests.pace import patient

from .vault import Vault


async def starts(**settings: Any) -> bool:
    """Whether a server with these settings comes to listen."""
    listening = asyncio.Event()
    announce: Callable[[str], None] = lambda url: listening.set()  # noqa: E731
    task = asyncio.ensure_future(
        serve(Server, Vault(), Settings(port=0, **settings), announce=announce)
    )
    waiting = asyncio.ensure_future(listening.wait())
    try:
        async with asyncio.timeout(patient(60)):
            await asyncio.wait({task, waiting}, return_when="FIRST_COMPLETED")
        if not listening.is_set():
            task.result()
        return listening.is_set()
    finally:
        for each in (task, waiting):
            each.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_without_authentication_this_machine_is_served(host: str) -> None:
    assert await starts(host=host)


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "127.0.0.2.example"])
async def test_without_authentication_nobody_else_is(host: str) -> None:
    with pytest.raises(CannotStart, match="allow_anonymous"):
        await starts(host=host)


async def test_unless_a_setting_says_so() -> None:
    assert await starts(host="0.0.0.0", allow_anonymous=True)


async def test_with_authentication_anyone_may_ask() -> None:
    keys = (f"robot:{'a' * 64}",)

    assert await starts(host="0.0.0.0", auth="api-key", auth_api_keys=keys)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"auth": "mtls", "auth_users": ("*",)}, "need TLS"),
        (
            {"auth": "mtls", "auth_users": ("*",), "tls_cert": "/x.pem"},
            "tls_client_ca",
        ),
        ({"tls_client_ca": "/ca.pem"}, "tls_cert"),
        ({"auth": "jwt", "auth_issuer": "https://x.example", "host": "::"}, "public_"),
    ],
    ids=str,
)
async def test_what_could_let_nobody_in_does_not_start(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(CannotStart, match=words):
        await starts(**settings)


async def test_without_a_library_that_calls_need_it_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    with pytest.raises(CannotStart, match=r"pip install .* jsonschema-rs"):
        await starts()
