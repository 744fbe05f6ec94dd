"""Pulling from a guarded server with what a real authorization server issued."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcpgen.manifest import load
from tests.cli.terminal import process
from tests.pace import patient
from tests.packages import Package
from tests.runtime.server.auth.authority import Authority
from tests.runtime.server.auth.test_end_to_end import Place, made, place

__all__ = ["made"]

SECONDS = patient(60)
BROWSER = """
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=60) as page:
    page.read()
with open(sys.argv[2], "a") as visits:
    visits.write("visit\\n")
"""


@pytest.fixture
async def there(made: Package, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A server that wants the scope `read`, and its authorization server."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    async with place(made, Authority()) as ready:
        yield ready


async def token(there: Place, *granted: str) -> str:
    """A token that the authorization server issued, whatever it is good for."""
    there.authority.granted = granted
    with contextlib.suppress(there.made.client.AuthError):
        async with there.client() as client:
            await client.look()
    return str(there.authority.tokens[-1].access)


async def pull(
    there: Place, folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`mcpgen pull` where nobody sits, while the servers go on."""
    environment = {"MCP_TOKENS_FILE": str(folder / "tokens.json"), **environment}

    def run() -> subprocess.CompletedProcess[str]:
        command = ("pull", there.url, "-o", "mcpgen.yaml", *arguments)
        return process(*command, folder=folder, **environment)

    return await asyncio.to_thread(run)


async def test_a_token_from_the_environment_opens_the_catalogue(
    there: Place, tmp_path: Path
) -> None:
    access = await token(there, "read")

    done = await pull(there, tmp_path, MCP_BEARER_TOKEN=access)

    assert done.returncode == 0, done.stderr
    names = [tool.name for tool in load(tmp_path / "mcpgen.yaml").tools]
    assert names == ["look", "change"]
    assert access not in (tmp_path / "mcpgen.yaml").read_text("utf-8")


async def test_a_token_in_a_header_does_too(there: Place, tmp_path: Path) -> None:
    access = await token(there, "read")

    done = await pull(there, tmp_path, "--header", f"Authorization: Bearer {access}")

    assert done.returncode == 0, done.stderr
    assert len(load(tmp_path / "mcpgen.yaml").tools) == 2


async def test_without_a_token_and_without_a_person_it_says_what_to_do(
    there: Place, tmp_path: Path
) -> None:
    done = await pull(there, tmp_path)

    assert done.returncode == 2
    assert "MCP_BEARER_TOKEN" in done.stderr
    assert "BearerAuth" not in done.stderr
    assert not (tmp_path / "mcpgen.yaml").exists()


@pytest.mark.parametrize("option", ["variable", "header"])
async def test_a_wrong_token_is_named_as_the_reason(
    there: Place, tmp_path: Path, option: str
) -> None:
    access = await token(there, "read")
    wrong = f"{access[:-8]}AAAAAAAA"
    if option == "variable":
        done = await pull(there, tmp_path, MCP_BEARER_TOKEN=wrong)
    else:
        done = await pull(there, tmp_path, "--header", f"Authorization: Bearer {wrong}")

    assert done.returncode == 2
    assert "MG701" in done.stderr
    assert "signature is not valid" in done.stderr
    assert wrong not in done.stderr
    assert not (tmp_path / "mcpgen.yaml").exists()


async def test_a_token_without_the_scope_is_told_which_one(
    there: Place, tmp_path: Path
) -> None:
    access = await token(there, "write")

    done = await pull(there, tmp_path, MCP_BEARER_TOKEN=access)

    assert done.returncode == 2
    assert "MG701" in done.stderr
    assert "needs the scopes: read" in done.stderr


async def test_a_person_at_a_terminal_signs_in_once(
    there: Place, tmp_path: Path
) -> None:
    browser, visits = tmp_path / "browser.py", tmp_path / "visits"
    browser.write_text(BROWSER, "utf-8")
    environment = {
        **os.environ,
        "BROWSER": f"{sys.executable} {browser} %s {visits}",
        "MCP_TOKENS_FILE": str(tmp_path / "tokens.json"),
    }
    command = [sys.executable, "-m", "mcpgen", "pull", there.url]
    for _ in range(2):
        person, screen = pty.openpty()
        try:
            started = await asyncio.create_subprocess_exec(
                *command,
                stdin=screen,
                stdout=asyncio.subprocess.PIPE,
                stderr=screen,
                env=environment,
            )
            out, _unused = await asyncio.wait_for(started.communicate(), SECONDS)
        finally:
            os.close(person)
            os.close(screen)
        assert started.returncode == 0
        assert "name: change" in out.decode()

    assert visits.read_text("utf-8").splitlines() == ["visit"]
    assert there.authority.asked == ["read"]
