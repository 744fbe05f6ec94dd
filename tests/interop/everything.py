"""The everything example, served in this process so that tests see what handlers see."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.pace import patient

HOME = Path(__file__).parents[2] / "generated_examples/everything/server"
SECONDS = patient(60)
"""The bound of every wait; the peers' processes take some time to start."""
PROGRAM = [
    sys.executable,
    str(Path(__file__).with_name("everything_program.py")),
    "--stdio",
]
"""Serves it over standard input and output."""
EVERY_TOOL: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("every_tool.json").read_text("utf-8")
)
"""Arguments of each tool and the kinds of content that it gives; without the tool that
works until it is cancelled."""
OUTCOMES = {
    name: [name == "test_error_handling", tool["content"]]
    for name, tool in EVERY_TOOL.items()
}
"""Whether each tool fails, and the kinds of its content."""


class Everything:
    """The example's service, and the URL under which it is served."""

    def __init__(self, **settings: Any) -> None:
        package = importlib.import_module("everything_server.generated")
        handlers = importlib.import_module("everything_server.handlers")
        outer = self

        class Watched(handlers.Everything):  # type: ignore[misc, name-defined]
            """Says what becomes of the call that is there to be cancelled."""

            async def test_cancellation(self, args: Any, ctx: Any) -> str:
                outer.started.set()
                try:
                    result: str = await super().test_cancellation(args, ctx)
                except asyncio.CancelledError:
                    outer.cancelled.set()
                    raise
                return result

        self.url = ""
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.seen: list[tuple[str, int]] = []
        """HTTP method and status of every request so far."""
        self.app: web.Application = package.create_app(
            Watched(), package.Settings(**settings)
        )
        self.app.on_response_prepare.append(self._see)

    async def _see(self, request: web.Request, response: web.StreamResponse) -> None:
        self.seen.append((request.method, response.status))


@asynccontextmanager
async def everything(**settings: Any) -> AsyncIterator[Everything]:
    """Serve the example on 127.0.0.1 with these settings."""
    sys.path.insert(0, str(HOME))
    try:
        example = Everything(**settings)
    finally:
        sys.path.remove(str(HOME))
    runner = web.AppRunner(example.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        example.url = f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
        yield example
    finally:
        await runner.cleanup()
