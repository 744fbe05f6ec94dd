"""The limit for clients: `ClientSession.post` and pydantic, nothing else of MCP."""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp
from pydantic import BaseModel

from benchmarks.peers.steps import serve
from benchmarks.wire import modern


class Item(BaseModel):
    id: int
    title: str
    score: float


class Found(BaseModel):
    total: int
    items: list[Item]


class Result(BaseModel):
    structuredContent: Found  # noqa: N815  # the wire's name


class Answer(BaseModel):
    id: int
    result: Result


async def main(url: str) -> None:
    request = modern(url)
    async with aiohttp.ClientSession() as http:

        async def call() -> int:
            data = json.dumps(request.body).encode()
            async with http.post(url, data=data, headers=request.headers) as answer:
                found = Answer.model_validate_json(await answer.read())
            return len(found.result.structuredContent.items)

        await serve(call)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
