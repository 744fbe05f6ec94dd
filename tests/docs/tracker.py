"""A server that somebody else runs, as the page about following one has it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.runtime.server.conftest import serving

REVISION = "2025-11-25"


def _tool(name: str, *, reads: bool) -> dict[str, Any]:
    number = {"type": "integer", "description": "The number of the issue."}
    return {
        "name": name,
        "description": f"{name.capitalize().replace('_', ' ')}.",
        "inputSchema": {"type": "object", "properties": {"number": number}},
        "annotations": {
            "readOnlyHint": reads,
            "destructiveHint": False,
            "idempotentHint": True,
        },
    }


def _result(method: str, *, changed: bool) -> dict[str, Any] | None:
    info = {"name": "tracker", "version": "1.4.1" if changed else "1.4.0"}
    match method:
        case "initialize":
            return {
                "protocolVersion": REVISION,
                "capabilities": {"tools": {}},
                "serverInfo": info,
            }
        case "tools/list":
            closing = _tool("close_issue", reads=not changed)
            return {"tools": [_tool("show_issue", reads=True), closing]}
    return None


@asynccontextmanager
async def tracker(is_changed: Callable[[], bool]) -> AsyncIterator[str]:
    """Serve version 1.4.0, and 1.4.1 with a changed tool as soon as `is_changed`."""

    async def answer(request: web.Request) -> web.Response:
        message = await request.json()
        if "id" not in message:
            return web.Response(status=202)
        result = _result(message["method"], changed=is_changed())
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
        if result is None:
            reply["error"] = {"code": -32601, "message": "Method not found"}
        else:
            reply["result"] = result
        return web.json_response(reply)

    app = web.Application()
    app.router.add_post("/mcp", answer)
    async with serving(app) as url:
        yield url
