"""Every manifest of a real server becomes a project that works.

The project is made by the command, imported, checked by mypy, started, and asked by
the official SDK's client in both eras.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from mcp import Client
from mcp.types import Tool

from tests.servers import running_server
from tests.shared_data import CORPUS, TELLING, corpus, needs_shared

pytestmark = needs_shared

NAMES = [
    pytest.param(name, marks=() if name in TELLING else pytest.mark.corpus)
    for name in corpus()
]


def make_project(name: str, directory: Path) -> Path:
    command = [sys.executable, "-m", "mcpgen", "new", "server", name]
    command += ["--manifest", str(CORPUS / f"{name}.json")]
    subprocess.run(command, cwd=directory, check=True, timeout=300)
    return directory / name


def package(name: str) -> str:
    return name.replace("-", "_")


def type_check(project: Path, name: str, cache: Path) -> None:
    environment = {**os.environ, "MYPYPATH": f"{project}/server:{project}/client"}
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache)]
    command += ["-p", f"{package(name)}_server", "-p", f"{package(name)}_client"]
    done = subprocess.run(
        command, env=environment, cwd=project, timeout=600, capture_output=True
    )
    assert done.returncode == 0, done.stdout.decode()[-4000:]


async def listed(url: str, mode: str) -> list[dict[str, Any]]:
    """The tools as the official SDK's client gives them; vendors' keys it drops."""
    tools: list[dict[str, Any]] = []
    with anyio.fail_after(30):
        async with Client(url, mode=mode) as client:
            cursor = None
            while True:
                page = await client.list_tools(cursor=cursor)
                tools += [
                    tool.model_dump(by_alias=True, exclude_unset=True)
                    for tool in page.tools
                ]
                cursor = page.next_cursor
                if cursor is None:
                    return tools


async def on_the_wire(url: str) -> list[dict[str, Any]]:
    """The tools as they travel, every key."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/list",
    }
    async with aiohttp.ClientSession() as session:
        body = {**request, "params": {"_meta": meta}}
        async with session.post(url, json=body, headers=headers) as response:
            answer = await response.json()
            tools: list[dict[str, Any]] = answer["result"]["tools"]
            return tools


@pytest.mark.parametrize("name", NAMES)
async def test_a_real_servers_manifest_becomes_a_project_that_works(
    name: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = make_project(name, tmp_path)
    type_check(project, name, tmp_path_factory.getbasetemp() / "mypy")
    wanted = json.loads((CORPUS / f"{name}.json").read_text("utf-8"))["tools"]

    as_the_sdk_reads_them = [
        Tool.model_validate(tool).model_dump(by_alias=True, exclude_unset=True)
        for tool in wanted
    ]

    async with running_server(project / "server", f"{package(name)}_server") as url:
        assert await on_the_wire(url) == wanted
        assert await listed(url, "legacy") == as_the_sdk_reads_them
        assert await listed(url, "2026-07-28") == as_the_sdk_reads_them
