"""A service by hand with one tool, prompt or resource for each thing that is tested."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from mcpgen.runtime.core.catalog import Catalog, JsonObject
from mcpgen.runtime.core.model import Model, absent
from mcpgen.runtime.server import (
    Completions,
    Content,
    Contents,
    Context,
    Contract,
    CreateMessage,
    Elicit,
    ListRoots,
    LiveCatalog,
    PromptBinding,
    ProtocolError,
    ResourceBinding,
    ResourceNotFound,
    Service,
    TemplateBinding,
    ToolBinding,
    ToolError,
    ToolResult,
)
from mcpgen.runtime.server.handlers import content

OBJECT: JsonObject = {"type": "object"}
NAME_FORM: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
}


def tool(name: str, schema: JsonObject = OBJECT, **more: Any) -> JsonObject:
    """A tool's definition."""
    return {"name": name, "description": f"Does {name}.", "inputSchema": schema, **more}


class AddInput(Model):
    a: int
    b: int = 1


class AddOutput(Model):
    sum: int
    note: str | None = absent()


class RegionInput(Model):
    region: str | None = absent()


class TripArguments(Model):
    city: str
    month: str | None = absent()


class CityVariables(Model):
    city: str


class Profile(BaseModel):
    """A form as a pydantic model."""

    name: str
    age: int
    mood: Literal["good", "bad"] = "good"


ADD = tool(
    "add",
    {
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": "integer", "default": 1},
        },
        "required": ["a"],
        "additionalProperties": False,
    },
    title="Addition",
    outputSchema={
        "type": "object",
        "properties": {"sum": {"type": "integer", "maximum": 1000}},
        "required": ["sum"],
    },
    annotations={"readOnlyHint": True},
)
REGION = tool(
    "region",
    {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "count": {"type": "integer", "x-mcp-header": "Count"},
        },
    },
)
NUMBERS = tool("numbers", outputSchema={"type": "array", "items": {"type": "integer"}})
PLAIN = [
    "echo_kinds",
    "nothing",
    "failing",
    "broken",
    "refused",
    "blocking",
    "threaded",
    "stuck",
    "impatient",
    "logging",
    "asking",
    "asking_model",
    "asking_twice",
    "asking_all",
    "asking_url",
    "sampling",
    "roots",
    "polling",
    "old_code",
    "remembering",
    "context",
    "change_lists",
    "swallowing",
]

CATALOG = Catalog(
    server={"name": "workshop", "title": "Workshop", "version": "1.2.3"},
    instructions="Use with care.",
    tools=(ADD, REGION, NUMBERS, *(tool(name) for name in PLAIN)),
    prompts=(
        {
            "name": "trip",
            "description": "Plan a trip.",
            "arguments": [{"name": "city", "required": True}, {"name": "month"}],
        },
        {"name": "hello"},
        {"name": "asking"},
        {"name": "bad"},
    ),
    resources=(
        {"uri": "shop://text", "name": "text", "mimeType": "text/plain"},
        {"uri": "shop://bytes", "name": "bytes", "mimeType": "image/png"},
        {"uri": "shop://full", "name": "full"},
        {"uri": "shop://bad", "name": "bad"},
        {"uri": "shop://asking", "name": "asking"},
    ),
    resource_templates=(
        {
            "uriTemplate": "shop://cities/{city}",
            "name": "city",
            "mimeType": "application/json",
        },
    ),
)


