"""Authorization does not apply: a server that authenticates has one local principal."""

from __future__ import annotations

import pytest

from ..seams.lines import modern
from .process import NOISY, served


@pytest.mark.parametrize(
    ("scopes", "who", "refused"),
    [
        ((), "local ['write']", False),
        (("--stdio-scopes", "write"), "local ['write']", False),
        (("--stdio-scopes", "admin"), "local ['admin', 'write']", False),
        (("--stdio-scopes", "read"), "local ['read']", True),
        (("--auth-scopes", "base", "--stdio-scopes", "base"), "local ['base']", True),
    ],
)
async def test_a_local_principal_has_the_scopes_of_the_setting(
    scopes: tuple[str, ...], who: str, refused: bool
) -> None:
    async with served(NOISY, "--with-auth", *scopes) as peer:
        await peer.initialize()
        assert await peer.tool("who") == who
        for params in ({"name": "guarded"}, modern({"name": "guarded"})):
            answer = await peer.answer(await peer.begin("tools/call", params))
            if refused:
                assert "write" in answer["error"]["message"]
            else:
                assert answer["result"]["content"][0]["text"] == "done"


async def test_a_scope_that_every_request_needs_is_missing() -> None:
    scopes = ("--auth-scopes", "base", "--stdio-scopes", "write")
    async with served(NOISY, "--with-auth", *scopes) as peer:
        number = await peer.begin("tools/call", modern({"name": "guarded"}))
        refused = await peer.answer(number)
    assert refused["error"]["message"] == "This needs the scopes: base"


async def test_without_auth_there_is_no_principal() -> None:
    async with served(NOISY) as peer:
        await peer.initialize()
        assert await peer.tool("who") == "nobody"
