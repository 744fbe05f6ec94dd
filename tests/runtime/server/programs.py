"""Servers in processes of their own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import official
from tests.pace import patient

ROOT = Path(__file__).parents[3]
START_SECONDS = patient(60.0)


@dataclass
class Program:
    """A server that runs.

    Attributes:
        process: Its process.
        url: The endpoint's URL; empty where it did not start.
    """

    process: asyncio.subprocess.Process
    url: str

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2].partition("/")[0])

    async def line(self, seconds: float = START_SECONDS) -> str:
        """The next line of its output."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), seconds)
        return line.decode().strip()

    async def end(self, seconds: float = START_SECONDS) -> tuple[list[str], list[str]]:
        """Wait for its end; what it has written to output and log."""
        out, errors = await asyncio.wait_for(self.process.communicate(), seconds)
        return out.decode().splitlines(), errors.decode().splitlines()


@asynccontextmanager
async def program(
    *arguments: str, module: str = "stubborn", **environment: str
) -> AsyncIterator[Program]:
    """`python -m tests.runtime.server.MODULE` on a free port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tests.runtime.server.{module}",
        *arguments,
        "--port",
        "0",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        url = line.decode().strip()
        with official.ours(url):
            yield Program(process, url)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
