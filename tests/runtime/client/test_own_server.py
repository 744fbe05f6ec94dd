"""Client and server runtime together: the same calls give the same answers in both eras."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

import pytest

from mcpgen.runtime.client import (
    Client,
    Elicitation,
    InvalidArgumentsError,
    LogMessage,
    Progress,
    ProtocolError,
    Reply,
    ToolCall,
    ToolError,
)
from mcpgen.runtime.client.calls import plain
from mcpgen.runtime.core.model import Codec
from mcpgen.runtime.protocol.types import CallToolResult, CreateMessageRequestParams
from mcpgen.runtime.server import create_app

from ..server.workshop import ADD, CATALOG, NUMBERS, REGION, AddOutput, Workshop
from .wire import LIMIT

Era = Literal["modern", "legacy"]


class WorkshopClient(Client):
    """As generated."""

    catalog = CATALOG

    async def add(self, *, a: int, b: int = 1) -> AddOutput:
        return await self._call_tool(ToolCall(ADD, AddOutput), {"a": a, "b": b})


class Person:
    """Answers whatever a server asks, and remembers what it heard."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.logs: list[LogMessage] = []
        self.progress: list[Progress] = []

    def elicit(self, question: Elicitation) -> dict[str, object] | Reply:
        self.asked.append(question.message)
        if question.mode == "url":
            return Reply.ACCEPT
        if "age" in question.schema["properties"]:  # type: ignore[operator]
            return {"name": "Ann", "age": 30}
        return {"name": "Ann"}

    async def sample(self, params: CreateMessageRequestParams) -> str:
        return f"up to {params.max_tokens}"


@pytest.fixture(params=["modern", "legacy"])
def era(request: pytest.FixtureRequest) -> Era:
    found: Era = request.param
    return found


@pytest.fixture
def service() -> Workshop:
    return Workshop()


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
async def client(
    era: Era, service: Workshop, person: Person
) -> AsyncIterator[WorkshopClient]:
    async with WorkshopClient.in_memory(
        create_app(service),
        era=era,
        timeout=LIMIT,
        elicitation=person.elicit,
        sampling=person.sample,
        roots=["file:///home"],
        on_log=person.logs.append,
        progress=person.progress.append,
    ) as found:
        yield found


def text(result: CallToolResult) -> str:
    return str(getattr(result.content[0], "text", None))


async def test_the_introduction(client: WorkshopClient, era: Era) -> None:
    assert client.era == era
    assert plain(client.server_info) == CATALOG.server
    assert client.instructions == CATALOG.instructions
    assert client.capabilities.tools is not None
    await client.ping()


async def test_lists_are_those_of_the_catalog(client: WorkshopClient) -> None:
    tools = [tool.name for tool in await client.list_tools()]
    assert tools == [tool["name"] for tool in CATALOG.tools]
    prompts = [prompt.name for prompt in await client.list_prompts()]
    assert prompts == [prompt["name"] for prompt in CATALOG.prompts]
    assert len(await client.list_resources()) == len(CATALOG.resources)
    assert len(await client.list_resource_templates()) == 1


async def test_what_the_server_refuses_reaches_the_caller_with_every_problem(
    era: Era, service: Workshop
) -> None:
    app = create_app(service)
    # Without a catalog, a client leaves the judgement to the server.
    async with Client.in_memory(app, era=era, timeout=LIMIT) as stranger:
        with pytest.raises(ToolError) as caught:
            await stranger.call_tool("add", {"b": "two", "c": 3})
    assert caught.value.tool == "add"
    assert caught.value.message.splitlines() == [
        "Invalid arguments:",
        'b: must be an integer, got "two"',
        "c: is not a known property",
        "a: is required",
    ]


async def test_the_callers_own_mistake_and_the_servers_have_errors_of_their_own(
    client: WorkshopClient,
) -> None:
    with pytest.raises(InvalidArgumentsError) as mine:
        await client.call_tool("add", {"b": "two", "c": 3})
    assert {(p.path, p.reason) for p in mine.value.problems} == {
        ("a", "is required"),
        ("b", 'must be an integer, got "two"'),
        ("c", "is not a known property"),
    }
    assert all(str(problem) in str(mine.value) for problem in mine.value.problems)
    with pytest.raises(ProtocolError) as theirs:
        await client.add(a=1000)
    assert theirs.value.code == -32603
    assert str(theirs.value) == (
        "tools/call: The tool returned an invalid result (-32603)"
    )
    assert theirs.value.data is None


