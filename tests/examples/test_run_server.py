"""`run-server` works with what the generated packages depend on, and nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.pace import patient
from tests.peers import environment
from tests.runtime.server.wire import LegacyWire, ModernWire

HOME = Path(__file__).parents[2] / "generated_examples/everything"
START_SECONDS = 30
STOP_SECONDS = 10


def dependencies() -> list[str]:
    """What the server's own pyproject.toml asks for."""
    text = (HOME / "server/pyproject.toml").read_text("utf-8")
    found: list[str] = tomllib.loads(text)["project"]["dependencies"]
    return found


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of an environment with the server's dependencies."""
    return environment("generated", *dependencies())


@asynccontextmanager
async def served(python: Path) -> AsyncIterator[str]:
    """The URL that `run-server 0` prints."""
    process = await asyncio.create_subprocess_exec(
        HOME / "run-server",
        "0",
        cwd="/",
        env={
            "PATH": f"{python.parent}{os.pathsep}{os.defpath}",
            "PYTHONUNBUFFERED": "1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        yield next(word for word in line.decode().split() if word.startswith("http"))
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), STOP_SECONDS)


async def test_run_server_serves_both_eras(python: Path) -> None:
    async with served(python) as url, ClientSession() as http:
        assert url.startswith("http://127.0.0.1:")
        modern = await ModernWire(http, url).tool("test_simple_text")
        wire = LegacyWire(http, url)
        result = await wire.initialize()
        legacy = await wire.tool("test_structured_content", {"city": "Oslo"})

    assert modern.content == "This is a simple text response for testing."
    assert result["serverInfo"]["name"] == "everything"
    assert legacy.result["structuredContent"] == {"city": "Oslo", "letters": 4}


def test_nothing_else_is_installed_there(python: Path) -> None:
    for name in ("mcpgen", "mcp", "httpx", "jinja2"):
        found = subprocess.run(
            [python, "-I", "-c", f"import {name}"],
            capture_output=True,
            text=True,
            timeout=patient(60),
        )
        assert f"No module named '{name}'" in found.stderr
