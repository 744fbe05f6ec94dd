"""The generated client."""

from __future__ import annotations

import asyncio
import sys

from search_client import SearchClient

from benchmarks.peers.steps import serve


async def main(url: str) -> None:
    async with SearchClient(url) as client:

        async def call() -> int:
            return len((await client.search(query="boat", limit=5)).items)

        await serve(call)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
