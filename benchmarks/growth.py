"""How the cost of a call grows: with the catalogue, with sessions, with an argument."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from benchmarks import subjects
from benchmarks.load import cpu_per_answer
from benchmarks.process import Server, serving
from benchmarks.scale import Scale
from benchmarks.tables import compared
from benchmarks.wire import Request, Subject, legacy, modern, session

_UNIT = "CPU µs/call"
CONNECTIONS = 4


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        homes = {
            size: subjects.project(folder / f"size{size}", size) / "server"
            for size in scale.tools
        }

        def start(command: Sequence[str], where: Path) -> Server:
            return stack.enter_context(serving(command, where))

        servers = {size: start(subjects.ours(), home) for size, home in homes.items()}
        home = homes[min(homes)]
        hand, mine = (subjects.by_hand(), folder), (subjects.ours(), home)
        crowds = {10: start(*mine), scale.sessions: start(*mine)}
        for count, server in crowds.items():
            for _ in range(count):
                session(server.url)
        tables = {
            "tools in the catalogue: a call": [
                Subject(f"{size} tools", server, modern(server.url))
                for size, server in servers.items()
            ],
            "tools in the catalogue: tools/list, all on one page": [
                Subject(f"{size} tools", server, _listing(server), '"search"')
                for size, server in servers.items()
            ],
            "sessions: a legacy call in one of them": [
                Subject(f"{count} sessions", server, legacy(server.url))
                for count, server in crowds.items()
            ],
            "size of an argument": [
                _argument(f"{name}: {size:,} bytes", start(*command), size)
                for size in scale.argument
                for name, command in (("by hand", hand), ("mcpgen", mine))
            ],
        }
        for title, cases in tables.items():
            for case in cases:
                case.check()
            costs = cpu_per_answer(cases, CONNECTIONS, scale)
            values = {c.name: cost for c, cost in zip(cases, costs, strict=True)}
            console.print(compared(title, _UNIT, values))


def _listing(server: Server) -> Request:
    return modern(server.url, method="tools/list")


def _argument(name: str, server: Server, size: int) -> Subject:
    request = modern(server.url, arguments={"query": "boat" * (size // 4), "limit": 1})
    return Subject(name, server, request, "boat 0")
