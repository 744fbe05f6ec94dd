"""The official SDK's client."""

from __future__ import annotations

import asyncio
import logging
import sys

from mcp import Client

from benchmarks.peers.steps import serve


async def main(url: str) -> None:
    async with Client(url) as client:

        async def call() -> int:
            result = await client.call_tool("search", {"query": "boat", "limit": 5})
            return len((result.structured_content or {})["items"])

        await serve(call)


if __name__ == "__main__":
    logging.disable()
    asyncio.run(main(sys.argv[1]))
