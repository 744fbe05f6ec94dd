"""A load generator for where wrk is not installed: `python -m benchmarks.trickle ...`.

It is a bottleneck: CPU per answer is still the server's own, rates and latencies are not.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp


async def main(request: Any, connections: int, seconds: float) -> None:
    """Send a request again and again, and report like wrk's script."""
    took: list[float] = []
    end = time.monotonic() + seconds
    async with aiohttp.ClientSession(headers=request["headers"]) as session:
        results = await asyncio.gather(
            *(_one(session, request, end, took) for _ in range(connections)),
            return_exceptions=True,
        )
    failed = sum(isinstance(result, BaseException) for result in results)
    cuts = quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    report = {"answers": len(took), "failed": failed, "p50": cuts[49], "p99": cuts[98]}
    for name, value in report.items():
        print(name, round(value))


async def _one(
    session: aiohttp.ClientSession, request: Any, end: float, took: list[float]
) -> None:
    while (started := time.monotonic()) < end:
        # An id that is new each time, as the requests of one session must be.
        body = json.dumps({**request["body"], "id": time.perf_counter_ns()}).encode()
        async with session.post(request["url"], data=body) as answer:
            answer.raise_for_status()
            await answer.read()
        took.append((time.monotonic() - started) * 1e6)


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    asyncio.run(main(told, int(sys.argv[2]), float(sys.argv[3])))
