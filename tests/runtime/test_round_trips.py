"""What one side sends arrives at the other as it was, in both eras."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final, Literal, TypeAlias

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.client import Client, Elicitation, Reply, ToolError
from mcpgen.runtime.client.calls import plain
from mcpgen.runtime.core.catalog import Catalog, JsonObject
from mcpgen.runtime.server import (
    Content,
    Context,
    Contract,
    PromptBinding,
    ResourceBinding,
    Service,
    Settings,
    TemplateBinding,
    ToolBinding,
    ToolResult,
    create_app,
)
from mcpgen.runtime.server.handlers import content

from .client.wire import LIMIT
from .server.conftest import serving
from .server.wire import LegacyWire, ModernWire

Era: TypeAlias = Literal["modern", "legacy"]
META: Final[JsonObject] = {"com.example/x": {"y": [1, None]}}
ICONS: Final[Any] = [
    {"src": "https://example.com/i.png", "mimeType": "image/png", "sizes": ["48x48"]}
]
PAIR: Final[JsonObject] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"pair": {"$ref": "#/$defs/pair"}},
    "required": ["pair"],
    "additionalProperties": False,
    "$defs": {
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "string"}, {"type": "integer"}],
            "items": False,
        }
    },
}
SHARED: Final[JsonObject] = {"title": "T", "description": "D", "icons": ICONS}
ANNOTATIONS: Final[JsonObject] = {
    "audience": ["user"],
    "priority": 0.5,
    "lastModified": "2026-01-12T15:00:58Z",
}
FULL: Final[JsonObject] = {
    "name": "full",
    **SHARED,
    "inputSchema": PAIR,
    "outputSchema": {"type": "object", "properties": {"pair": {"type": "array"}}},
    "annotations": {"title": "A", "readOnlyHint": True, "openWorldHint": False},
    "_meta": META,
}
OTHERS: Final = (
    "meta",
    "logs",
    "linking",
    "sampling",
    "form",
    "page",
    "roots",
    "seen",
    "waiting",
)
VALUES: Final[dict[str, Any]] = {
    "zero": (0, {"type": "integer"}),
    "no": (False, {"type": "boolean"}),
    "empty": ("", {"type": "string"}),
    "list": ([1, "a"], {"type": "array"}),
    "either_object": ({"a": 1}, {"anyOf": [{"type": "object"}, {"type": "string"}]}),
    "either_text": ("a", {"anyOf": [{"type": "object"}, {"type": "string"}]}),
}
CATALOG: Final = Catalog(
    server={"name": "round", "version": "1"},
    tools=(
        FULL,
        *({"name": n, "inputSchema": {"type": "object"}} for n in OTHERS),
        *(
            {"name": n, "inputSchema": {"type": "object"}, "outputSchema": schema}
            for n, (_, schema) in VALUES.items()
        ),
    ),
    prompts=(
        {
            "name": "kinds",
            **SHARED,
            "arguments": [{"name": "a", "title": "A", "description": "of a"}],
            "_meta": META,
        },
        {"name": "second"},
    ),
    resources=(
        {
            "uri": "round://one",
            "name": "one",
            **SHARED,
            "mimeType": "text/plain",
            "size": 3,
            "annotations": ANNOTATIONS,
            "_meta": META,
        },
        {"uri": "round://two", "name": "two"},
    ),
    resource_templates=(
        {
            "uriTemplate": "round://{name}/x",
            "name": "x",
            **SHARED,
            "mimeType": "text/plain",
            "annotations": ANNOTATIONS,
            "_meta": META,
        },
        {"uriTemplate": "round://{name}/y", "name": "y"},
    ),
)
LEVELS: Final[Any] = (
    "debug",
    "info",
    "notice",
    "warning",
    "error",
    "critical",
    "alert",
    "emergency",
)
FORM: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "title": "N", "description": "d"},
        "mail": {"type": "string", "format": "email"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150, "default": 30},
        "size": {"type": "number"},
        "sure": {"type": "boolean", "default": False},
        "color": {"type": "string", "enum": ["red", "blue"]},
        "city": {"type": "string", "oneOf": [{"const": "osl", "title": "Oslo"}]},
        "days": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
        "towns": {
            "type": "array",
            "items": {"anyOf": [{"const": "osl", "title": "Oslo"}]},
            "minItems": 1,
        },
    },
    "required": ["name"],
}
FILLED: Final[JsonObject] = {
    "name": "Ann",
    "mail": "ann@example.com",
    "age": 7,
    "size": 1.5,
    "sure": True,
    "color": "red",
    "city": "osl",
    "days": ["b"],
    "towns": ["osl"],
}


class Round(Service):
    """Handlers that send and keep what the tests compare."""

    announces = frozenset(["tools", "prompts"])
    contract: ClassVar[Contract] = Contract(
        CATALOG,
        tools={
            "full": ToolBinding("full", Any, Any),
            **{name: ToolBinding(name, Any) for name in OTHERS},
            **{name: ToolBinding("value", Any, Any) for name in VALUES},
        },
        prompts={"kinds": PromptBinding("kinds"), "second": PromptBinding("kinds")},
        resources={
            "round://one": ResourceBinding("one"),
            "round://two": ResourceBinding("one"),
        },
        resource_templates={
            "round://{name}/x": TemplateBinding("named", Any),
            "round://{name}/y": TemplateBinding("named", Any),
        },
    )

    def __init__(self) -> None:
        self.contexts: list[Context] = []
        self.begun = asyncio.Semaphore(0)
        self.released = asyncio.Event()
        self.stopped: list[str] = []

    async def full(self, args: Any, ctx: Context) -> Any:
        return args

    async def value(self, args: Any, ctx: Context) -> Any:
        return VALUES[args["of"]][0]

    async def meta(self, args: Any, ctx: Context) -> ToolResult[None]:
        self.contexts.append(ctx)
        return ToolResult(content="x", meta=META)

    async def logs(self, args: Any, ctx: Context) -> None:
        for level in LEVELS:
            await ctx.log(level, {"of": level}, logger="l")

    async def linking(self, args: Any, ctx: Context) -> Content:
        return [content.resource_link("round://one", "one")]

    async def sampling(self, args: Any, ctx: Context) -> str:
        said = await ctx.sample(args["messages"], max_tokens=9, **args["options"])
        return json.dumps([said.role, said.model, said.stop_reason, said.content])

    async def form(self, args: Any, ctx: Context) -> str:
        answer = await ctx.elicit("Who?", FORM)
        return json.dumps([answer.action, answer.content])

    async def page(self, args: Any, ctx: Context) -> str:
        answer = await ctx.elicit_url("Look", "https://example.com/pay")
        return json.dumps([answer.action, answer.content])

    async def roots(self, args: Any, ctx: Context) -> str:
        return json.dumps([[root.uri, root.name] for root in await ctx.list_roots()])

    async def seen(self, args: Any, ctx: Context) -> str:
        return json.dumps(ctx.client_capabilities)

    async def waiting(self, args: Any, ctx: Context) -> str:
        self.begun.release()
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.stopped.append(args["name"])
            self.begun.release()
            raise
        return str(args["name"])

    async def kinds(self, ctx: Context) -> Content:
        return [
            content.message("Hello", "assistant"),
            content.image(b"\x89PNG", "image/png"),
            content.audio(b"RIFF", "audio/wav"),
            content.resource("round://one", "one", "text/plain"),
        ]

    async def one(self, ctx: Context) -> str:
        return "one"

    async def named(self, args: Any, ctx: Context) -> str:
        return str(args)


@pytest.fixture(params=["modern", "legacy"])
def era(request: pytest.FixtureRequest) -> Era:
    found: Era = request.param
    return found


@pytest.fixture
def service() -> Round:
    return Round()


def connected(service: Service, era: Era, **options: Any) -> Any:
    """A client of the service; it knows nothing of it beforehand."""
    return Client.in_memory(create_app(service), era=era, timeout=LIMIT, **options)


def said(result: Any) -> Any:
    return json.loads(result.content[0].text)


async def test_definitions_arrive_unchanged(service: Round, era: Era) -> None:
    async with connected(service, era) as client:
        tools = [plain(each) for each in await client.list_tools()]
        prompts = [plain(each) for each in await client.list_prompts()]
        resources = [plain(each) for each in await client.list_resources()]
        templates = [plain(each) for each in await client.list_resource_templates()]
    assert tools[: 1 + len(OTHERS)] == list(CATALOG.tools[: 1 + len(OTHERS)])
    assert prompts == list(CATALOG.prompts)
    assert resources == list(CATALOG.resources)
    assert templates == list(CATALOG.resource_templates)


@asynccontextmanager
async def wires(
    service: Service, settings: Settings | None = None
) -> AsyncIterator[tuple[ModernWire, LegacyWire]]:
    """A server, and both eras' clients as they are on the wire."""
    async with (
        serving(create_app(service, settings or Settings())) as url,
        ClientSession() as http,
    ):
        legacy = LegacyWire(http, url)
        await legacy.initialize()
        yield ModernWire(http, url), legacy


