"""A server whose handlers print, read and fill pipes.

`python -m tests.runtime.server.stdio.program [--without-uvloop] OPTION...`
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

from mcpgen.runtime.core.catalog import Catalog
from mcpgen.runtime.server import Context, LiveCatalog, ToolBinding, main

from ..workshop import CATALOG, Workshop, tool

TOOLS = ("noisy", "reading", "big", "measured", "steps", "state", "who", "guarded")

print("printed at import")


class Noisy(Workshop):
    """Does what handlers should not do, and tells what it has."""

    contract = replace(
        Workshop.contract,
        catalog=Catalog(
            CATALOG.server,
            tools=(*CATALOG.tools, *map(tool, TOOLS)),
            prompts=CATALOG.prompts,
            resources=CATALOG.resources,
            resource_templates=CATALOG.resource_templates,
        ),
        tools={
            **Workshop.contract.tools,
            **{name: ToolBinding(name, Any) for name in TOOLS},
            "guarded": ToolBinding("guarded", Any, scopes=("write",)),
        },
    )

    def __init__(self) -> None:
        super().__init__()
        print("printed by the constructor")

    async def on_startup(self, catalog: LiveCatalog) -> None:
        """Print, at a time at which nothing is served yet."""
        await super().on_startup(catalog)
        print("printed at startup")

    async def on_shutdown(self) -> None:
        """Print when nothing is served any more."""
        print("on_shutdown", flush=True)

    async def noisy(self, args: Any, ctx: Context) -> str:
        """Write to standard output in every way."""
        print("printed")
        sys.stdout.write("not a whole line")
        os.write(1, b"written\n")
        subprocess.run(["echo", "a child's"], check=True)  # noqa: ASYNC221
        logging.getLogger("noisy").warning("logged")
        return "quiet"

    def reading(self, args: Any, ctx: Context) -> str:
        """Read standard input, and let a child read it."""
        child = subprocess.run(["cat"], check=True, stdout=subprocess.PIPE)
        return f"{child.stdout!r} {sys.stdin.read()!r}"

    async def big(self, args: Any, ctx: Context) -> str:
        """Answer with a text of some length."""
        return "x" * int(args["size"])

    async def measured(self, args: Any, ctx: Context) -> str:
        """The length of an argument."""
        return str(len(args["text"]))

    async def steps(self, args: Any, ctx: Context) -> str:
        """Report progress, and let others run in between."""
        for step in range(1, 6):
            await ctx.progress(step, 5, args["tag"])
            await asyncio.sleep(0)
        return str(args["tag"])

    async def state(self, args: Any, ctx: Context) -> str:
        """Numbers of descriptors and tasks, and the size of the process in MB."""
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: ASYNC230, PTH123
            pages = int(file.read().split()[1])
        descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        return f"{descriptors} {len(asyncio.all_tasks())} {pages // 256}"

    async def who(self, args: Any, ctx: Context) -> str:
        """The caller."""
        if ctx.principal is None:
            return "nobody"
        return f"{ctx.principal.subject} {sorted(ctx.scopes)}"

    async def guarded(self, args: Any, ctx: Context) -> str:
        """Something that needs a scope."""
        return "done"


class WithAuth(Noisy):
    """As a manifest with `auth`: nothing of the authorization server is configured."""

    contract = replace(
        Noisy.contract, auth={"auth": "jwt", "auth_implies": ("admin=write",)}
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if "--without-uvloop" in arguments:
        arguments.remove("--without-uvloop")
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # as if not installed
    made: type[Noisy] = Noisy
    if "--with-auth" in arguments:
        arguments.remove("--with-auth")
        made = WithAuth
    sys.exit(main(made, arguments))
