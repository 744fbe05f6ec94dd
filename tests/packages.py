"""Generated packages as tests use them: made from tools, imported, called in memory.

The service echoes: it keeps the arguments that it got and returns what the test says.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp

from mcpgen.build import build
from mcpgen.diagnostics import MCPGenError
from mcpgen.ir import Project
from mcpgen.manifest import loads
from mcpgen.render import render
from mcpgen.runtime.client.transports.http.aiohttp_parts import memory_session


class Wire:
    """Requests of 2026-07-28 as they travel, whatever a client would say to them."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def call(self, tool: str, arguments: Any) -> dict[str, Any]:
        """The whole answer to a `tools/call`."""
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        params = {"name": tool, "arguments": arguments, "_meta": meta}
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        async with self._session.post(
            "http://localhost/mcp", json=body, headers=headers
        ) as response:
            answer: dict[str, Any] = await response.json()
            return answer


@dataclass(slots=True)
class Package:
    """A generated server and its client, imported."""

    project: Project
    service: ModuleType
    server_models: ModuleType
    server_runtime: ModuleType
    client: ModuleType
    client_models: ModuleType
    client_runtime: ModuleType
    got: list[Any] = field(default_factory=list[Any])
    result: Any = None

    def call(self, tool: str) -> Any:
        """The `ToolCall` that the generated client makes for a tool."""
        made = next(t for t in self.project.tools if t.wire_name == tool)
        runtime = importlib.import_module(f"{self.client.__name__}.runtime.client")
        if made.output is None:
            return runtime.ToolCall(made.definition)
        output = runtime.Codec(getattr(self.client_models, made.output.name))
        return runtime.ToolCall(made.definition, output)

    def codec(self, tool: str, end: str, what: str) -> Any:
        """The codec of a tool's input or output, at the server's or the client's end."""
        made = next(t for t in self.project.tools if t.wire_name == tool)
        model = made.input if what == "input" else made.output
        assert model is not None
        models, runtime = {
            "server": (self.server_models, self.server_runtime),
            "client": (self.client_models, self.client_runtime),
        }[end]
        return runtime.Codec(getattr(models, model.name))

    @asynccontextmanager
    async def in_memory(self) -> AsyncIterator[tuple[Any, Wire]]:
        """The generated client, connected with the echoing service; and the wire."""
        app = self.service.create_app(self._echo())
        prefix = self.project.class_prefix
        async with (
            getattr(self.client, f"{prefix}Client").in_memory(app) as client,
            memory_session(app)() as session,
        ):
            yield client, Wire(session)

    def _echo(self) -> Any:
        async def handle(_: Any, args: Any, __: Any) -> Any:
            self.got.append(args)
            return self.result

        base = getattr(self.service, f"{self.project.class_prefix}Service")
        methods: dict[str, Any] = {t.method: handle for t in self.project.tools}
        return type("Echo", (base,), methods)()


def manifest_text(tools: Sequence[Mapping[str, Any]], **more: Any) -> str:
    """A manifest of these tools, each with whatever the test does not care for."""
    entries = [{"inputSchema": {"type": "object"}, **tool} for tool in tools]
    return json.dumps({"tools": entries, **more})


def problems(tools: Sequence[Mapping[str, Any]]) -> list[str]:
    """The codes of all diagnostics that the tools get."""
    try:
        text = manifest_text(tools, mcpgen=1, name="refused")
        build(loads(text, "tools.json"), "refused")
    except MCPGenError as error:
        return [f.code for f in error.diagnostics]
    return []


def package(
    name: str, directory: Path, tools: Sequence[Mapping[str, Any]], /, **more: Any
) -> Package:
    """The packages `NAME_server` and `NAME_client` below a directory, imported."""
    project = build(loads(manifest_text(tools, **more), "tools.json"), name)
    for path, file in render(project).items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, "utf-8")
    sys.path[:0] = [str(directory / "server"), str(directory / "client")]
    try:
        server = f"{project.server_package}.generated"
        return Package(
            project,
            importlib.import_module(server),
            importlib.import_module(f"{server}.models"),
            importlib.import_module(f"{server}.runtime.core.model"),
            importlib.import_module(project.client_package),
            importlib.import_module(f"{project.client_package}.models"),
            importlib.import_module(f"{project.client_package}.runtime.core.model"),
        )
    finally:
        del sys.path[:2]


def same(one: Any, other: Any) -> bool:
    """Whether a JSON value came back as it was: no other type, no other digit.

    One thing Python's types can't hold: where the type is `int`, 1.0 comes back as the
    same number, 1. No integer may become a float.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one) is float and type(other) is int:
        return one == other
    return type(one) is type(other) and bool(one == other)