@pytest.mark.parametrize(
    ("method", "member", "count"),
    [
        ("tools/list", "tools", len(CATALOG.tools)),
        ("prompts/list", "prompts", 2),
        ("resources/list", "resources", 2),
        ("resources/templates/list", "resourceTemplates", 2),
    ],
)
async def test_every_list_has_pages(
    service: Round, method: str, member: str, count: int
) -> None:
    async with wires(service, Settings(page_size=1)) as both:
        for wire in both:
            found: list[Any] = []
            cursor: dict[str, Any] = {}
            for _ in range(count):
                page = (await wire.call(method, cursor)).result
                found += page[member]
                cursor = {"cursor": page.get("nextCursor")}
            assert cursor == {"cursor": None}
            names = [each["name"] for each in found]
            assert len(set(names)) == len(names) == count


async def test_a_schema_of_2020_12_is_checked(service: Round, era: Era) -> None:
    async with connected(service, era) as client:
        good = await client.call_tool("full", {"pair": ["a", 1]})
        assert good.structured_content == {"pair": ["a", 1]}
        for bad in ({"pair": ["a", "b"]}, {"pair": ["a", 1, 2]}, {"pair": [], "x": 1}):
            with pytest.raises(ToolError, match="Invalid arguments"):
                await client.call_tool("full", bad)


