"""A server that is none of ours: the official SDK's, in this process under uvicorn."""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import (
    Completion,
    ElicitRequest,
    ElicitRequestedSchema,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from pydantic import BaseModel

LIMIT = 60

Transport = Literal["stream", "json", "stateless", "sse"]


class Answer(BaseModel):
    name: str
    age: int = 30


class Sum(BaseModel):
    total: int
    terms: list[int]


def build() -> MCPServer[Any]:  # noqa: C901, a list of small functions
    """A server with one of everything that a client deals with."""
    server: MCPServer[Any] = MCPServer(
        "sdk", instructions="Ask me.", version="1.2.3", log_level="ERROR"
    )

    @server.tool()
    def add(terms: list[int]) -> Sum:
        """Adds numbers."""
        return Sum(total=sum(terms), terms=terms)

    @server.tool()
    def fail() -> str:
        """Always fails."""
        raise ValueError("no luck today")

    @server.tool()
    async def count(to: int, ctx: Context[Any, Any]) -> str:
        """Counts and says how far it is."""
        for n in range(1, to + 1):
            await ctx.report_progress(n, to, f"at {n}")
        return "done"

    @server.tool()
    async def chat(ctx: Context[Any, Any]) -> str:
        """Logs something."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await ctx.log("warning", {"why": "test"}, logger_name="chatter")
        return "logged"

    @server.tool()
    async def ask(ctx: Context[Any, Any]) -> str:
        """Asks the user by a server request (legacy)."""
        result = await ctx.elicit("Who are you?", Answer)
        return str(result.model_dump_json())

    @server.tool()
    async def confirm(ctx: Context[Any, Any]) -> str | InputRequiredResult:
        """Asks the user by an input-required result (modern)."""
        answers = ctx.input_responses or {}
        answer = answers.get("who")
        if isinstance(answer, ElicitResult):
            return f"{ctx.request_state}: {answer.action} {answer.content}"
        schema = ElicitRequestedSchema(
            type="object",
            properties={
                "name": {"type": "string"},
                "age": {"type": "integer", "default": 30},
            },
            required=["name"],
        )
        params = ElicitRequestFormParams(message="Who?", requested_schema=schema)
        return InputRequiredResult(
            input_requests={"who": ElicitRequest(params=params)}, request_state="s1"
        )

    @server.tool()
    async def hang() -> str:
        """Never ends by itself."""
        server.started.set()  # type: ignore[attr-defined]
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            server.cancelled.set()  # type: ignore[attr-defined]
            raise
        return "no"

    @server.tool()
    async def touch(ctx: Context[Any, Any]) -> str:
        """Changes the resource."""
        await ctx.notify_resource_updated("note://one")
        await ctx.notify_tools_changed()
        return "touched"

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

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]  # the SDK's
    async def complete(ref: Any, argument: Any, context: Any) -> Completion:
        return Completion(values=[argument.value + "slo", str(ref.type)])

    server.started = asyncio.Event()  # type: ignore[attr-defined]
    server.cancelled = asyncio.Event()  # type: ignore[attr-defined]
    return server


@asynccontextmanager
async def sdk_server(
    transport: Transport, server: MCPServer[Any] | None = None
) -> AsyncIterator[str]:
    """Runs the server; gives its URL."""
    server = server or build()
    if transport == "sse":
        app, path = server.sse_app(), "/sse"
    else:
        path = "/mcp"
        app = server.streamable_http_app(
            json_response=transport == "json",
            stateless_http=transport == "stateless",
        )
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="error", ws="none", timeout_graceful_shutdown=1
    )
    runner = uvicorn.Server(config)
    serving = asyncio.create_task(runner.serve([listener]))
    try:
        async with asyncio.timeout(LIMIT):
            while not runner.started:  # noqa: ASYNC110, uvicorn has no event for it
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
    finally:
        runner.should_exit = True
        await asyncio.wait_for(serving, LIMIT)
