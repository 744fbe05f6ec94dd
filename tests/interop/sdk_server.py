"""A server of the official Python SDK, 1.x or 2.x: python sdk_server.py PORT MODE ...

With the port `stdio` it speaks over its standard streams and reports to standard error.

Runs in whichever environment has the SDK, so it imports nothing of ours. Prints the URL
of each mode, then what becomes of its calls.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from mcp import types
from mcp.server.streamable_http import EventStore
from mcp.shared.exceptions import UrlElicitationRequiredError
from pydantic import AnyUrl, BaseModel

try:
    from mcp.server.mcpserver import Context, MCPServer
except ImportError:
    from mcp.server.fastmcp import Context
    from mcp.server.fastmcp import FastMCP as MCPServer

    IS_NEW = False
else:
    IS_NEW = True

Asking = Context[Any, Any] if IS_NEW else Context


class Answer(BaseModel):
    name: str
    age: int = 30


class Sum(BaseModel):
    total: int
    terms: list[int]


class Events(EventStore):
    """Every event of this process, so that streams can be resumed."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        self.kept.append((stream_id, message))
        return str(len(self.kept))

    async def replay_events_after(
        self, last_event_id: str, send_callback: Callable[[Any], Awaitable[None]]
    ) -> str | None:
        from mcp.server.streamable_http import EventMessage

        stream, _ = self.kept[int(last_event_id) - 1]
        for number, (kept_stream, message) in enumerate(self.kept, 1):
            if kept_stream == stream and number > int(last_event_id) and message:
                await send_callback(EventMessage(message, str(number)))
        return stream


IS_STDIO = sys.argv[1:] == ["stdio"]


def said(*words: object) -> None:
    print(*words, flush=True, file=sys.stderr if IS_STDIO else sys.stdout)


def add_tools(server: Any) -> None:
    """Tools that need nothing of the client."""

    @server.tool()
    def add(terms: list[int]) -> Sum:
        """Adds numbers."""
        return Sum(total=sum(terms), terms=terms)

    @server.tool()
    def echo(text: str, times: int = 1, loud: bool | None = None) -> str:
        """Says it again."""
        return (text.upper() if loud else text) * times

    @server.tool()
    def fail() -> str:
        """Always fails."""
        raise ValueError("no luck today")

    @server.tool()
    async def count(to: int, ctx: Asking) -> str:
        """Counts and says how far it is."""
        for n in range(1, to + 1):
            await ctx.report_progress(n, to, f"at {n}")
        return "done"

    @server.tool()
    async def chat(ctx: Asking) -> str:
        """Logs something."""
        await ctx.warning("careful", logger_name="chatter")
        return "logged"

    @server.tool()
    async def hang() -> str:
        """Never ends by itself."""
        said("hanging")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            said("cancelled")
            raise
        return "no"


def add_texts(server: Any) -> None:
    """Resources, a prompt, and completion."""

    @server.resource("note://one")
    def one() -> str:
        """A note."""
        return "first note"

    @server.resource("note://by/{name}")
    def by(name: str) -> str:
        """A note by somebody."""
        return f"note by {name}"

    @server.prompt()
    def greet(name: str) -> str:
        """Greets."""
        return f"Greet {name}"

    @server.completion()
    async def complete(ref: Any, argument: Any, context: Any) -> types.Completion:
        return types.Completion(values=[argument.value + "slo", str(ref.type)])


def add_questions(server: Any) -> None:
    """What needs the client, in a legacy session."""

    @server.tool()
    async def ask_form(ctx: Asking) -> str:
        """Asks the user to fill in a form."""
        answer = await ctx.elicit("Who are you?", Answer)
        return f"{answer.action}: {getattr(answer, 'data', None)}"

    @server.tool()
    async def ask_page(ctx: Asking) -> str:
        """Asks the user to open a page."""
        answer = await ctx.elicit_url("Pay.", "https://pages.example/pay", "pay-1")
        return str(answer.action)

    @server.tool()
    async def page_first() -> str:
        """Refuses until a page was visited."""
        if not visited:
            visited.append("yes")
            page = {
                "mode": "url",
                "elicitationId": "login-1",
                "url": "https://pages.example/login",
                "message": "Sign in.",
            }
            raise UrlElicitationRequiredError(
                [types.ElicitRequestURLParams.model_validate(page)]
            )
        return "visited"

    visited: list[str] = []

    @server.tool()
    async def ask_model(ctx: Asking) -> str:
        """Asks the client's language model."""
        question = types.SamplingMessage(
            role="user", content=types.TextContent(type="text", text="Hello?")
        )
        answer = await ctx.session.create_message([question], max_tokens=10)
        return f"{answer.model}: {answer.content.text}"

    @server.tool()
    async def ask_roots(ctx: Asking) -> str:
        """Asks for the client's roots."""
        found = await ctx.session.list_roots()
        return " ".join(str(root.uri) for root in found.roots)

    @server.tool()
    async def later(ctx: Asking) -> str:
        """Closes the stream; the result is to be fetched by another."""
        await ctx.close_sse_stream()
        await asyncio.sleep(0.05)
        return "resumed"


