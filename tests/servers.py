"""Start generated servers as users do, and stop exactly those."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests import official

START_SECONDS = 30
STOP_SECONDS = 10


@asynccontextmanager
async def running_server(
    directory: Path, package: str, *arguments: str
) -> AsyncIterator[str]:
    """`python -m PACKAGE --port 0` in `directory`; gives the URL that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        package,
        "--port",
        "0",
        *arguments,
        cwd=directory,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        url = await asyncio.wait_for(_url(process), START_SECONDS)
        with official.ours(url):
            yield url
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _url(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        for word in line.decode().split():
            if word.startswith("http://"):
                return word
    raise AssertionError("the server ended before it listened")