@pytest.mark.parametrize("name", VALUES)
async def test_a_result_of_any_type_is_structured_in_the_modern_era(
    service: Round, name: str
) -> None:
    async with connected(service, "modern") as client:
        result = await client.call_tool(name, {"of": name})
    value = VALUES[name][0]
    assert (result.structured_content, type(result.structured_content)) == (
        value,
        type(value),
    )
    assert said(result) == value


async def test_metadata_travels_both_ways(service: Round, era: Era) -> None:
    sent = {"com.example/request": {"a": [1]}, "traceparent": "00-1-2-03"}
    async with connected(service, era, meta=sent) as client:
        result = await client.call_tool("meta")
    assert service.contexts[0].meta.items() >= sent.items()
    assert plain(result)["_meta"].items() >= META.items()


async def test_every_log_level_arrives(service: Round, era: Era) -> None:
    logs: list[Any] = []
    options = {"on_log": logs.append, "log_level": "debug"}
    async with connected(service, era, **options) as client:
        await client.call_tool("logs")
    assert [(log.level, log.logger, log.data) for log in logs] == [
        (level, "l", {"of": level}) for level in LEVELS
    ]


async def test_messages_of_a_prompt_have_every_kind_of_content(
    service: Round, era: Era
) -> None:
    async with connected(service, era) as client:
        messages = plain((await client.get_prompt("kinds")).messages)
    assert messages == [
        {"role": "assistant", "content": {"type": "text", "text": "Hello"}},
        {
            "role": "user",
            "content": {"type": "image", "data": "iVBORw==", "mimeType": "image/png"},
        },
        {
            "role": "user",
            "content": {"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav"},
        },
        {
            "role": "user",
            "content": {
                "type": "resource",
                "resource": {
                    "uri": "round://one",
                    "mimeType": "text/plain",
                    "text": "one",
                },
            },
        },
    ]


async def test_a_link_in_a_result_can_be_read(service: Round, era: Era) -> None:
    async with connected(service, era) as client:
        (link,) = (await client.call_tool("linking")).content
        assert (link.type, link.uri) == ("resource_link", "round://one")
        (read,) = (await client.read_resource(link.uri)).contents
    assert read.text == "one"


