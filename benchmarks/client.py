"""The generated client beside a bare `ClientSession.post`: calls, import, memory.

Every client is a process that makes some calls when asked to, in turns; CPU time is its
own. All call the same server.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import subjects
from benchmarks.process import serving
from benchmarks.scale import Scale
from benchmarks.tables import compared

ROOT = Path(__file__).parent.parent
_MB = 1024 * 1024
_IMPORT = """
import time
before = time.process_time()
import {modules}
print(time.process_time() - before)
"""


class Client:
    """A client's process, which calls in steps."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self.name = name
        self._process = process

    def cost(self, calls: int, at_once: int) -> float:
        """CPU µs per call."""
        return self._ask(f"{calls} {at_once}") / calls * 1e6

    def memory(self) -> float:
        """MB of physical memory."""
        return self._ask("memory") / _MB

    def _ask(self, line: str) -> float:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the process has no pipes")
        stdin.write(line + "\n")
        stdin.flush()
        return float(stdout.readline())


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        project = subjects.project(folder / "project")
        server = stack.enter_context(
            serving(subjects.ours(uvloop=True), project / "server")
        )
        path = os.pathsep.join((str(ROOT), str(project / "client")))
        clients = [
            stack.enter_context(started(name, [*command, server.url], path))
            for name, command in commands(scale).items()
        ]
        for client in clients:
            client.cost(scale.calls, 1)
        for at_once, title in ((1, "one after the other"), (64, "64 at once")):
            console.print(_calls(clients, title, at_once, scale))
        memory = {client.name: client.memory() for client in clients}
        console.print(compared("resident memory after the calls", "MB", memory))
        console.print(_imports(path, scale))


def commands(scale: Scale) -> dict[str, Sequence[str]]:
    """The command of each client, without what it connects to; the first is the base."""
    ours = [str(subjects.generated()), "-m", "benchmarks.peers."]
    commands: dict[str, Sequence[str]] = {
        "bare": [*ours[:-1], ours[-1] + "client_bare"],
        "mcpgen": [*ours[:-1], ours[-1] + "client_mcpgen"],
    }
    if scale.peers:
        for name, peer in (("SDK", "sdk"), ("FastMCP", "fastmcp")):
            python = str(subjects.python(peer))
            commands[name] = [python, "-m", f"benchmarks.peers.client_{peer}"]
    return commands


@contextmanager
def started(name: str, command: Sequence[str], path: str) -> Iterator[Client]:
    """A client's process that is ready to call."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the client {name} did not start")
        yield Client(name, process)


def _calls(clients: list[Client], title: str, at_once: int, scale: Scale) -> Table:
    costs: dict[str, list[float]] = {client.name: [] for client in clients}
    for _ in range(scale.rounds):
        for client in clients:
            costs[client.name].append(client.cost(max(scale.calls, at_once), at_once))
    middle = {name: median(values) for name, values in costs.items()}
    return compared(f"calls of a client, {title}", "CPU µs/call", middle)


def _imports(path: str, scale: Scale) -> Table:
    ours, times = str(subjects.generated()), max(1, 3 * scale.rounds)
    imports = {
        "import aiohttp, pydantic": (ours, "aiohttp, pydantic"),
        "import search_client": (ours, "search_client"),
        "the same, and a client made": (
            ours,
            "search_client; search_client.SearchClient('http://127.0.0.1/mcp')",
        ),
    }
    if scale.peers:
        imports["import mcp"] = (str(subjects.python("sdk")), "mcp")
        imports["import fastmcp"] = (str(subjects.python("fastmcp")), "fastmcp")
    took: dict[str, list[float]] = {name: [] for name in imports}
    for turn in range(times + 1):
        for name, (python, modules) in imports.items():
            spent = _run(python, _IMPORT.format(modules=modules), path)
            # The first import writes byte code.
            if turn:
                took[name].append(spent * 1000)
    middle = {name: median(values) for name, values in took.items()}
    return compared("imports", "CPU ms", middle)


def _run(python: str, code: str, path: str) -> float:
    printed = subprocess.run(
        [python, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ).stdout
    return float(printed)
