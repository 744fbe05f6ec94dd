"""Tests see what breaks the official schema, on both sides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mcpgen.runtime.client import Client
from tests import official
from tests.runtime.client.wire import modern, running, text

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


@pytest.mark.parametrize(
    "result, wrong",
    [
        ({"tools": [{"name": "a"}]}, True),
        ({"tools": "none"}, True),
        ({"tools": [{"name": "a", "inputSchema": {"type": "object"}}]}, False),
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_a_server_that_breaks_the_schema_is_found(
    result: Any, wrong: bool, kind: str
) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    reply = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result})
    body = f"data: {reply}\n\n" if kind == "text/event-stream" else reply
    official.check_reply(request, "2025-11-25", body, kind)
    assert bool(official.found) == wrong
