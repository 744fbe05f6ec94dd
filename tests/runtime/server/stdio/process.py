"""Starts a server over standard input and output, and speaks to it by hand."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..programs import ROOT, START_SECONDS
from ..seams.lines import LIMIT, Peer

NOISY = "tests.runtime.server.stdio.program"
STUBBORN = "tests.runtime.server.stubborn"
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
"""With output that is not buffered, nothing can hold back what is printed at import."""
LOOPS = [(), ("--without-uvloop",)]
LOOP_NAMES = ["uvloop", "asyncio"]


class Served(Peer):
    """A server's process, and a client of it.

    Attributes:
        process: The process.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        super().__init__(process.stdout, process.stdin)
        self.process = process
        self._log: list[str] = []

    def end_input(self) -> None:
        """Close the server's standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def log(self, text: str) -> str:
        """Wait for a line of standard error that contains a text."""
        assert self.process.stderr is not None
        async with asyncio.timeout(START_SECONDS):
            while line := (await self.process.stderr.readline()).decode():
                self._log.append(line)
                if text in line:
                    return line
        raise AssertionError(f"{text!r} is not in {self._log}")

    async def end(self) -> tuple[int | None, str, bytes]:
        """Wait for the end: exit code, standard error, the rest of standard output."""
        process = self.process
        assert process.stdout is not None
        assert process.stderr is not None
        async with asyncio.timeout(START_SECONDS):
            rest, errors = await asyncio.gather(
                process.stdout.read(), process.stderr.read()
            )
            await process.wait()
        return process.returncode, "".join(self._log) + errors.decode(), rest

    async def tool(self, name: str, **arguments: object) -> str:
        """The text that a tool of a legacy session gives."""
        params = {"name": name, "arguments": arguments}
        text: str = (await self.call("tools/call", params))["content"][0]["text"]
        return text


@asynccontextmanager
async def served(
    module: str, *arguments: str, **environment: str
) -> AsyncIterator[Served]:
    """`python -m MODULE ... --stdio`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        "--stdio",
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LIMIT,
    )
    try:
        yield Served(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
