"""The limit: one aiohttp handler by hand, pydantic in and out, nothing else of MCP."""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import web
from pydantic import BaseModel, Field


class Arguments(BaseModel):
    query: str = Field(min_length=1)
    limit: int = Field(default=5, ge=1, le=100)


class Params(BaseModel):
    name: str
    arguments: Arguments


class Call(BaseModel):
    jsonrpc: str
    id: int | str
    method: str
    params: Params


class Item(BaseModel):
    id: int
    title: str
    score: float


class Found(BaseModel):
    total: int
    items: list[Item]


async def handle(request: web.Request) -> web.Response:
    call = Call.model_validate_json(await request.read())
    args = call.params.arguments
    items = [
        Item(id=n, title=f"{args.query} {n}", score=1.0 / (n + 1))
        for n in range(args.limit)
    ]
    found = Found(total=len(items), items=items)
    text = found.model_dump_json()
    answer = {
        "jsonrpc": "2.0",
        "id": call.id,
        "result": {
            "content": [{"type": "text", "text": text}],
            "structuredContent": found.model_dump(mode="json"),
            "resultType": "complete",
        },
    }
    return web.Response(text=json.dumps(answer), content_type="application/json")


async def listen(request: web.Request) -> web.StreamResponse:
    """A stream that nothing is sent on."""
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    await asyncio.Event().wait()
    return stream


async def main(port: int) -> None:
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/mcp", handle)
    app.router.add_get("/mcp", listen)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    if "uvloop" in sys.argv:
        import uvloop

        uvloop.run(main(int(sys.argv[1])))
    else:
        asyncio.run(main(int(sys.argv[1])))
