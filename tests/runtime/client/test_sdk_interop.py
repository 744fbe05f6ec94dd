"""The client works with the official SDK's server, in every mode that it has."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer

from mcpgen.runtime.client import Client, ClientError, LogMessage, Progress, ToolError
from mcpgen.runtime.protocol.types import CallToolResult, TextContent

from .sdk_server import LIMIT, Transport, build, sdk_server

MODES: list[tuple[Transport, dict[str, Any]]] = [
    ("stream", {}),
    ("json", {}),
    ("stateless", {}),
    ("stream", {"era": "legacy"}),
    ("json", {"era": "legacy"}),
    ("stateless", {"era": "legacy"}),
    ("sse", {}),
]


def text(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


@pytest.mark.parametrize("transport, options", MODES)
async def test_everything_that_a_server_offers(
    transport: Transport, options: dict[str, Any]
) -> None:
    legacy = transport == "sse" or "era" in options
    async with (
        sdk_server(transport) as url,
        Client(url, timeout=LIMIT, **options) as client,
    ):
        assert client.era == ("legacy" if legacy else "modern")
        assert client.protocol_version == ("2025-11-25" if legacy else "2026-07-28")
        assert client.server_info.name == "sdk"
        assert client.instructions == "Ask me."
        assert client.capabilities.tools is not None

        tools = await client.list_tools()
        assert "add" in [tool.name for tool in tools]
        assert [prompt.name for prompt in await client.list_prompts()] == ["greet"]
        assert [r.uri for r in await client.list_resources()] == ["note://one"]
        templates = await client.list_resource_templates()
        assert [t.uri_template for t in templates] == ["note://by/{name}"]

        result = await client.call_tool("add", {"terms": [1, 2]})
        assert result.structured_content == {"total": 3, "terms": [1, 2]}
        with pytest.raises(ToolError, match="Error executing tool fail"):
            await client.call_tool("fail")
        prompt = await client.get_prompt("greet", {"name": "Ann"})
        assert prompt.messages[0].content == TextContent(type="text", text="Greet Ann")
        contents = (await client.read_resource("note://by/a%20b")).contents
        assert contents[0].uri == "note://by/a%20b"
        completed = await client.complete_prompt("greet", "name", "O")
        assert completed.completion.values == ["Oslo", "ref/prompt"]
        await client.ping()


@pytest.mark.parametrize(
    "transport, options", [mode for mode in MODES if mode[0] != "json"]
)
async def test_progress_and_logs_arrive_while_a_tool_runs(
    transport: Transport, options: dict[str, Any]
) -> None:
    reports: list[Progress] = []
    logs: list[LogMessage] = []
    async with (
        sdk_server(transport) as url,
        Client(url, timeout=LIMIT, on_log=logs.append, **options) as client,
    ):
        counting = client.with_options(progress=reports.append)
        assert text(await counting.call_tool("count", {"to": 3})) == "done"
        await client.call_tool("chat")
    assert reports == [Progress(n, 3, f"at {n}") for n in (1, 2, 3)]
    assert logs == [LogMessage("warning", "chatter", {"why": "test"})]


@pytest.mark.parametrize("transport", ["stream", "sse"])
async def test_a_legacy_server_asks_the_user(transport: Transport) -> None:
    async with (
        sdk_server(transport) as url,
        Client(
            url,
            era="legacy",
            timeout=LIMIT,
            elicitation=lambda question: {"name": "Ann"},
        ) as client,
    ):
        answer = text(await client.call_tool("ask"))
    assert answer == '{"action":"accept","data":{"name":"Ann","age":30}}'


@pytest.mark.parametrize("transport", ["stream", "json", "stateless"])
async def test_a_modern_server_asks_the_user(transport: Transport) -> None:
    async with (
        sdk_server(transport) as url,
        Client(
            url, timeout=LIMIT, elicitation=lambda question: {"name": "Ann"}
        ) as client,
    ):
        answer = text(await client.call_tool("confirm"))
    assert answer == "s1: accept {'name': 'Ann', 'age': 30}"


@pytest.mark.parametrize("transport", ["stream", "json", "stateless"])
async def test_subscriptions_to_changes(transport: Transport) -> None:
    async with (
        sdk_server(transport) as url,
        Client(url, timeout=LIMIT) as client,
        client.subscribe(resources=["note://one"], tools_changed=True) as changes,
    ):
        await client.call_tool("touch")
        async with asyncio.timeout(LIMIT):
            first, second = await anext(changes), await anext(changes)
    assert first.method == "notifications/resources/updated"
    assert first.params["uri"] == "note://one"
    assert second.method == "notifications/tools/list_changed"


@pytest.mark.parametrize(
    "transport, options", [("stream", {}), ("stream", {"era": "legacy"}), ("sse", {})]
)
async def test_cancelling_a_call_reaches_the_server(
    transport: Transport, options: dict[str, Any]
) -> None:
    server: MCPServer[Any] = build()
    async with (
        sdk_server(transport, server) as url,
        Client(url, timeout=LIMIT, **options) as client,
    ):
        call = asyncio.create_task(client.call_tool("hang"))
        async with asyncio.timeout(LIMIT):
            await server.started.wait()  # type: ignore[attr-defined]
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await server.cancelled.wait()  # type: ignore[attr-defined]


async def test_a_lost_session_is_made_anew() -> None:
    async with sdk_server("stream") as first:
        client = Client(first, era="legacy", timeout=LIMIT)
        await client.open()
        lost = client._connection._session._channel  # type: ignore[union-attr]
        lost._session_id = "0" * 32
        assert await client.list_tools()
        await client.close()


async def test_calls_run_side_by_side() -> None:
    async with (
        sdk_server("stream") as url,
        Client(url, timeout=LIMIT) as client,
    ):
        results = await asyncio.gather(
            *(client.call_tool("add", {"terms": [n, n]}) for n in range(32))
        )
    totals = [result.structured_content for result in results]
    assert totals == [{"total": 2 * n, "terms": [n, n]} for n in range(32)]


async def test_the_wrong_path_is_explained() -> None:
    async with sdk_server("stream") as url:
        with pytest.raises(ClientError, match="Is the path right"):
            await Client(url.replace("/mcp", "/nothing")).open()