# --- questions ---------------------------------------------------------------------

TEXT: Final[JsonObject] = {"type": "text", "text": "Hi"}
IMAGE: Final[JsonObject] = {"type": "image", "data": "AAE=", "mimeType": "image/png"}
AUDIO: Final[JsonObject] = {"type": "audio", "data": "AAE=", "mimeType": "audio/wav"}
USE: Final[JsonObject] = {
    "type": "tool_use",
    "id": "u1",
    "name": "search",
    "input": {"q": "x"},
}
SEARCH: Final[JsonObject] = {"name": "search", "inputSchema": {"type": "object"}}
PREFERENCES: Final[JsonObject] = {
    "hints": [{"name": "claude"}, {"name": "small"}],
    "costPriority": 0.25,
    "speedPriority": 0.5,
    "intelligencePriority": 1,
}


@pytest.mark.parametrize(
    ("asked", "options", "answer"),
    [
        (TEXT, {}, TEXT),
        (IMAGE, {}, IMAGE),
        (AUDIO, {}, AUDIO),
        ([TEXT, IMAGE, AUDIO], {}, TEXT),
        (TEXT, {"systemPrompt": "Be brief"}, TEXT),
        (TEXT, {"includeContext": "thisServer"}, TEXT),
        (TEXT, {"includeContext": "none", "temperature": 0.5}, TEXT),
        (TEXT, {"modelPreferences": PREFERENCES, "stopSequences": ["."]}, TEXT),
        (TEXT, {"tools": [SEARCH], "toolChoice": {"mode": "auto"}}, [TEXT, USE]),
    ],
)
async def test_a_request_to_a_model_arrives_unchanged(
    service: Round, era: Era, asked: Any, options: JsonObject, answer: Any
) -> None:
    heard: list[Any] = []
    stop = "toolUse" if isinstance(answer, list) else "endTurn"

    def sample(params: Any) -> Any:
        heard.append(plain(params))
        return {
            "role": "assistant",
            "content": answer,
            "model": "m",
            "stopReason": stop,
        }

    messages = [{"role": "user", "content": asked}]
    able: JsonObject = {"sampling": {"tools": {}, "context": {}}}
    async with connected(service, era, sampling=sample, capabilities=able) as client:
        result = await client.call_tool(
            "sampling", {"messages": messages, "options": options}
        )
    assert heard == [{"messages": messages, "maxTokens": 9, **options}]
    blocks = answer if isinstance(answer, list) else [answer]
    assert said(result) == ["assistant", "m", stop, blocks]


async def test_context_is_asked_for_where_it_is_declared(service: Round) -> None:
    arguments: dict[str, Any] = {"messages": "Hi"}
    arguments["options"] = {"includeContext": "allServers"}
    async with wires(service) as (modern, _):
        refused = await modern.tool(
            "sampling", arguments, capabilities={"sampling": {}}
        )
        asked = await modern.tool(
            "sampling", arguments, capabilities={"sampling": {"context": {}}}
        )
    assert refused.error["data"] == {
        "requiredCapabilities": {"sampling": {"context": {}}}
    }
    assert asked.result["resultType"] == "input_required"


async def test_a_form_arrives_unchanged(service: Round, era: Era) -> None:
    asked: list[Elicitation] = []

    def answer(question: Elicitation) -> JsonObject:
        asked.append(question)
        return FILLED

    async with connected(service, era, elicitation=answer) as client:
        result = await client.call_tool("form")
    assert [(each.message, each.schema) for each in asked] == [("Who?", FORM)]
    assert said(result) == ["accept", FILLED]


@pytest.mark.parametrize("tool", ["form", "page"])
@pytest.mark.parametrize(
    ("reply", "action"), [(Reply.DECLINE, "decline"), (Reply.CANCEL, "cancel")]
)
async def test_a_person_answers(
    service: Round, era: Era, tool: str, reply: Reply, action: str
) -> None:
    async with connected(service, era, elicitation=lambda _: reply) as client:
        assert said(await client.call_tool(tool)) == [action, None]


