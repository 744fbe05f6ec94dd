"""Legacy requests without a session, where the setting `session_required` is off."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import Settings, create_app

from .conftest import serving
from .wire import LegacyWire
from .workshop import Workshop

VERSIONS = [None, "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]


@pytest.fixture
async def wire(http: ClientSession) -> AsyncIterator[LegacyWire]:
    app = create_app(Workshop(), Settings(session_required=False))
    async with serving(app) as url:
        yield LegacyWire(http, url)


@pytest.mark.parametrize("version", VERSIONS)
async def test_requests_are_served_alone(wire: LegacyWire, version: str | None) -> None:
    if version is not None:
        wire.headers["MCP-Protocol-Version"] = version
    assert (await wire.call("ping")).result == {}
    assert (await wire.call("tools/list")).result["tools"]
    assert (await wire.tool("add", {"a": 1})).content == '{"sum":2}'
    assert (await wire.notify("notifications/initialized")).status == 202
    assert "Mcp-Session-Id" not in (await wire.call("ping")).headers


async def test_progress_comes_on_the_request_s_own_stream(wire: LegacyWire) -> None:
    params = {"name": "threaded", "_meta": {"progressToken": "t"}}
    reply = await wire.call("tools/call", params)
    assert [each.get("method") for each in reply.messages] == [
        "notifications/progress",
        None,
    ]


async def test_a_handler_that_wants_to_be_polled_keeps_its_stream(
    http: ClientSession,
) -> None:
    shop = Workshop()
    shop.release.set()
    async with serving(create_app(shop, Settings(session_required=False))) as url:
        wire = LegacyWire(http, url)
        wire.headers["MCP-Protocol-Version"] = "2025-11-25"
        assert (await wire.tool("polling")).result["content"]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("resources/subscribe", {"uri": "shop://text"}),
        ("resources/unsubscribe", {"uri": "shop://text"}),
        ("logging/setLevel", {"level": "error"}),
        ("tools/call", {"name": "asking"}),
        ("tools/call", {"name": "sampling"}),
        ("tools/call", {"name": "roots"}),
    ],
)
async def test_what_needs_a_session_is_refused(
    wire: LegacyWire, method: str, params: dict[str, object]
) -> None:
    wire.headers["MCP-Protocol-Version"] = "2025-11-25"
    error = (await wire.call(method, params)).error
    assert error["message"].endswith("start with `initialize`")
    assert "session" in error["message"]


async def test_streams_and_unknown_sessions_and_versions_are_refused(
    wire: LegacyWire, http: ClientSession
) -> None:
    async with http.get(wire.url, headers={"Accept": "text/event-stream"}) as response:
        assert response.status == 400
    async with http.delete(wire.url) as response:
        assert response.status == 400
    wire.headers["Mcp-Session-Id"] = "unknown"
    assert (await wire.call("ping")).status == 404
    del wire.headers["Mcp-Session-Id"]
    wire.headers["MCP-Protocol-Version"] = "2020-01-01"
    assert (await wire.call("ping")).status == 400


async def test_a_client_that_initializes_gets_a_session(wire: LegacyWire) -> None:
    await wire.initialize(capabilities={"elicitation": {}})
    assert (await wire.call("logging/setLevel", {"level": "error"})).result == {}
