"""The limit for clients: `ClientSession.post`, or lines, and pydantic; nothing else."""

from __future__ import annotations

import asyncio
import itertools
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


async def over_http(url: str) -> None:
    request = modern(url)
    async with aiohttp.ClientSession() as http:

        async def call() -> int:
            data = json.dumps(request.body).encode()
            async with http.post(url, data=data, headers=request.headers) as answer:
                found = Answer.model_validate_json(await answer.read())
            return len(found.result.structuredContent.items)

        await serve(call)


async def over_stdio(folder: str, *command: str) -> None:
    """Answers find their calls by id, for several may be under way."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None
    loop = asyncio.get_running_loop()
    body = modern("").body
    waiting: dict[int, asyncio.Future[Answer]] = {}
    numbers = itertools.count()

    async def read() -> None:
        while line := await stdout.readline():
            answer = Answer.model_validate_json(line)
            waiting.pop(answer.id).set_result(answer)

    async def call() -> int:
        number = next(numbers)
        future = waiting[number] = loop.create_future()
        stdin.write(json.dumps({**body, "id": number}).encode() + b"\n")
        await stdin.drain()
        return len((await future).result.structuredContent.items)

    reading = asyncio.create_task(read())
    await serve(call)
    stdin.close()
    await process.wait()
    await reading


if __name__ == "__main__":
    target = sys.argv[1:]
    asyncio.run(over_http(*target) if len(target) == 1 else over_stdio(*target))
