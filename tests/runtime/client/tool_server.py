"""A server for the person's tool: everything to list, every way to be asked."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .weather import GET_FORECAST
from .wire import LIMIT, Call, Handler, Wire, event, modern, notification
from .wire import Reply as WireReply

HOSTILE = "\x1b]0;owned\x07\x1b[2Jevil\u202e\x9b31m"

TOOLS: list[dict[str, Any]] = [
    {**GET_FORECAST, "description": "The weather to expect."},
    {
        "name": "many-kinds",
        "description": f"100% of {HOSTILE}",
        "inputSchema": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "whole": {"type": "integer", "description": "An integer."},
                "part": {"type": "number", "default": 0.5},
                "is_so": {"type": "boolean"},
                "words": {"type": "array", "items": {"type": "string"}},
                "numbers": {"$ref": "#/$defs/numbers"},
                "object": {"type": "object"},
                "any": {},
                "maybe": {"type": ["null", "integer"]},
                "choice": {"enum": ["left", "right", 3]},
                "json": {"type": "string"},
                "with space": {"type": "string"},
            },
            "$defs": {"numbers": {"type": "array", "items": {"type": "number"}}},
        },
    },
    {"name": "ask", "inputSchema": {"type": "object"}},
    {"name": "open", "inputSchema": {"type": "object"}},
    {"name": "work", "inputSchema": {"type": "object"}},
    {"name": "hang", "inputSchema": {"type": "object"}},
    {"name": "blocks", "inputSchema": {"type": "object"}},
]
FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2, "description": "As in a passport."},
        "age": {"type": "integer", "minimum": 0},
        "color": {"type": "string", "enum": ["r", "g"], "enumNames": ["Red", "Green"]},
        "days": {"type": "array", "items": {"type": "string", "enum": ["Mo", "Tu"]}},
        "news": {"type": "boolean"},
        "unit": {"type": "string", "default": "C"},
        "note": {"type": "string"},
    },
    "required": ["name", "age", "color"],
}


def content(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"content": list(blocks), **more}


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def of(call: Call) -> Server:
    assert isinstance(call.server, Server)
    return call.server


async def call_tool(call: Call) -> WireReply:
    arguments = call.params["arguments"]
    match call.params["name"]:
        case "get-forecast" if arguments["city"] == "Nowhere":
            return call.result(**content(words(f"no {HOSTILE}"), isError=True))
        case "get-forecast":
            forecast = {"city": arguments["city"], "days": arguments.get("days", 3)}
            return call.result(
                **content(words(json.dumps(forecast)), structuredContent=forecast)
            )
        case "many-kinds":
            return call.result(**content(words(json.dumps(arguments))))
        case "ask":
            return question(call, mode="form", requestedSchema=FORM)
        case "open":
            return question(call, mode="url", url=of(call).page, elicitationId="1")
        case "blocks":
            return call.result(**content(*BLOCKS))
        case "hang":
            return await hang(call)
    return await work(call)


BLOCKS = [
    words(f"héllo {HOSTILE}"),
    {
        "type": "image",
        "data": base64.b64encode(b"png").decode(),
        "mimeType": "image/png",
    },
    {"type": "resource", "resource": {"uri": "x://y", "text": "embedded"}},
    {"type": "resource_link", "uri": "x://z", "name": "z"},
]


def question(call: Call, **params: Any) -> WireReply:
    answers = call.params.get("inputResponses")
    if answers:
        return call.result(
            resultType="complete", **content(words(json.dumps(answers["q"])))
        )
    asked = {"message": f"Who are you? {HOSTILE}", **params}
    return call.result(
        resultType="input_required",
        inputRequests={"q": {"method": "elicitation/create", "params": asked}},
    )


async def work(call: Call) -> WireReply:
    stream = await call.stream()
    token = call.meta["progressToken"]
    for done in (1, 2):
        report = notification(
            "notifications/progress",
            progressToken=token,
            progress=done,
            total=2,
            message=f"step {done} {HOSTILE}",
        )
        await stream.write(event(report))
    for level, data in (("info", f"started {HOSTILE}"), ("error", {"why": "tests"})):
        said = notification(
            "notifications/message", level=level, logger="worker", data=data
        )
        await stream.write(event(said))
    await of(call).go_on.wait()
    await stream.write(event(call.result(**content(words("worked")))))
    return stream


async def hang(call: Call) -> WireReply:
    stream = await call.stream()
    async with asyncio.timeout(LIMIT):
        while call.request.transport is not None:  # noqa: ASYNC110  # nobody announces it
            await asyncio.sleep(0.01)
    of(call).left.set()
    return stream


@dataclass
class Server(Wire):
    """The wire, and what its tools wait for.

    Attributes:
        go_on: Lets the tool "work" end.
        left: Set when the client that calls the tool "hang" has gone.
        page: What the tool "open" wants to be opened.
    """

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    page: str = "https://login.example/form?id=1"


async def discover(call: Call) -> WireReply:
    offered = ("tools", "prompts", "resources", "completions", "logging")
    return call.result(
        resultType="complete",
        supportedVersions=["2026-07-28"],
        capabilities={each: {} for each in offered},
        instructions=f"Be kind. {HOSTILE}",
        ttlMs=0,
        cacheScope="private",
    )


async def get_prompt(call: Call) -> WireReply:
    said = words(json.dumps(call.params["arguments"]))
    return call.result(messages=[{"role": "user", "content": said}])


async def read(call: Call) -> WireReply:
    uri = call.params["uri"]
    if uri == "x://bytes":
        blob = base64.b64encode(b"\x00\x01\xff").decode()
        return call.result(contents=[{"uri": uri, "blob": blob}])
    return call.result(contents=[{"uri": uri, "text": f"{uri} {HOSTILE}"}])


async def complete(call: Call) -> WireReply:
    said = [call.params["ref"]["type"], call.params["argument"]["value"] + "slo"]
    return call.result(completion={"values": said})


def lists(**members: Any) -> Handler:
    async def answer(call: Call) -> WireReply:
        return call.result(**members)

    return answer


PLAN = {
    "name": "plan",
    "arguments": [{"name": "city", "required": True}, {"name": "month"}],
}


def server() -> Server:
    """A modern server with all of it."""
    wire = modern(
        tools_list=lists(tools=TOOLS),
        tools_call=call_tool,
        prompts_list=lists(prompts=[PLAN]),
        prompts_get=get_prompt,
        resources_list=lists(resources=[{"uri": "x://text", "name": f"t{HOSTILE}"}]),
        resources_templates_list=lists(
            resourceTemplates=[{"uriTemplate": "x://city/{name}", "name": "city"}]
        ),
        resources_read=read,
        completion_complete=complete,
    )
    made = Server(wire.methods | {"server/discover": discover})
    made.go_on.set()
    return made


@dataclass
class Guarded:
    """A server that wants a token, and the authorization server that gives it.

    Attributes:
        inner: Whom those with a token reach.
        consents: How often a person was asked.
        challenges: What its refusals ask for, besides a token.
    """

    inner: Wire
    consents: int = 0
    challenges: str = ""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/mcp", self.protected)
        app.router.add_get("/.well-known/oauth-protected-resource/mcp", self.resource)
        app.router.add_get("/.well-known/oauth-authorization-server", self.metadata)
        app.router.add_post("/register", self.register)
        app.router.add_get("/authorize", self.authorize)
        app.router.add_post("/token", self.token)
        return app

    async def protected(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") == "Bearer given":
            return await self.inner.handle(request)
        where = f"http://{request.host}/.well-known/oauth-protected-resource/mcp"
        challenge = f'Bearer resource_metadata="{where}"{self.challenges}'
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    async def resource(self, request: web.Request) -> web.Response:
        base = f"http://{request.host}"
        return web.json_response(
            {"resource": f"{base}/mcp", "authorization_servers": [base]}
        )

    async def metadata(self, request: web.Request) -> web.Response:
        base = f"http://{request.host}"
        return web.json_response(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "registration_endpoint": f"{base}/register",
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "response_types_supported": ["code"],
            }
        )

    async def register(self, request: web.Request) -> web.Response:
        client = {**await request.json(), "client_id": "me"}
        return web.json_response(client, status=201)

    async def authorize(self, request: web.Request) -> web.Response:
        self.consents += 1
        asked = request.query
        raise web.HTTPFound(f"{asked['redirect_uri']}?code=c&state={asked['state']}")

    async def token(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"access_token": "given", "token_type": "Bearer", "expires_in": 3600}
        )
