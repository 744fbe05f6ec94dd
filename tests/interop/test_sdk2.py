"""The official SDK's client (2.x) works in every feature it has, in both eras."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import mcp_types as types
import pytest
from mcp import Client, ClientSession, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import ClientMessageMetadata
from pydantic import FileUrl

from .everything import SECONDS, Everything, everything

pytestmark = pytest.mark.filterwarnings(
    "ignore::mcp.shared.exceptions.MCPDeprecationWarning"
)

PAGE = 3
FILLED_IN: dict[str, str | bool] = {
    "name": "Bo",
    "username": "bo",
    "email": "bo@example.com",
    "color": "red",
    "ok": True,
    "context": "spring",
}


class Callbacks:
    """Answers what the server asks, and keeps what it says."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.logged: list[Any] = []
        self.heard: asyncio.Queue[Any] = asyncio.Queue()

    async def elicit(self, context: Any, params: Any) -> types.ElicitResult:
        self.asked.append(params)
        if params.mode == "url":
            return types.ElicitResult(action="accept")
        return types.ElicitResult(action="accept", content={**FILLED_IN})

    async def sample(self, context: Any, params: Any) -> types.CreateMessageResult:
        self.asked.append(params)
        block = types.TextContent(type="text", text="Paris")
        return types.CreateMessageResult(role="assistant", model="m", content=block)

    async def roots(self, context: Any) -> types.ListRootsResult:
        root = types.Root(uri=FileUrl("file:///home/bo"), name="home")
        return types.ListRootsResult(roots=[root])

    async def log(self, params: Any) -> None:
        self.logged.append((params.level, params.data))

    async def hear(self, message: Any) -> None:
        if isinstance(message, Exception):
            raise message
        self.heard.put_nowait(message)


@pytest.fixture
async def example() -> AsyncIterator[Everything]:
    async with everything(page_size=PAGE) as served:
        yield served


@pytest.fixture
def callbacks() -> Callbacks:
    return Callbacks()


Connect: TypeAlias = Callable[..., Client]


def connecting(example: Everything, callbacks: Callbacks, mode: Any) -> Connect:
    def client(**options: Any) -> Client:
        return Client(
            example.url,
            mode=mode,
            elicitation_callback=callbacks.elicit,
            sampling_callback=callbacks.sample,
            list_roots_callback=callbacks.roots,
            logging_callback=callbacks.log,
            message_handler=callbacks.hear,
            **options,
        )

    return client


@pytest.fixture(params=["auto", "legacy"])
def connect(
    request: pytest.FixtureRequest, example: Everything, callbacks: Callbacks
) -> Connect:
    """Makes clients of either era; the test enters them, in its own task."""
    return connecting(example, callbacks, request.param)


@pytest.fixture
def modern(example: Everything, callbacks: Callbacks) -> Connect:
    return connecting(example, callbacks, "auto")


@pytest.fixture
def legacy(example: Everything, callbacks: Callbacks) -> Connect:
    return connecting(example, callbacks, "legacy")


def text(result: types.CallToolResult) -> str:
    block = result.content[0]
    assert isinstance(block, types.TextContent)
    return block.text


async def test_every_page_of_every_list(connect: Connect) -> None:
    async with connect() as client:
        tools, page = [], await client.list_tools()
        while True:
            assert len(page.tools) <= PAGE
            tools += page.tools
            if page.next_cursor is None:
                break
            page = await client.list_tools(cursor=page.next_cursor)
        prompts = await client.list_prompts()
        more = await client.list_prompts(cursor=prompts.next_cursor)
        resources = await client.list_resources()
        templates = await client.list_resource_templates()

    names = [tool.name for tool in tools]
    assert len(names) == len(set(names)) > 25
    assert len(prompts.prompts) == PAGE
    assert more.prompts
    assert more.next_cursor is None
    assert [str(resource.uri) for resource in resources.resources] == [
        "test://static-text",
        "test://static-binary",
        "test://watched-resource",
    ]
    assert templates.resource_templates[0].name == "template_data"


