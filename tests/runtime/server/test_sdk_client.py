"""The official Python SDK's client works against this server, in both eras."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

import mcp_types as types
import pytest
from mcp import Client, MCPError
from pydantic import FileUrl

from .wire import SECONDS
from .workshop import CATALOG, Workshop

pytestmark = pytest.mark.filterwarnings(
    "ignore::mcp.shared.exceptions.MCPDeprecationWarning"
)


class Callbacks:
    """Answers what the server asks, and keeps what it says."""

    def __init__(self) -> None:
        self.logged: list[Any] = []

    async def elicit(self, context: Any, params: Any) -> types.ElicitResult:
        return types.ElicitResult(action="accept", content={"name": "Bo"})

    async def sample(self, context: Any, params: Any) -> types.CreateMessageResult:
        return types.CreateMessageResult(
            role="assistant",
            model="m",
            content=types.TextContent(type="text", text="Roses"),
        )

    async def roots(self, context: Any) -> types.ListRootsResult:
        return types.ListRootsResult(roots=[types.Root(uri=FileUrl("file:///home"))])

    async def log(self, params: Any) -> None:
        self.logged.append(params.data)


@pytest.fixture
def callbacks() -> Callbacks:
    return Callbacks()


Connect: TypeAlias = Callable[[], Client]


@pytest.fixture(params=["auto", "legacy"])
def connect(request: pytest.FixtureRequest, url: str, callbacks: Callbacks) -> Connect:
    """Makes clients of either era; the test enters them, in its own task."""

    def client() -> Client:
        return Client(
            url,
            mode=request.param,
            elicitation_callback=callbacks.elicit,
            sampling_callback=callbacks.sample,
            list_roots_callback=callbacks.roots,
            logging_callback=callbacks.log,
        )

    return client


async def test_it_picks_the_newest_version_of_its_era(
    connect: Connect, request: pytest.FixtureRequest
) -> None:
    async with connect() as client:
        modern = "auto" in request.node.name
        assert client.protocol_version == ("2026-07-28" if modern else "2025-11-25")
        assert client.server_info is not None
        assert client.server_info.name == "workshop"
        assert client.instructions == "Use with care."


async def test_it_lists_what_there_is(connect: Connect) -> None:
    async with connect() as client:
        tools = (await client.list_tools()).tools
        prompts = (await client.list_prompts()).prompts
        resources = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates

        assert [tool.name for tool in tools] == [tool["name"] for tool in CATALOG.tools]
        assert len(prompts) == len(CATALOG.prompts)
        assert len(resources) == len(CATALOG.resources)
        assert templates[0].uri_template == "shop://cities/{city}"


async def test_it_calls_a_tool(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("add", {"a": 1, "b": 2})

        assert result.structured_content == {"sum": 3}


async def test_it_repeats_arguments_in_headers(connect: Connect) -> None:
    async with connect() as client:
        await client.list_tools()

        result = await client.call_tool("region", {"region": "世界"})

        assert result.content == [types.TextContent(type="text", text="in 世界")]


async def test_it_sees_a_tool_error_and_a_protocol_error(connect: Connect) -> None:
    async with connect() as client:
        assert (await client.call_tool("failing", {})).is_error is True
        with pytest.raises(MCPError) as raised:
            await client.call_tool("refused", {})
        assert raised.value.error.code == -31000


async def test_it_hears_of_progress(connect: Connect) -> None:
    async with connect() as client:
        heard: list[float] = []

        async def hear(
            progress: float, total: float | None, message: str | None
        ) -> None:
            heard.append(progress)

        await client.call_tool("threaded", {}, progress_callback=hear)

        assert heard == [1]


async def test_it_answers_questions(connect: Connect) -> None:
    async with connect() as client:

        async def text(tool: str) -> str:
            result = await client.call_tool(tool, {})
            block = result.content[0]
            assert isinstance(block, types.TextContent)
            return block.text

        assert await text("asking") == "accept: {'name': 'Bo'}"
        assert await text("asking_twice") == "{'name': 'Bo'} {'name': 'Bo'}"
        assert await text("sampling") == "m: Roses"
        assert await text("roots") == "file:///home"
        assert await text("asking_all") == "{'name': 'Bo'} Roses file:///home"


async def test_it_gets_a_prompt_that_asks(connect: Connect) -> None:
    async with connect() as client:
        result = await client.get_prompt("asking", {})

        content = result.messages[0].content
        assert isinstance(content, types.TextContent)
        assert content.text == "For {'name': 'Bo'}"


async def test_it_reads_resources(connect: Connect) -> None:
    async with connect() as client:
        text = (await client.read_resource("shop://cities/Oslo")).contents[0]
        assert isinstance(text, types.TextResourceContents)
        assert text.text == '"Oslo"'
        with pytest.raises(MCPError, match="not found"):
            await client.read_resource("shop://nope")


async def test_it_completes(connect: Connect) -> None:
    async with connect() as client:
        result = await client.complete(
            types.PromptReference(type="ref/prompt", name="trip"),
            {"name": "city", "value": "O"},
        )

        assert result.completion.values == ["Oslo", "Ottawa"]


async def test_giving_up_stops_the_handler(connect: Connect, service: Workshop) -> None:
    async with connect() as client:
        call = asyncio.ensure_future(client.call_tool("blocking", {}))
        await asyncio.wait_for(service.started.wait(), SECONDS)

        call.cancel()

        await asyncio.wait_for(service.cancelled.wait(), SECONDS)


async def test_it_hears_of_log_messages(url: str, callbacks: Callbacks) -> None:
    async with Client(url, mode="legacy", logging_callback=callbacks.log) as client:
        await client.set_logging_level("error")
        await client.call_tool("logging", {})

    assert callbacks.logged == ["e", "!"]


async def test_it_listens_in_the_modern_era(url: str) -> None:
    async with (
        Client(url) as client,
        client.listen(
            tools_list_changed=True, resource_subscriptions=["shop://text"]
        ) as subscription,
    ):
        await client.call_tool("change_lists", {})
        async with asyncio.timeout(SECONDS):
            events = [await anext(aiter(subscription)) for _ in range(2)]

    assert [type(event).__name__ for event in events] == [
        "ToolsListChanged",
        "ResourceUpdated",
    ]
