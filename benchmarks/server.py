"""The generated server beside a handler by hand and its peers: CPU per tools/call.

All servers run at once and are loaded in turns; CPU time is the server process's own,
divided by its answers, our access log on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import subjects
from benchmarks.load import cpu_per_answer, latency
from benchmarks.process import serving
from benchmarks.scale import Scale
from benchmarks.tables import rows
from benchmarks.wire import Subject, legacy, modern

ERAS = {"modern": modern, "legacy": legacy}
BASES = {"": "by hand", ", uvloop": "by hand, uvloop"}


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        measured = list(_subjects(Path(name), stack, peers=scale.peers))
        for each in measured:
            each.check()
        for connections in scale.connections:
            console.print(_calls(measured, connections, scale))
        most = max(scale.connections)
        console.print(_latencies(measured, most, scale))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        console.print(_events(Path(name), stack, scale))


def _subjects(folder: Path, stack: ExitStack, *, peers: bool) -> Iterator[Subject]:
    home = subjects.project(folder / "project") / "server"
    for suffix, base in BASES.items():
        uvloop = bool(suffix)
        hand = subjects.by_hand(*(["uvloop"] if uvloop else []))
        limit = stack.enter_context(serving(hand, folder))
        yield Subject(base, limit, modern(limit.url))
        for era, make in ERAS.items():
            mine = stack.enter_context(serving(subjects.ours(uvloop=uvloop), home))
            yield Subject(f"mcpgen, {era}{suffix}", mine, make(mine.url))
    if not peers:
        return
    others = {
        "SDK, default": subjects.sdk(),
        "SDK, tuned": subjects.sdk("tuned"),
        "FastMCP": subjects.fastmcp(),
    }
    for name, command in others.items():
        for era, make in ERAS.items():
            peer = stack.enter_context(serving(command, folder))
            yield Subject(f"{name}, {era}", peer, make(peer.url))


def _calls(measured: list[Subject], connections: int, scale: Scale) -> Table:
    costs = cpu_per_answer(measured, connections, scale)
    by_name = {each.name: cost for each, cost in zip(measured, costs, strict=True)}
    return rows(
        f"tools/call, {connections} at once",
        ("", "CPU µs/call", "ratio to by hand", "times mcpgen's"),
        (
            (n, round(c), c / _base(by_name, n), _times(by_name, n))
            for n, c in by_name.items()
        ),
    )


def _base(costs: Mapping[str, float], name: str) -> float:
    """The limit with the same event loop."""
    return costs[BASES[", uvloop" if "uvloop" in name else ""]]


def _times(costs: Mapping[str, float], name: str) -> float:
    """How often the cost of our server with the same era and event loop fits in."""
    era = "legacy" if "legacy" in name else "modern"
    loop = ", uvloop" if "uvloop" in name or "tuned" in name else ""
    return costs[name] / costs[f"mcpgen, {era}{loop}"]


def _latencies(measured: list[Subject], connections: int, scale: Scale) -> Table:
    loads = {each.name: latency(each, connections, scale) for each in measured}
    return rows(
        f"latency, {connections} at once",
        ("", "p50 ms", "p99 ms", "p99 / p50"),
        ((n, load.p50, load.p99, load.p99 / load.p50) for n, load in loads.items()),
    )


def _events(folder: Path, stack: ExitStack, scale: Scale) -> Table:
    """Three reports of progress on an event stream, beside the plain answer."""
    home = subjects.project(folder / "project") / "server"
    cases: list[Subject] = []
    for suffix in BASES:
        for era, make in ERAS.items():
            for kind, progress in (("plain", False), ("3 events", True)):
                command = subjects.ours(uvloop=bool(suffix))
                server = stack.enter_context(serving(command, home))
                request = make(server.url, "count", {}, progress=progress)
                name = f"{era}{suffix}: {kind}"
                cases.append(Subject(name, server, request, "three"))
    for case in cases:
        case.check()
    costs = cpu_per_answer(cases, max(scale.connections), scale)
    # Every case with events follows its plain one.
    bases = [costs[n - n % 2] for n in range(len(costs))]
    return rows(
        "progress on an event stream",
        ("", "CPU µs/call", "ratio to plain"),
        (
            (case.name, round(cost), cost / base)
            for case, cost, base in zip(cases, costs, bases, strict=True)
        ),
    )
