"""A server as a program, whose handlers do not want to end.

`python -m tests.runtime.server.stubborn [--without-uvloop] OPTION...`
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar, TextIO

from mcpgen.runtime.core.catalog import Catalog
from mcpgen.runtime.server import (
    Context,
    Contract,
    LiveCatalog,
    Service,
    ToolBinding,
    main,
)

FOREVER = 600.0

TOOLS = ("swallow", "sleep", "block", "thread", "to_thread", "short", "files", "hello")
EXITS = ("task", "gather", "group", "callback", "interrupt")
"""Tools whose task, or that of a group, raises SystemExit or KeyboardInterrupt."""


def _begun() -> None:
    print("begun", flush=True)


async def _exit(error: BaseException) -> str:
    await asyncio.sleep(0)
    raise error


class Stubborn(Service):
    """Each tool ends late, in a way of its own; `hello` ends at once."""

    contract: ClassVar[Contract] = Contract(
        Catalog(
            {"name": "stubborn", "version": "1"},
            tools=tuple(
                {"name": name, "inputSchema": {"type": "object"}}
                for name in (*TOOLS, *EXITS)
            ),
        ),
        tools={name: ToolBinding(name, Any) for name in (*TOOLS, *EXITS)},
    )

    async def on_startup(self, catalog: LiveCatalog) -> None:
        """Prepare."""
        self._opened: list[TextIO] = []

    async def on_shutdown(self) -> None:
        """Say that it came to this."""
        print("on_shutdown", flush=True)

    async def swallow(self, args: Any, ctx: Context) -> str:
        """Go on after each cancellation."""
        _begun()
        while True:
            try:
                await asyncio.sleep(FOREVER)
            except asyncio.CancelledError:
                print("canceled", flush=True)

    def sleep(self, args: Any, ctx: Context) -> str:
        """Keep a thread of the server."""
        _begun()
        time.sleep(FOREVER)
        return ""

    async def block(self, args: Any, ctx: Context) -> str:
        """Keep the event loop."""
        _begun()
        time.sleep(FOREVER)  # noqa: ASYNC251  the mistake that is tested
        return ""

    async def thread(self, args: Any, ctx: Context) -> str:
        """Leave a thread behind for which the interpreter waits."""
        threading.Thread(target=time.sleep, args=(FOREVER,)).start()
        _begun()
        await asyncio.sleep(FOREVER)
        return ""

    async def to_thread(self, args: Any, ctx: Context) -> str:
        """Keep a thread of the event loop."""
        _begun()
        await asyncio.to_thread(time.sleep, FOREVER)
        return ""

    async def short(self, args: Any, ctx: Context) -> str:
        """Clean up for a moment when canceled."""
        _begun()
        try:
            await asyncio.sleep(FOREVER)
        finally:
            await asyncio.sleep(0)
            print("cleaned up", flush=True)
        return ""

    async def files(self, args: Any, ctx: Context) -> str:
        """Open as many files as there can be."""
        try:
            while True:
                self._opened.append(Path(os.devnull).open())  # noqa: ASYNC230, SIM115
        except OSError as error:
            return error.strerror or ""

    async def task(self, args: Any, ctx: Context) -> str:
        """Exit in a task of its own."""
        return await asyncio.create_task(_exit(SystemExit(3)))

    async def interrupt(self, args: Any, ctx: Context) -> str:
        """Interrupt itself in a task of its own."""
        return await asyncio.create_task(_exit(KeyboardInterrupt()))

    async def gather(self, args: Any, ctx: Context) -> str:
        """Exit in several tasks."""
        await asyncio.gather(_exit(SystemExit(3)), _exit(SystemExit(4)))
        return ""

    async def group(self, args: Any, ctx: Context) -> str:
        """Exit in a group of tasks."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_exit(SystemExit(3)))
        return ""

    async def callback(self, args: Any, ctx: Context) -> str:
        """Exit in a callback of the loop."""
        asyncio.get_running_loop().call_soon(sys.exit, 3)
        await asyncio.sleep(0.01)
        return "hello"

    async def hello(self, args: Any, ctx: Context) -> str:
        """End at once."""
        return "hello"


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if "--without-uvloop" in arguments:
        arguments.remove("--without-uvloop")
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # as if not installed
    if arguments[:1] == ["--descriptors"]:
        soft = int(arguments[1])
        resource.setrlimit(
            resource.RLIMIT_NOFILE,
            (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
        )
        arguments = arguments[2:]
    sys.exit(main(Stubborn, arguments))
