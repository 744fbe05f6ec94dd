"""FastMCP's server as it runs by default."""

from __future__ import annotations

import sys
from typing import Annotated

from fastmcp import Context, FastMCP
from pydantic import BaseModel, Field


class Item(BaseModel):
    id: int
    title: str
    score: float


class Found(BaseModel):
    total: int
    items: list[Item]


server = FastMCP("search")


@server.tool
async def search(
    query: Annotated[str, Field(min_length=1)],
    limit: Annotated[int, Field(ge=1, le=100)] = 5,
) -> Found:
    """The best matches for a query."""
    items = [
        Item(id=n, title=f"{query} {n}", score=1.0 / (n + 1)) for n in range(limit)
    ]
    return Found(total=len(items), items=items)


@server.tool
async def count(ctx: Context) -> str:
    """Counts to three and reports each step."""
    for step in range(1, 4):
        await ctx.report_progress(step, 3)
    return "three"


if __name__ == "__main__":
    server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]))