def add_changes(server: Any) -> None:
    """What changes while the server runs."""

    @server.tool()
    async def touch(ctx: Asking) -> str:
        """Changes the resource, and the list of tools."""
        if IS_NEW and (ctx.protocol_version or "") >= "2026-07-28":
            await ctx.notify_resource_updated("note://one")
            await ctx.notify_tools_changed()
        else:
            uri: Any = "note://one" if IS_NEW else AnyUrl("note://one")
            await ctx.session.send_resource_updated(uri)
            await ctx.session.send_tool_list_changed()
        return "touched"

    async def subscribed(*asked: Any) -> Any:
        said("subscribed", getattr(asked[-1], "uri", asked[-1]))
        return types.EmptyResult()

    async def unsubscribed(*asked: Any) -> Any:
        said("unsubscribed")
        return types.EmptyResult()

    async def level(*asked: Any) -> Any:
        said("level", getattr(asked[-1], "level", asked[-1]))
        return types.EmptyResult()

    if IS_NEW:
        handle = server._lowlevel_server.add_request_handler
        handle("resources/subscribe", types.SubscribeRequestParams, subscribed)
        handle("resources/unsubscribe", types.UnsubscribeRequestParams, unsubscribed)
        handle("logging/setLevel", types.SetLevelRequestParams, level)
    else:
        low = server._mcp_server
        low.subscribe_resource()(subscribed)
        low.unsubscribe_resource()(unsubscribed)
        low.set_logging_level()(level)


def add_modern(server: Any) -> None:
    """A question as 2026-07-28 asks it: all at once, in the result."""

    @server.tool()
    async def ask_all(ctx: Asking) -> str | types.InputRequiredResult:
        """Asks the user, the model and for roots in one go."""
        found = ctx.input_responses or {}
        if not found:
            form = types.ElicitRequestFormParams(
                message="Who?",
                requested_schema=types.ElicitRequestedSchema(
                    type="object",
                    properties={
                        "name": {"type": "string"},
                        "age": {"type": "integer", "default": 30},
                    },
                    required=["name"],
                ),
            )
            page = types.ElicitRequestURLParams(
                message="Pay.", url="https://pages.example/pay"
            )
            question = types.SamplingMessage(
                role="user", content=types.TextContent(type="text", text="Hello?")
            )
            sample = types.CreateMessageRequestParams(
                messages=[question], max_tokens=10
            )
            return types.InputRequiredResult(
                input_requests={
                    "form": types.ElicitRequest(params=form),
                    "page": types.ElicitRequest(params=page),
                    "model": types.CreateMessageRequest(params=sample),
                    "roots": types.ListRootsRequest(),
                },
                request_state="round 1",
            )
        roots = " ".join(str(root.uri) for root in found["roots"].roots)
        return (
            f"{ctx.request_state}; {found['form'].action} {found['form'].content}; "
            f"{found['page'].action}; {found['model'].content.text}; {roots}"
        )


def everything(options: dict[str, Any]) -> Any:
    """A server with all there is."""
    about: dict[str, Any] = {"instructions": "Ask me.", "log_level": "ERROR"}
    server = MCPServer("sdk", **about, **options)
    add_tools(server)
    add_texts(server)
    add_questions(server)
    add_changes(server)
    if IS_NEW:
        add_modern(server)
    return server


def application(mode: str) -> tuple[Any, str]:
    """The ASGI application in a mode, and its path."""
    options: dict[str, Any] = {
        "json_response": "json" in mode,
        "stateless_http": "stateless" in mode,
    }
    if "stateless" not in mode:
        options |= {"event_store": Events(), "retry_interval": 50}
    server = everything({} if IS_NEW else options)
    if mode == "sse":
        return server.sse_app(), "/sse"
    return server.streamable_http_app(**(options if IS_NEW else {})), "/mcp"


async def serve(port: int, modes: list[str]) -> None:
    """Serves each mode at a port of its own, the first one at the port that is wished."""
    serving = []
    for mode in modes:
        app, path = application(mode)
        listener = socket.create_server(("127.0.0.1", 0 if serving else port))
        said(mode, f"http://127.0.0.1:{listener.getsockname()[1]}{path}")
        config = uvicorn.Config(app, log_level="critical")
        serving.append(uvicorn.Server(config).serve([listener]))
    said("ready")
    await asyncio.gather(*serving)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if IS_STDIO:
        asyncio.run(everything({}).run_stdio_async())
        sys.exit()
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2:]))
