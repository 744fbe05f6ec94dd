"""Servers written by hand, one wire behaviour at a time, on 127.0.0.1."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from tests import official
from tests.pace import patient

LIMIT = patient(60)
"""Seconds that any wait of a test may take."""

Json: TypeAlias = Any
Reply: TypeAlias = "Json | web.StreamResponse"
Handler: TypeAlias = Callable[["Call"], "Awaitable[Reply]"]

EVERYTHING = {
    "completions": {},
    "logging": {},
    "prompts": {"listChanged": True},
    "resources": {"listChanged": True, "subscribe": True},
    "tools": {"listChanged": True},
}
"""The capabilities of a server that offers all there is."""
VERSION = "io.modelcontextprotocol/protocolVersion"


@dataclass
class Call:
    """One message that reached the server."""

    server: Wire
    request: web.Request
    message: dict[str, Any]

    @property
    def id(self) -> Json:
        return self.message.get("id")

    @property
    def params(self) -> dict[str, Any]:
        found = self.message.get("params", {})
        assert isinstance(found, dict)
        return found

    @property
    def meta(self) -> dict[str, Any]:
        found = self.params.get("_meta", {})
        assert isinstance(found, dict)
        return found

    def result(self, **members: Json) -> dict[str, Json]:
        return {"jsonrpc": "2.0", "id": self.id, "result": members}

    def error(self, code: int, message: str, data: Json = None) -> dict[str, Json]:
        error = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        return {"jsonrpc": "2.0", "id": self.id, "error": error}

    async def stream(self, *headers: tuple[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", **dict(headers)}
        )
        await response.prepare(self.request)
        return response


def event(message: Json, **fields: Json) -> bytes:
    """A message as a server-sent event."""
    lines = [f"{name}: {value}" for name, value in fields.items()]
    data = message if isinstance(message, str) else json.dumps(message)
    return "\n".join([*lines, f"data: {data}", "", ""]).encode()


def notification(method: str, **params: Json) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def json_status(status: int, body: Json) -> web.Response:
    return web.json_response(body, status=status)


@dataclass
class Wire:
    """What the server does, by JSON-RPC method or HTTP method, and what it saw.

    Attributes:
        methods: Handlers by JSON-RPC method; an absent one is "method not found".
        get: What a GET is answered with.
        calls: Every message, in order.
        requests: Every HTTP request as method and headers.
    """

    methods: dict[str, Handler]
    get: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    calls: list[Call] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)
    url: str = ""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, happened: Callable[[], bool]) -> None:
        """Waits for messages until something is true."""
        async with asyncio.timeout(LIMIT), self.arrived:
            await self.arrived.wait_for(happened)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if request.method == "GET":
            if self.get is None:
                return web.Response(status=405)
            return await self.get(request)
        if request.method != "POST":
            return web.Response(status=200)
        message = json.loads((await request.read()).decode("utf-8"))
        official.check_request(request.url, request.headers, message)
        call = Call(self, request, message)
        self.calls.append(call)
        async with self.arrived:
            self.arrived.notify_all()
        if "method" not in message:
            return web.Response(status=202)
        handler = self.methods.get(message["method"])
        if handler is None:
            if "id" not in message:
                return web.Response(status=202)
            return json_status(404, call.error(-32601, "Method not found"))
        reply = await handler(call)
        return reply if isinstance(reply, web.StreamResponse) else _json(reply)

    def of(self, method: str) -> list[Call]:
        """The messages of one method."""
        return [call for call in self.calls if call.message.get("method") == method]


def _json(reply: Json) -> web.Response:
    return web.json_response(reply)


@asynccontextmanager
async def running(wire: Wire) -> AsyncIterator[Wire]:
    """Serves at `wire.url`."""
    app = web.Application(client_max_size=100_000_000)
    app.router.add_route("*", "/{path:.*}", wire.handle)
    async with serving(app) as url:
        wire.url = f"{url}/mcp"
        yield wire


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serves an application; gives its origin."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def discovering(capabilities: Json) -> Handler:
    """What a modern server with some capabilities says of itself."""

    async def answer(call: Call) -> Reply:
        reply = await discover(call)
        reply["result"]["capabilities"] = capabilities
        return reply

    return answer


async def discover(call: Call) -> Reply:
    """What a modern server with all capabilities says of itself."""
    return call.result(
        resultType="complete",
        supportedVersions=["2026-07-28"],
        capabilities=EVERYTHING,
        instructions="Be kind.",
        ttlMs=0,
        cacheScope="private",
        _meta={"io.modelcontextprotocol/serverInfo": {"name": "wire", "version": "1"}},
    )


def modern(capabilities: Json = EVERYTHING, **methods: Handler) -> Wire:
    """A modern server; underscores in names stand for slashes."""
    found: dict[str, Handler] = {"server/discover": discovering(capabilities)}
    return Wire({**found, **_named(methods)})


def legacy(
    version: str = "2025-11-25",
    session: str | None = "session-1",
    capabilities: Json = None,
    **methods: Handler,
) -> Wire:
    """A legacy server with sessions."""

    async def initialize(call: Call) -> Reply:
        reply = web.json_response(
            call.result(
                protocolVersion=version,
                capabilities={"tools": {}} if capabilities is None else capabilities,
                serverInfo={"name": "old wire", "version": "0"},
            )
        )
        if session is not None:
            reply.headers["Mcp-Session-Id"] = session
        return reply

    async def unknown(call: Call) -> Reply:
        return json_status(400, call.error(-32000, "Bad Request: no session"))

    found: dict[str, Handler] = {"initialize": initialize, "server/discover": unknown}
    return Wire({**found, **_named(methods)})


def _named(methods: dict[str, Handler]) -> dict[str, Handler]:
    return {name.replace("_", "/"): handler for name, handler in methods.items()}


async def text(call: Call) -> Reply:
    """A tool's result with one text: the call's arguments as JSON."""
    return call.result(
        content=[{"type": "text", "text": json.dumps(call.params.get("arguments"))}]
    )
