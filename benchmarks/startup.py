"""From the start of a server's process to its first answered call."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import subjects
from benchmarks.process import serving
from benchmarks.scale import Scale
from benchmarks.tables import rows
from benchmarks.wire import Subject, modern


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = subjects.project(folder / "project") / "server"
        starts: dict[str, tuple[Sequence[str], Path]] = {
            "by hand": (subjects.by_hand(), folder),
            "mcpgen": (subjects.ours(), home),
        }
        if scale.peers:
            starts["SDK"] = (subjects.sdk(), folder)
            starts["FastMCP"] = (subjects.fastmcp(), folder)
        console.print(_compared(starts, scale.rounds))


def _compared(starts: dict[str, tuple[Sequence[str], Path]], rounds: int) -> Table:
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in starts}
    for turn in range(rounds + 1):
        for name, (command, folder) in starts.items():
            result = _first_answer(name, command, folder)
            # The first start writes byte code.
            if turn:
                took[name].append(result)
    middle = {
        name: (_middle(pairs, 0), _middle(pairs, 1)) for name, pairs in took.items()
    }
    cpu, wall = middle["by hand"]
    return rows(
        "from process start to the first answered call",
        ("", "CPU s", "ratio", "wall s", "ratio"),
        ((n, c, c / cpu, w, w / wall) for n, (c, w) in middle.items()),
    )


def _first_answer(
    name: str, command: Sequence[str], folder: Path
) -> tuple[float, float]:
    """CPU and wall time in seconds."""
    with serving(command, folder) as server:
        Subject(name, server, modern(server.url)).check()
        return server.cpu(), time.perf_counter() - server.started


def _middle(pairs: list[tuple[float, float]], which: int) -> float:
    return median(pair[which] for pair in pairs)
