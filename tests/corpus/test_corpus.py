"""Every manifest of a real server becomes a project that works.

The project is made by the command, imported, checked by mypy and started in mock mode.
The official SDK's client lists and calls every tool in both eras, the generated client
calls each by its method. Over stdio, the lists are the same.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from jsonschema import (  # type: ignore[import-untyped]  # has no types
    Draft7Validator,
    Draft202012Validator,
)
from mcp import Client
from mcp.types import TextContent, Tool

from mcpgen import ir
from mcpgen.build import build
from mcpgen.examples import example
from mcpgen.manifest import load
from tests.packages import same
from tests.render.projects import importable
from tests.runtime.server.seams.lines import modern
from tests.runtime.server.stdio.process import served
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


async def on_standard_output(project: Path, name: str) -> list[list[dict[str, Any]]]:
    """The tools as they travel over stdio, every key, in both eras."""
    home = str(project / "server")
    async with served(f"{package(name)}_server", "--mock", PYTHONPATH=home) as peer:
        modern_list = (await peer.call("tools/list", modern()))["tools"]
        await peer.initialize()
        return [modern_list, (await peer.call("tools/list"))["tools"]]


async def checked_over_stdio(project: Path, name: str, prefix: str) -> tuple[Any, ...]:
    """What the generated client finds to differ at the server that it starts."""
    command = [sys.executable, "-m", f"{package(name)}_server", "--mock", "--stdio"]
    with importable(project / "client"):
        made = getattr(
            importlib.import_module(f"{package(name)}_client"), f"{prefix}Client"
        )
        async with made.stdio(command, cwd=project / "server") as client:
            found: tuple[Any, ...] = await client.check()
            return found


def is_valid(schema: dict[str, Any], instance: Any) -> bool:
    """The verdict of a validator that has nothing to do with ours."""
    draft7 = "draft-07" in schema.get("$schema", "")
    validator = Draft7Validator if draft7 else Draft202012Validator
    verdict: bool = validator(schema).is_valid(instance)
    return verdict


async def called_by_the_sdk(url: str, mode: str, tools: list[dict[str, Any]]) -> None:
    """Every tool is called, once with all arguments and once with those it needs."""
    async with Client(url, mode=mode) as client:
        for tool in tools:
            output = tool.get("outputSchema")
            for optional in (True, False):
                arguments = example(tool["inputSchema"], optional=optional)
                with anyio.fail_after(30):
                    result = await client.call_tool(tool["name"], arguments)
                assert not result.is_error, (tool["name"], result.content)
                (block,) = result.content
                assert isinstance(block, TextContent)
                if output is not None:
                    assert is_valid(output, result.structured_content), tool["name"]
                    assert same(json.loads(block.text), result.structured_content)


def keywords(tool: ir.Tool, models: Any, codec: Any, arguments: Any) -> dict[str, Any]:
    """Arguments as a user gives them to the method of the tool: by name, typed."""
    typed = codec(getattr(models, tool.input.name)).build(arguments)
    if not tool.input.is_class:
        return {tool.parameters[0]: typed}
    return {
        parameter: getattr(typed, field.python_name)
        for field, parameter in zip(tool.input.fields, tool.parameters, strict=True)
        if field.wire_name in arguments
    }


async def called_by_its_methods(url: str, project: ir.Project, home: Path) -> None:
    """Every tool is called by the generated client, and gives what the model says."""
    with importable(home):
        client = importlib.import_module(project.client_package)
        codec = importlib.import_module(f"{client.__name__}.runtime.client").Codec
        async with getattr(client, f"{project.class_prefix}Client")(url) as connected:
            for tool in project.tools:
                schema = tool.definition["inputSchema"]
                for optional in (True, False):
                    arguments = example(schema, optional=optional)
                    given = keywords(tool, client.models, codec, arguments)
                    result = await getattr(connected, tool.method)(**given)
                    check(tool, client, codec, result)


def check(tool: ir.Tool, client: Any, codec: Any, result: Any) -> None:
    """The result is the one that mock mode makes, exactly, typed as promised."""
    if tool.output is None:
        assert isinstance(result, client.types.CallToolResult)
        return
    type_ = getattr(client.models, tool.output.name)
    if tool.output.is_class:
        assert isinstance(result, type_)
    wanted = example(tool.definition["outputSchema"])
    assert same(wanted, codec(type_).dump(result)), tool.wire_name


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

    start = running_server(project / "server", f"{package(name)}_server", "--mock")
    async with start as url:
        assert await on_the_wire(url) == wanted
        assert await listed(url, "legacy") == as_the_sdk_reads_them
        assert await listed(url, "2026-07-28") == as_the_sdk_reads_them
        await called_by_the_sdk(url, "legacy", wanted)
        await called_by_the_sdk(url, "2026-07-28", wanted)
        described = build(load(CORPUS / f"{name}.json").named(name))
        await called_by_its_methods(url, described, project / "client")

    assert await on_standard_output(project, name) == [wanted, wanted]
    assert await checked_over_stdio(project, name, described.class_prefix) == ()
