"""The generated server and client over stdio, beside a bare loop and the peers.

Servers are programs that answer lines, in turns; so are clients, each with a server of
its own. CPU time is the process's own, from the operating system.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import subjects
from benchmarks.client import ROOT, Client, commands, started
from benchmarks.process import cpu, serving
from benchmarks.scale import Scale
from benchmarks.tables import compared, rows
from benchmarks.wire import INITIALIZE, SEARCH, Subject, modern

LEGACY_CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search", "arguments": SEARCH},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
AT_ONCE = ((1, "one after the other"), (64, "64 at once"))


class Program:
    """A server over stdio, and the call that it is asked."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], era: str) -> None:
        self.name = name
        self._process = process
        body = modern("").body if era == "modern" else LEGACY_CALL
        self._before, _, self._after = json.dumps(body).partition('"id": 1')
        self._number = 0
        if era == "legacy":
            self._write(json.dumps(INITIALIZE))
            self._read()
            self._write(json.dumps(READY))

    def check(self) -> None:
        """Call once.

        Raises:
            RuntimeError: The answer is not the right one.
        """
        self._call()
        answer = self._read()
        if "boat 4" not in answer or '"isError":true' in answer:
            raise RuntimeError(f"{self.name} answered {answer[:500]}")

    def cost(self, calls: int, at_once: int) -> float:
        """CPU µs per call."""
        before = cpu(self._process.pid)
        for _ in range(at_once):
            self._call()
        for left in range(calls, 0, -1):
            self._read()
            if left > at_once:
                self._call()
        return (cpu(self._process.pid) - before) / calls * 1e6

    def spent(self) -> float:
        """Seconds of CPU so far."""
        return cpu(self._process.pid)

    def _call(self) -> None:
        self._number += 1
        self._write(f'{self._before}"id": {self._number}{self._after}')

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} has ended")
        return line.decode()


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = subjects.project(folder / "project")
        with ExitStack() as stack:
            programs = [
                stack.enter_context(_running(name, command, project / "server", era))
                for name, era, command in _servers(scale)
            ]
            for program in programs:
                program.check()
            for at_once, title in AT_ONCE:
                table = _calls(programs, f"calls over stdio, {title}", at_once, scale)
                console.print(table)
        with ExitStack() as stack:
            path = os.pathsep.join((str(ROOT), str(project / "client")))
            server = [str(project / "server"), *subjects.ours_over_stdio(uvloop=True)]
            clients = [
                stack.enter_context(started(name, [*command, *server], path))
                for name, command in commands(scale).items()
                if name != "FastMCP"
            ]
            for each in clients:
                each.cost(scale.calls, 1)
            for at_once, title in AT_ONCE:
                title = f"calls of a client over stdio, {title}"
                console.print(_calls(clients, title, at_once, scale))
        console.print(_starts(project / "server", scale))


def _servers(scale: Scale) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Name, era and command of each server; the first one is the base."""
    bare = str(subjects.HERE / "peers/stdio_bare.py")
    python = str(subjects.generated())
    yield "bare loop", "modern", (python, bare, "asyncio")
    yield "bare loop, uvloop", "modern", (python, bare, "uvloop")
    yield "bare loop that blocks", "modern", (python, bare, "plain")
    for era in ("modern", "legacy"):
        yield f"mcpgen, {era}", era, subjects.ours_over_stdio()
        yield f"mcpgen, {era}, uvloop", era, subjects.ours_over_stdio(uvloop=True)
    if scale.peers:
        for era in ("modern", "legacy"):
            yield f"SDK, {era}", era, subjects.peer("sdk", "sdk.py", "stdio")


@contextmanager
def _running(
    name: str, command: Sequence[str], folder: Path, era: str
) -> Iterator[Program]:
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield Program(name, process, era)
        finally:
            process.kill()


def _calls(
    measured: Sequence[Program] | Sequence[Client],
    title: str,
    at_once: int,
    scale: Scale,
) -> Table:
    costs: dict[str, list[float]] = {each.name: [] for each in measured}
    calls = max(scale.calls, at_once)
    for _ in range(scale.rounds):
        for each in measured:
            costs[each.name].append(each.cost(calls, at_once))
    middle = {name: median(values) for name, values in costs.items()}
    return compared(title, "CPU µs/call", middle)


def _starts(home: Path, scale: Scale) -> Table:
    took: dict[str, list[tuple[float, float]]] = {}
    for turn in range(scale.rounds + 1):
        for name, found in _first_answers(home, scale).items():
            # The first start writes byte code.
            if turn:
                took.setdefault(name, []).append(found)
    middle = {
        name: (median(each[0] for each in found), median(each[1] for each in found))
        for name, found in took.items()
    }
    spent, wall = next(iter(middle.values()))
    return rows(
        "from process start to the first answered call",
        ("", "CPU s", "ratio", "wall s", "ratio"),
        ((n, c, c / spent, w, w / wall) for n, (c, w) in middle.items()),
    )


def _first_answers(home: Path, scale: Scale) -> Mapping[str, tuple[float, float]]:
    """CPU and wall time in seconds until each server has answered a call."""
    found: dict[str, tuple[float, float]] = {}
    with serving(subjects.ours(), home) as server:
        Subject("mcpgen, HTTP", server, modern(server.url)).check()
        found["mcpgen, HTTP"] = server.cpu(), time.perf_counter() - server.started
    programs = {"mcpgen, stdio": subjects.ours_over_stdio()}
    if scale.peers:
        programs["SDK, stdio"] = subjects.peer("sdk", "sdk.py", "stdio")
    for name, command in programs.items():
        begun = time.perf_counter()
        with _running(name, command, home, "modern") as program:
            program.check()
            found[name] = program.spent(), time.perf_counter() - begun
    return found