async def test_a_cursor_of_nobody_is_refused(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(MCPError) as raised:
            await client.list_tools(cursor="nobody's")

    assert raised.value.error.code == types.INVALID_PARAMS


async def test_every_kind_of_content(connect: Connect) -> None:
    async with connect() as client:
        kinds = [
            type(block).__name__
            for tool in (
                "test_simple_text",
                "test_image_content",
                "test_audio_content",
                "test_embedded_resource",
                "test_multiple_content_types",
            )
            for block in (await client.call_tool(tool, {})).content
        ]

    assert kinds == [
        "TextContent",
        "ImageContent",
        "AudioContent",
        "EmbeddedResource",
        "TextContent",
        "ImageContent",
        "EmbeddedResource",
    ]


async def test_structured_content_that_the_client_validates(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("test_structured_content", {"city": "Oslo"})

    assert result.structured_content == {"city": "Oslo", "letters": 4}


async def test_failures_of_tools_and_of_requests(connect: Connect) -> None:
    async with connect() as client:
        failed = await client.call_tool("test_error_handling", {})
        invalid = await client.call_tool("test_structured_content", {"city": 5})
        with pytest.raises(MCPError) as unknown_tool:
            await client.call_tool("nope", {})
        with pytest.raises(MCPError) as unknown_prompt:
            await client.get_prompt("nope", {})
        with pytest.raises(MCPError) as unknown_resource:
            await client.read_resource("test://nope")
        modern = client.protocol_version >= "2026"

    assert failed.is_error is True
    assert "intentionally" in text(failed)
    assert invalid.is_error is True
    assert "city" in text(invalid)
    assert unknown_tool.value.error.code == types.INVALID_PARAMS
    assert unknown_prompt.value.error.code == types.INVALID_PARAMS
    not_found = types.INVALID_PARAMS if modern else -32002
    assert unknown_resource.value.error.code == not_found


async def test_progress(connect: Connect) -> None:
    heard: list[Any] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with connect() as client:
        await client.call_tool("test_tool_with_progress", {}, progress_callback=hear)

    assert heard == [(n, 100, f"Completed step {n} of 100") for n in (0, 50, 100)]


async def test_log_messages_of_a_level(connect: Connect, callbacks: Callbacks) -> None:
    async with connect(log_level="error") as client:
        if client.protocol_version < "2026":
            await client.set_logging_level("error")
        await client.call_tool("test_logging_tool", {})

    assert callbacks.logged == [("error", "Tool execution completed")]


async def test_no_log_messages_for_a_modern_client_that_asks_for_none(
    modern: Connect, callbacks: Callbacks
) -> None:
    async with modern() as client:
        await client.call_tool("test_logging_tool", {})

    assert callbacks.logged == []


async def test_prompts(connect: Connect) -> None:
    async with connect() as client:
        filled = await client.get_prompt(
            "test_prompt_with_arguments", {"arg1": "one", "arg2": "two"}
        )
        embedded = await client.get_prompt(
            "test_prompt_with_embedded_resource", {"resourceUri": "test://x"}
        )
        image = await client.get_prompt("test_prompt_with_image", {})
        asking = await client.get_prompt("test_input_required_result_prompt", {})

    def first(result: types.GetPromptResult) -> Any:
        return result.messages[0].content

    assert "arg1='one', arg2='two'" in first(filled).text
    assert str(first(embedded).resource.uri) == "test://x"
    assert first(image).mime_type == "image/png"
    assert "spring" in first(asking).text


async def test_resources(connect: Connect) -> None:
    async with connect() as client:
        contents: list[Any] = [
            (await client.read_resource(uri)).contents[0]
            for uri in (
                "test://static-text",
                "test://static-binary",
                "test://template/7/data",
            )
        ]

    assert contents[0].text == "This is the content of the static text resource."
    assert contents[1].blob.startswith("iVBOR")
    assert '"id": "7"' in contents[2].text


async def test_completion(connect: Connect) -> None:
    async with connect() as client:
        result = await client.complete(
            types.PromptReference(type="ref/prompt", name="test_prompt_with_arguments"),
            {"name": "arg1", "value": "par"},
            {"arg2": "two"},
        )

    assert result.completion.values == ["paris", "park", "party"]


async def test_the_server_asks_for_every_kind_of_input(
    connect: Connect, callbacks: Callbacks
) -> None:
    async with connect() as client:

        async def called(tool: str, **arguments: str) -> str:
            return text(await client.call_tool(tool, arguments))

        assert "Paris" in await called("test_sampling", prompt="The capital?")
        assert "bo@example.com" in await called("test_elicitation", message="Who?")
        assert await called("test_elicitation_url") == (
            "The page was answered with accept."
        )
        assert "file:///home/bo" in await called(
            "test_input_required_result_list_roots"
        )
        assert await called("test_input_required_result_multiple_inputs") == (
            "Paris Hello, Bo! (1 roots)"
        )
        assert "red" in await called("test_input_required_result_multi_round")
        assert "state-ok: True" in await called(
            "test_input_required_result_request_state"
        )
        assert "accept" in await called("test_streaming_elicitation")

    pages = [asked.url for asked in callbacks.asked if hasattr(asked, "url")]
    assert pages == ["https://example.com/sign-in"]


async def test_a_client_that_can_not_answer_is_not_asked(example: Everything) -> None:
    for mode in ("auto", "legacy"):
        async with Client(example.url, mode=mode) as client:
            with pytest.raises(MCPError, match="sampling"):
                await client.call_tool("test_missing_capability", {})


async def test_arguments_in_headers(modern: Connect) -> None:
    async with modern() as client:
        page = await client.list_tools()
        while page.next_cursor is not None:
            page = await client.list_tools(cursor=page.next_cursor)

        result = await client.call_tool("test_x_mcp_header", {"region": "Île ☃"})

    assert text(result) == "Region: Île ☃"


async def test_cancellation_reaches_the_handler(
    connect: Connect, example: Everything
) -> None:
    async with connect() as client:
        call = asyncio.ensure_future(client.call_tool("test_cancellation", {}))
        await asyncio.wait_for(example.started.wait(), SECONDS)

        call.cancel()

        await asyncio.wait_for(example.cancelled.wait(), SECONDS)
        assert "simple text" in text(await client.call_tool("test_simple_text", {}))


async def test_a_call_that_takes_too_long_for_the_client_is_cancelled(
    connect: Connect, example: Everything
) -> None:
    async with connect() as client:
        with pytest.raises(MCPError, match=r"[Tt]imed out"):
            await client.call_tool("test_cancellation", {}, read_timeout_seconds=0.2)

        await asyncio.wait_for(example.cancelled.wait(), SECONDS)


async def test_many_calls_at_a_time(connect: Connect) -> None:
    async with connect() as client:
        results = await asyncio.gather(
            *(
                client.call_tool("test_structured_content", {"city": "x" * n})
                for n in range(20)
            )
        )

    lengths = [result.structured_content["letters"] for result in results]
    assert lengths == list(range(20))


async def test_modern_subscriptions(modern: Connect) -> None:
    async with (
        modern() as client,
        client.listen(
            tools_list_changed=True,
            prompts_list_changed=True,
            resource_subscriptions=["test://watched-resource"],
        ) as subscription,
    ):
        assert subscription.honored.tools_list_changed is True
        heard = []
        events = aiter(subscription)
        for tool in (
            "test_trigger_tool_change",
            "test_trigger_prompt_change",
            "test_trigger_resource_update",
        ):
            await client.call_tool(tool, {})
            event = await asyncio.wait_for(anext(events), SECONDS)
            heard.append(type(event).__name__)

    assert heard == ["ToolsListChanged", "PromptsListChanged", "ResourceUpdated"]


async def test_a_modern_client_keeps_what_the_server_says_may_be_kept(
    callbacks: Callbacks,
) -> None:
    async with (
        everything(list_ttl_ms=60_000) as example,
        connecting(example, callbacks, "auto")() as client,
        connecting(example, callbacks, "auto")() as other,
    ):
        before = await client.list_tools()
        await other.call_tool("test_trigger_tool_change", {})
        kept = await client.list_tools()
        fresh = await client.list_tools(cache_mode="refresh")

    assert len(kept.tools) == len(before.tools) == len(fresh.tools) - 1


async def test_legacy_notifications(legacy: Connect, callbacks: Callbacks) -> None:
    async with legacy() as client:
        assert client.server_capabilities.resources is not None
        assert client.server_capabilities.resources.subscribe is True
        await client.subscribe_resource("test://watched-resource")
        heard = []
        for tool in (
            "test_trigger_tool_change",
            "test_trigger_prompt_change",
            "test_trigger_resource_update",
        ):
            await client.call_tool(tool, {})
            message = await asyncio.wait_for(callbacks.heard.get(), SECONDS)
            heard.append(message.method)
        await client.unsubscribe_resource("test://watched-resource")
        await client.call_tool("test_trigger_resource_update", {})
        await client.call_tool("test_trigger_tool_change", {})
        after = await asyncio.wait_for(callbacks.heard.get(), SECONDS)

    assert heard == [
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/updated",
    ]
    assert after.method == "notifications/tools/list_changed"


async def test_ping_and_the_clients_own_notifications(legacy: Connect) -> None:
    async with legacy() as client:
        await client.send_ping()
        await client.send_roots_list_changed()
        await client.send_progress_notification("t", 1)
        await client.send_ping()


async def test_polling_brings_a_client_back_to_its_result(legacy: Connect) -> None:
    async with legacy() as client:
        result = await client.call_tool("test_reconnection", {})

    assert "closed and resumed" in text(result)


async def test_a_lost_stream_is_resumed_by_its_last_event(legacy: Connect) -> None:
    tokens: list[str] = []

    async def keep(token: str) -> None:
        tokens.append(token)

    async def ignore(
        progress: float, total: float | None, message: str | None
    ) -> None: ...

    request = types.CallToolRequest(
        method="tools/call",
        params=types.CallToolRequestParams(
            name="test_tool_with_progress", arguments={}
        ),
    )
    async with legacy() as client:
        whole = await client.session.send_request(
            request,
            types.CallToolResult,
            metadata=ClientMessageMetadata(on_resumption_token_update=keep),
            progress_callback=ignore,
        )
        again = await client.session.send_request(
            request,
            types.CallToolResult,
            metadata=ClientMessageMetadata(resumption_token=tokens[1]),
        )

    assert len(tokens) == 5, "the priming event, three notifications and the response"
    assert again.content == whole.content


async def test_leaving_ends_the_session(example: Everything, legacy: Connect) -> None:
    async with legacy() as client:
        await client.send_ping()

    assert example.seen[-1] == ("DELETE", 204)


async def test_a_session_that_never_initializes_is_served_without_one() -> None:
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    async with (
        everything(session_required=False) as example,
        streamable_http_client(example.url) as streams,
        ClientSession(streams[0], streams[1]) as client,
    ):
        assert (await client.list_tools()).tools
        called = await client.call_tool("test_structured_content", {"city": "Oslo"})
        await client.call_tool("test_tool_with_progress", {}, progress_callback=hear)
        read: Any = await client.read_resource("test://static-text")
        with pytest.raises(MCPError, match="a session is needed"):
            await client.call_tool("test_sampling", {"prompt": "The capital?"})

    assert called.structured_content == {"city": "Oslo", "letters": 4}
    assert heard == [0, 50, 100]
    assert read.contents[0].text == "This is the content of the static text resource."
    assert {method for method, _ in example.seen} == {"POST"}
