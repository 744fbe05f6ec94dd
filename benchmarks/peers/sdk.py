"""The official Python SDK's server: as it runs by default, tuned (JSON, no logs), or over
stdio."""

from __future__ import annotations

import sys

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from pydantic import BaseModel, Field


class Item(BaseModel):
    id: int
    title: str
    score: float


class Found(BaseModel):
    total: int
    items: list[Item]


TUNED = "tuned" in sys.argv
server = MCPServer("search", log_level="ERROR" if TUNED else "INFO")


@server.tool()
async def search(
    query: str = Field(min_length=1), limit: int = Field(default=5, ge=1, le=100)
) -> Found:
    """The best matches for a query."""
    items = [
        Item(id=n, title=f"{query} {n}", score=1.0 / (n + 1)) for n in range(limit)
    ]
    return Found(total=len(items), items=items)


@server.tool()
async def count(ctx: Context) -> str:
    """Counts to three and reports each step."""
    for step in range(1, 4):
        await ctx.report_progress(step, 3)
    return "three"


if "stdio" in sys.argv:
    server.run("stdio")
elif __name__ == "__main__":
    import uvicorn

    uvicorn.run(
        server.streamable_http_app(json_response=TUNED),
        port=int(sys.argv[1]),
        loop="uvloop" if TUNED else "asyncio",
        access_log=not TUNED,
        log_level="error" if TUNED else "info",
    )
