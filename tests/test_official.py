"""Tests see what breaks the official schema, on both sides."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from aiohttp import web

from mcpgen.runtime.client import Client, ClientError
from mcpgen.runtime.protocol.revisions import REVISIONS
from tests import official
from tests.runtime.client.wire import (
    Call,
    Reply,
    event,
    legacy,
    modern,
    running,
    text,
)
from tests.shared_data import needs_shared

pytestmark = pytest.mark.off_protocol


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


def revisions() -> list[Any]:
    return [
        pytest.param(name, marks=() if name > "2025-06-18" else needs_shared)
        for name in REVISIONS
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

    make = modern if is_modern else partial(legacy, version)
    wire = make(**{method.replace("/", "_"): answer})
    async with running(wire), Client(wire.url) as client:
        with official.ours(wire.url), suppress(ClientError):
            await (
                client.call_tool("a") if method == "tools/call" else client.list_tools()
            )
    assert bool(official.found) == wrong