async def test_tools(client: WorkshopClient) -> None:
    assert (await client.add(a=1, b=2)).sum == 3
    with pytest.raises(ToolError, match=r"add: There is no sum\."):
        await client.add(a=404)
    with pytest.raises(ToolError, match=r"The shop is closed\."):
        await client.call_tool("failing")
    with pytest.raises(ProtocolError, match="Not for you") as refused:
        await client.call_tool("refused")
    assert refused.value.data == {"why": "because"}
    with pytest.raises(ProtocolError, match="unknown"):
        await client.call_tool("unknown")
    kinds = (await client.call_tool("echo_kinds")).content
    assert [block.type for block in kinds] == [
        "text",
        "image",
        "audio",
        "resource",
        "resource_link",
    ]
    # Legacy results hold a list as text only.
    numbers = ToolCall(NUMBERS, Codec[list[int]](list[int]))
    assert await client._call_tool(numbers, {}) == [1, 2]


async def test_headers_of_arguments(client: WorkshopClient) -> None:
    call = ToolCall(REGION)
    result = await client._call_tool(call, {"region": "Zürich ", "count": 3})
    assert text(result) == "in Zürich "


async def test_prompts_resources_and_completion(client: WorkshopClient) -> None:
    prompt = await client._get_prompt("trip", {"city": "Oslo"})
    assert "Trip to Oslo in any month" in str(prompt.messages[0].content)
    assert (await client.read_resource("shop://bytes")).contents[0].uri == (
        "shop://bytes"
    )
    city = await client._read_template("shop://cities/{city}", {"city": "São/Paulo"})
    assert getattr(city.contents[0], "text", None) == '"São/Paulo"'
    with pytest.raises(ProtocolError, match="not found"):
        await client.read_resource("shop://none")
    found = await client.complete_prompt("trip", "city", "O")
    assert found.completion.values == ["Oslo", "Ottawa"]
    known = await client.complete_template(
        "shop://cities/{city}", "city", "context", known={"month": "May"}
    )
    assert known.completion.values == ["May"]


async def test_progress_and_logs(client: WorkshopClient, person: Person) -> None:
    assert text(await client.call_tool("threaded"))
    assert person.progress == [Progress(1, 2, None)]
    await client.call_tool("logging")
    assert [log.level for log in person.logs] == [
        "info",
        "warning",
        "error",
        "emergency",
    ]
    assert person.logs[0] == LogMessage("info", "shop", {"i": 1})


@pytest.mark.parametrize(
    "tool, answer",
    [
        ("asking", "accept: {'name': 'Ann'}"),
        ("asking_model", "Ann is 30 and good"),
        ("asking_twice", "{'name': 'Ann'} {'name': 'Ann'}"),
        ("asking_all", "{'name': 'Ann'} up to 20 file:///home"),
        ("asking_url", "accept"),
        ("sampling", "unknown: up to 10"),
        ("roots", "file:///home"),
        ("remembering", "ticket 1"),
    ],
)
async def test_whatever_a_tool_asks(
    client: WorkshopClient, tool: str, answer: str
) -> None:
    assert text(await client.call_tool(tool)) == answer


async def test_a_prompt_may_ask_too(client: WorkshopClient) -> None:
    prompt = await client.get_prompt("asking")
    assert "For {'name': 'Ann'}" in str(prompt.messages[0].content)


async def test_cancelling_reaches_the_handler(
    client: WorkshopClient, service: Workshop
) -> None:
    async with asyncio.timeout(LIMIT):
        call = asyncio.create_task(client.call_tool("blocking"))
        await service.started.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await service.cancelled.wait()


async def test_changes_are_told(client: WorkshopClient) -> None:
    async with (
        asyncio.timeout(LIMIT),
        client.subscribe(
            resources=["shop://text"],
            tools_changed=True,
            prompts_changed=True,
            resources_changed=True,
        ) as changes,
    ):
        await client.call_tool("change_lists")
        methods = {(await anext(changes)).method for _ in range(4)}
    assert methods == {
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
        "notifications/resources/updated",
    }
    assert text(await client.call_tool("extra", {"x": 1})) == "extra ['x']"


async def test_a_stream_that_the_server_closes_is_resumed(
    service: Workshop,
) -> None:
    async with WorkshopClient.in_memory(
        create_app(service), era="legacy", timeout=LIMIT
    ) as client:
        call = asyncio.create_task(client.call_tool("polling"))
        await asyncio.wait_for(service.started.wait(), LIMIT)
        service.release.set()
        assert text(await call) == "polled"


async def test_many_calls_at_once(client: WorkshopClient) -> None:
    sums = await asyncio.gather(*(client.add(a=n, b=n) for n in range(100, 164)))
    assert [each.sum for each in sums] == [2 * n for n in range(100, 164)]
