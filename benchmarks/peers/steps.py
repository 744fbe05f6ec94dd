"""Calls in small steps, as the bench asks for them; needs nothing but Python.

Reads lines `CALLS AT_ONCE`, and writes the CPU seconds that the calls took; `memory` is
answered with the process's bytes.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path


async def serve(call: Callable[[], Awaitable[int]]) -> None:
    """Answer requests for steps until there are no more; a call gives five matches."""
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line == "memory\n":
            print(_memory(), flush=True)
            continue
        calls, at_once = map(int, line.split())
        before = time.process_time()
        await asyncio.gather(*(_some(call, calls // at_once) for _ in range(at_once)))
        print(time.process_time() - before, flush=True)


def _memory() -> int:
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def _some(call: Callable[[], Awaitable[int]], count: int) -> None:
    for _ in range(count):
        if await call() != 5:
            raise RuntimeError("the answer is not the right one")