@pytest.mark.parametrize(
    "roots", [[], [{"uri": "file:///a", "name": "A"}, {"uri": "file:///b%20c"}]]
)
async def test_roots_arrive_unchanged(service: Round, era: Era, roots: Any) -> None:
    async with connected(service, era, roots=roots) as client:
        found = said(await client.call_tool("roots"))
    assert found == [[root["uri"], root.get("name")] for root in roots]


async def test_roots_that_fail_are_an_error_of_the_tool(service: Round) -> None:
    def roots() -> list[str]:
        raise RuntimeError("secret")

    async with connected(service, "legacy", roots=roots) as client:
        with pytest.raises(ToolError, match="handler failed") as caught:
            await client.call_tool("roots")
    assert "secret" not in str(caught.value)


# --- capabilities, cancellation, subscriptions ---------------------------------------


async def test_experimental_capabilities_are_passed_on(
    service: Round, era: Era
) -> None:
    mine = {"experimental": {"com.example/a": {"b": [1]}}}
    async with connected(service, era, capabilities=mine) as client:
        assert said(await client.call_tool("seen")) == mine


class Nothing(Service):
    """Offers nothing."""

    contract: ClassVar[Contract] = Contract(
        Catalog(server={"name": "nothing", "version": "1"})
    )


async def test_a_server_with_nothing_declares_no_features() -> None:
    async with wires(Nothing()) as (modern, legacy):
        told = (await modern.call("server/discover")).result["capabilities"]
        agreed = (await legacy.initialize())["capabilities"]
        ref = {"ref": {"type": "ref/prompt", "name": "a"}}
        params = {**ref, "argument": {"name": "b", "value": ""}}
        refused = [
            await w.call("completion/complete", params) for w in (modern, legacy)
        ]
    assert told == agreed == {"logging": {}}
    assert [reply.error["code"] for reply in refused] == [-32601, -32601]


async def test_cancelling_one_call_leaves_the_other(service: Round, era: Era) -> None:
    async with asyncio.timeout(LIMIT), connected(service, era) as client:
        first, second = (
            asyncio.create_task(client.call_tool("waiting", {"name": name}))
            for name in ("first", "second")
        )
        for _ in range(2):
            await service.begun.acquire()
        first.cancel()
        await service.begun.acquire()
        assert service.stopped == ["first"]
        service.released.set()
        assert (await second).content[0].text == "second"


async def test_subscriptions_side_by_side(service: Round) -> None:
    """Each has the acknowledgment and the changes that it asked for."""
    app = create_app(service)
    async with (
        Client.in_memory(app, era="modern", timeout=LIMIT) as client,
        asyncio.timeout(LIMIT),
    ):
        both = [
            client.subscribe(tools_changed=True),
            client.subscribe(prompts_changed=True),
        ]
        await asyncio.gather(*(each.__aenter__() for each in both))
        from mcpgen.runtime.server.app import LIVE_CATALOG

        app[LIVE_CATALOG].tools.remove("full")
        app[LIVE_CATALOG].prompts.remove("second")
        changes = [await anext(each) for each in both]
        await asyncio.gather(*(each.__aexit__(None, None, None) for each in both))
    assert [change.method for change in changes] == [
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
    ]


async def test_a_filter_is_narrowed_to_what_is_announced(service: Round) -> None:
    wanted = {"toolsListChanged": True, "resourcesListChanged": True}
    async with (
        wires(service) as (modern, _),
        modern.streaming(
            "subscriptions/listen",
            {"notifications": {**wanted, "resourceSubscriptions": ["round://one"]}},
        ) as stream,
    ):
        granted = (await stream.message())["params"]["notifications"]
    assert granted == {"toolsListChanged": True}


async def test_a_subscription_that_is_not_offered_is_refused(service: Round) -> None:
    async with wires(service) as (_, legacy):
        reply = await legacy.call("resources/subscribe", {"uri": "round://one"})
    assert reply.error["code"] == -32601


async def test_a_refused_version_is_named_in_the_words_of_the_sdks(
    service: Round,
) -> None:
    """Clients of other SDKs look for them when they negotiate."""
    async with wires(service) as (_, legacy):
        reply = await legacy.call(
            "ping", headers={"MCP-Protocol-Version": "2020-01-01"}
        )
    assert (reply.status, "Unsupported protocol version" in reply.text) == (400, True)
