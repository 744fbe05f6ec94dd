"""The generated client."""

from __future__ import annotations

import asyncio
import sys

from search_client import SearchClient

from benchmarks.peers.steps import serve


def connecting(target: list[str]) -> SearchClient:
    """A client of a URL, or of a folder and the command of a server."""
    if len(target) == 1:
        return SearchClient(target[0])
    folder, *command = target
    return SearchClient.stdio(command, cwd=folder)


async def main(target: list[str]) -> None:
    async with connecting(target) as client:

        async def call() -> int:
            return len((await client.search(query="boat", limit=5)).items)

        await serve(call)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
