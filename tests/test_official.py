"""Tests see what breaks the official schema, on both sides."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from mcpgen.runtime.client import Client, ClientError
from mcpgen.runtime.protocol.revisions import REVISIONS
from tests import official
from tests.runtime.client.wire import (
    EVERYTHING,
    Call,
    Reply,
    event,
    legacy,
    modern,
    running,
    text,
)
from tests.servers import running_server
from tests.shared_data import needs_shared

pytestmark = pytest.mark.off_protocol

SERVER = Path(__file__).parents[1] / "generated_examples" / "weather" / "server"


def revisions() -> list[Any]:
    return [
        pytest.param(name, marks=() if name > "2025-06-18" else needs_shared)
        for name in REVISIONS
    ]


@pytest.mark.parametrize("version", revisions())
async def test_a_client_that_breaks_the_schema_is_found_in_every_revision(
    version: str,
) -> None:
    is_modern = REVISIONS[version].era == "modern"
    wire = modern() if is_modern else legacy(version, capabilities=EVERYTHING)
    wire.methods["completion/complete"] = text
    async with running(wire), Client(wire.url, era=version) as client:
        assert official.found == []
        with suppress(ClientError):
            await client.complete_prompt("a", "b", 1)  # type: ignore[arg-type]
    assert any("CompleteRequest" in line for line in official.found)


async def test_a_client_in_another_process_is_seen_by_the_server_that_it_calls() -> (
    None
):
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"MCP-Protocol-Version": "2026-07-28"}
    async with running(modern()) as wire, ClientSession() as http:
        await http.post(wire.url, json=body, headers=headers)
    assert ["ListToolsRequest" in line for line in official.found] == [True]


async def test_a_client_that_breaks_the_schema_is_found() -> None:
    async with (
        running(modern(tools_call=text)) as wire,
        Client(wire.url, client_info={"name": "nameless"}) as client,
    ):
        await client.call_tool("a")
    assert {line.partition(" {")[0].split(": ")[1] for line in official.found} == {
        "2026-07-28 DiscoverRequest",
        "2026-07-28 CallToolRequest",
    }


RESULTS = [
    ("tools/list", {"tools": [{"name": "a"}]}, True),
    ("tools/list", {"tools": "none"}, True),
    (
        "tools/list",
        {"tools": [{"name": "a", "inputSchema": {"type": "object"}}]},
        False,
    ),
    ("tools/call", {"content": [{"type": "text"}]}, True),
    ("tools/call", {"content": [{"type": "text", "text": "x"}]}, False),
]


@pytest.mark.parametrize("method, result, wrong", RESULTS)
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("version", revisions())
async def test_a_server_that_breaks_the_schema_is_found(
    version: str, streamed: bool, method: str, result: Any, wrong: bool
) -> None:
    """Also where a response comes byte by byte, and no header names the version."""
    is_modern = REVISIONS[version].era == "modern"
    if is_modern:
        result = {"resultType": "complete", "ttlMs": 0, "cacheScope": "public"} | result

    async def answer(call: Call) -> Reply:
        message = json.dumps(call.result(**result))
        if not streamed:
            return web.Response(text=message, content_type="application/json")
        response = await call.stream()
        for byte in event(message):
            await response.write(bytes([byte]))
        return response

    wire = modern() if is_modern else legacy(version)
    wire.methods[method] = answer
    async with running(wire), Client(wire.url) as client:
        with official.ours(wire.url), suppress(ClientError):
            await (
                client.call_tool("a") if method == "tools/call" else client.list_tools()
            )
    assert bool(official.found) == wrong


@pytest.mark.parametrize("version", revisions())
async def test_traffic_with_a_server_in_another_process_is_looked_at(
    version: str,
) -> None:
    async with (
        running_server(SERVER, "weather_server") as url,
        Client(url, era=version, log_level="debug") as client,
    ):
        await client.call_tool("get_forecast", {"city": "Oslo"})
    assert official.seen["the client", version] >= 2
    assert official.seen["the server's answer", version] >= 2
    assert official.found == []