class Workshop(Service):
    """Every handler says by its name what it shows."""

    announces = frozenset(["tools", "prompts", "resources", "updates"])

    contract: ClassVar[Contract] = Contract(
        CATALOG,
        tools={
            "add": ToolBinding("add", AddInput, AddOutput),
            "region": ToolBinding("region", RegionInput),
            "numbers": ToolBinding("numbers", Any, list[int]),
            **{name: ToolBinding(name, Any) for name in PLAIN if name != "impatient"},
            "impatient": ToolBinding("impatient", Any, timeout=0.2),
        },
        prompts={
            "trip": PromptBinding(
                "trip",
                TripArguments,
                complete={"city": "complete_city", "month": ("March", "May")},
            ),
            "hello": PromptBinding("hello"),
            "asking": PromptBinding("asking_prompt"),
            "bad": PromptBinding("bad_prompt"),
        },
        resources={
            "shop://text": ResourceBinding("read_text"),
            "shop://bytes": ResourceBinding("read_bytes"),
            "shop://full": ResourceBinding("read_full"),
            "shop://bad": ResourceBinding("read_bad"),
            "shop://asking": ResourceBinding("read_asking"),
        },
        resource_templates={
            "shop://cities/{city}": TemplateBinding(
                "read_city", CityVariables, complete={"city": "complete_city"}
            ),
        },
        examples='{"add": {"value": {"sum": 1}}, "numbers": {"value": [1]}}',
    )

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.thread_release = threading.Event()
        self.runs = 0
        self.released = 0
        self.seen: list[Context] = []
        self.sum = 0
        self.up = False

    async def on_startup(self, catalog: LiveCatalog) -> None:
        self.up = True

    async def on_shutdown(self) -> None:
        self.up = False

    # --- results ----------------------------------------------------------------

    async def add(
        self, args: AddInput, ctx: Context
    ) -> AddOutput | ToolResult[AddOutput]:
        if args.a == 404:
            raise ToolError("There is no sum.")
        if args.a == 7:
            return ToolResult(AddOutput(sum=7), content="seven", meta={"cost": 1})
        return AddOutput(sum=args.a + args.b)

    async def region(self, args: RegionInput, ctx: Context) -> str:
        return f"in {args.region}"

    async def numbers(self, args: Any, ctx: Context) -> list[int]:
        return [1, 2]

    async def echo_kinds(self, args: Any, ctx: Context) -> Content:
        return [
            "text",
            content.image(b"\x89PNG", "image/png"),
            content.audio(b"RIFF", "audio/wav"),
            content.resource("shop://x", "body", "text/plain"),
            content.resource_link("shop://x", "x", title="X"),
        ]

    async def nothing(self, args: Any, ctx: Context) -> None:
        return None

    # --- failures -----------------------------------------------------------------

    async def failing(self, args: Any, ctx: Context) -> str:
        raise ToolError("The shop is closed.", meta={"retry": False})

    async def broken(self, args: Any, ctx: Context) -> str:
        raise RuntimeError("a secret of the server")

    async def refused(self, args: Any, ctx: Context) -> str:
        raise ProtocolError(-31000, "Not for you", {"why": "because"})

    async def old_code(self, args: Any, ctx: Context) -> str:
        raise ProtocolError(-32002, "Resource not found")

    async def impatient(self, args: Any, ctx: Context) -> str:
        await ctx.progress(0)
        await asyncio.Event().wait()
        return "never"

    # --- running ------------------------------------------------------------------

    async def blocking(self, args: Any, ctx: Context) -> str:
        self.seen.append(ctx)
        self.started.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        await ctx.progress(1, 1, "released")
        self.released += 1
        return "released"

    async def swallowing(self, args: Any, ctx: Context) -> str:
        try:
            answer = await ctx.elicit("Name?", NAME_FORM)
        except Exception:
            return "swallowed"
        return str(answer.content)

    def threaded(self, args: Any, ctx: Context) -> str:
        ctx.wait(ctx.progress(1, 2))
        return threading.current_thread().name

    def stuck(self, args: Any, ctx: Context) -> str:
        self.seen.append(ctx)
        ctx.wait(self._set(self.started))
        self.thread_release.wait(60)
        return "free"

    async def _set(self, event: asyncio.Event) -> None:
        event.set()

    async def logging(self, args: Any, ctx: Context) -> str:
        await ctx.debug("d")
        await ctx.info({"i": 1}, logger="shop")
        await ctx.warning("w")
        await ctx.error("e")
        await ctx.log("emergency", "!")
        return "logged"

    async def polling(self, args: Any, ctx: Context) -> str:
        await ctx.disconnect(retry_ms=50)
        self.started.set()
        await self.release.wait()
        await ctx.progress(1)
        return "polled"

    async def context(self, args: Any, ctx: Context) -> str:
        await ctx.progress(1)
        self.seen.append(ctx)
        return ctx.era

    # --- questions ------------------------------------------------------------------

    async def asking(self, args: Any, ctx: Context) -> str:
        self.runs += 1
        answer = await ctx.elicit("Name?", NAME_FORM)
        return f"{answer.action}: {answer.content}"

    async def asking_model(self, args: Any, ctx: Context) -> str:
        answer = await ctx.elicit("Who?", Profile, key="profile")
        if answer.content is None:
            return answer.action
        return (
            f"{answer.content.name} is {answer.content.age} and {answer.content.mood}"
        )

    async def asking_twice(self, args: Any, ctx: Context) -> str:
        first = await ctx.elicit("First?", NAME_FORM)
        second = await ctx.elicit("Second?", NAME_FORM)
        return f"{first.content} {second.content}"

    async def asking_all(self, args: Any, ctx: Context) -> str:
        answers = await ctx.ask(
            {
                "who": Elicit("Name?", NAME_FORM),
                "poem": CreateMessage("A poem, please", 20),
                "where": ListRoots(),
            }
        )
        return (
            f"{answers['who'].content} {answers['poem'].text} {answers['where'][0].uri}"
        )

    async def asking_url(self, args: Any, ctx: Context) -> str:
        answer = await ctx.elicit_url("Pay here", "https://example.com/pay")
        return answer.action

    async def sampling(self, args: Any, ctx: Context) -> str:
        answer = await ctx.sample("Hi", max_tokens=10, systemPrompt="Be brief")
        return f"{answer.model}: {answer.text}"

    async def roots(self, args: Any, ctx: Context) -> str:
        return ", ".join(root.uri for root in await ctx.list_roots())

    async def remembering(self, args: Any, ctx: Context) -> str:
        if "ticket" not in ctx.state:
            self.runs += 1
            ctx.state["ticket"] = f"ticket {self.runs}"
        await ctx.elicit("Sure?", NAME_FORM)
        return str(ctx.state["ticket"])

    # --- changes ----------------------------------------------------------------------

    async def change_lists(self, args: Any, ctx: Context) -> str:
        ctx.catalog.tools.add(tool("extra"), self.extra)
        if "hello" in ctx.catalog.prompts:
            ctx.catalog.prompts.remove("hello")
        else:
            ctx.catalog.prompts.add({"name": "hello"}, self.hello_again)
        ctx.catalog.resources.add({"uri": "shop://new", "name": "new"}, self.read_text)
        ctx.catalog.updated("shop://text")
        return "changed"

    async def hello_again(self, args: Any, ctx: Context) -> str:
        return "Hello again"

    async def extra(self, args: Any, ctx: Context) -> str:
        return f"extra {sorted(args)}"

    # --- prompts, resources, completion ------------------------------------------------

    async def trip(self, args: TripArguments, ctx: Context) -> str:
        return f"Trip to {args.city} in {args.month or 'any month'}"

    def hello(self, ctx: Context) -> Content:
        return [content.message("Hello", "assistant"), "and welcome"]

    async def asking_prompt(self, ctx: Context) -> str:
        return f"For {(await ctx.elicit('Name?', NAME_FORM)).content}"

    async def bad_prompt(self, ctx: Context) -> str:
        raise RuntimeError("a secret of the server")

    async def read_text(self, ctx: Context) -> str:
        return "some text"

    async def read_bytes(self, ctx: Context) -> bytes:
        return b"\x00\x01"

    async def read_full(self, ctx: Context) -> list[Contents]:
        return [
            Contents("one", "text/x-one", meta={"page": 1}),
            Contents(b"two", uri="shop://full/2"),
        ]

    async def read_asking(self, ctx: Context) -> str:
        return f"For {(await ctx.elicit('Name?', NAME_FORM)).content}"

    async def read_bad(self, ctx: Context) -> str:
        raise OSError("/etc/secret is missing")

    async def read_city(self, args: CityVariables, ctx: Context) -> str:
        if args.city == "Atlantis":
            raise ResourceNotFound(args.city)
        return f'"{args.city}"'

    async def complete_city(self, value: str, ctx: Context) -> list[str] | Completions:
        if value == "many":
            return [f"city {n}" for n in range(150)]
        if value == "context":
            return Completions([ctx.completed.get("month", "-")], total=9)
        return [city for city in ("Oslo", "Ottawa", "Rome") if city.startswith(value)]
