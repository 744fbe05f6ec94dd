"""The official SDK's client."""

from __future__ import annotations

import asyncio
import logging
import sys

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from benchmarks.peers.steps import serve


def connecting(target: list[str]) -> Client:
    """A client of a URL, or of a folder and the command of a server."""
    if len(target) == 1:
        return Client(target[0])
    folder, command, *arguments = target
    return Client(
        stdio_client(StdioServerParameters(command=command, args=arguments, cwd=folder))
    )


async def main(target: list[str]) -> None:
    async with connecting(target) as client:

        async def call() -> int:
            result = await client.call_tool("search", {"query": "boat", "limit": 5})
            return len((result.structured_content or {})["items"])

        await serve(call)


if __name__ == "__main__":
    logging.disable()
    asyncio.run(main(sys.argv[1:]))
