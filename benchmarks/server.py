"""The generated server beside a handler by hand and its peers: CPU per tools/call.

All servers run at once, each is loaded in turn, several rounds; CPU time is the server
process's own, divided by its answers. Peers live in environments of their own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.load import Load, Request, Server, measure, post
from tests.peers import environment

HERE = Path(__file__).parent
PEERS = {
    "sdk": ("mcp==2.3.0", "uvloop==0.23.0"),
    "fastmcp": ("fastmcp==4.1.2",),
}
ROUNDS = 3
SECONDS = 3
CONNECTIONS = (1, 16, 64)
MODERN = "2026-07-28"
LEGACY = "2025-11-25"


@dataclass(frozen=True, slots=True)
class Subject:
    """A server, and how one call of it looks on the wire."""

    name: str
    server: Server
    request: Request


def main() -> None:
    """Measure and print."""
    console = Console()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        subjects = list(_subjects(folder, stack))
        for connections in CONNECTIONS:
            console.print(_table(subjects, connections, folder))


def _subjects(folder: Path, stack: ExitStack) -> Iterator[Subject]:
    hand = [sys.executable, str(HERE / "peers/handwritten.py"), "8701"]
    limit = stack.enter_context(_serving(hand, 8701, folder))
    yield _modern("by hand", limit)

    project = _project(folder)
    ours = [sys.executable, "-m", "search_server", "--port", "8702"]
    mine = stack.enter_context(_serving(ours, 8702, project / "server"))
    yield _modern("mcpgen, modern", mine)
    yield _legacy("mcpgen, legacy", mine)

    sdk = _environment("sdk")
    script = str(HERE / "peers/sdk.py")
    default = stack.enter_context(_serving([sdk, script, "8703"], 8703, folder))
    yield _modern("SDK, default", default)
    yield _legacy("SDK, default, legacy", default)
    tuned = stack.enter_context(_serving([sdk, script, "8704", "tuned"], 8704, folder))
    yield _modern("SDK, tuned", tuned)

    fast = [_environment("fastmcp"), str(HERE / "peers/fastmcp_server.py"), "8705"]
    yield _modern("FastMCP", stack.enter_context(_serving(fast, 8705, folder)))


def _project(folder: Path) -> Path:
    mcpgen = [sys.executable, "-m", "mcpgen", "new", "server", "search"]
    manifest = str(HERE / "search/mcpgen.yaml")
    subprocess.run(
        [*mcpgen, "--manifest", manifest],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    package = folder / "search/server/search_server"
    shutil.copy(HERE / "search/handlers.py", package / "handlers.py")
    return folder / "search"


def _environment(name: str) -> str:
    return str(environment(name, *PEERS[name]))


@contextmanager
def _serving(command: list[str], port: int, folder: Path) -> Iterator[Server]:
    server = Server(command, port, folder)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def _modern(name: str, server: Server) -> Subject:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "search",
    }
    return _subject(name, server, headers, {"_meta": meta})


def _legacy(name: str, server: Server) -> Subject:
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    url = f"http://127.0.0.1:{server.port}/mcp"
    hello = {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": LEGACY,
            "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"},
        },
    }
    answered, _ = post(Request(url, headers, hello))
    headers |= {
        "Mcp-Session-Id": answered["Mcp-Session-Id"],
        "MCP-Protocol-Version": LEGACY,
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    post(Request(url, headers, ready))
    return _subject(name, server, headers, {})


def _subject(
    name: str, server: Server, headers: dict[str, str], more: dict[str, object]
) -> Subject:
    params = {"name": "search", "arguments": {"query": "boat", "limit": 5}, **more}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    request = Request(f"http://127.0.0.1:{server.port}/mcp", headers, body)
    _, answer = post(request)
    if "boat 4" not in answer or 'isError":true' in answer:
        raise RuntimeError(f"{name} answered {answer}")
    return Subject(name, server, request)


def _table(subjects: list[Subject], connections: int, folder: Path) -> Table:
    loads: dict[str, list[Load]] = {subject.name: [] for subject in subjects}
    for _ in range(ROUNDS):
        for subject in subjects:
            loads[subject.name].append(
                measure(subject.server, subject.request, connections, SECONDS, folder)
            )
    table = Table(
        "",
        "CPU µs/call",
        "ratio",
        "calls/s",
        "p50 ms",
        "p99 ms",
        title=f"tools/call, {connections} at once",
    )
    limit = median(load.cpu for load in loads[subjects[0].name])
    for name, runs in loads.items():
        cpu = median(load.cpu for load in runs)
        table.add_row(
            name,
            f"{cpu:.0f}",
            f"{cpu / limit:.2f}",
            f"{median(load.rate for load in runs):.0f}",
            f"{median(load.p50 for load in runs):.2f}",
            f"{median(load.p99 for load in runs):.2f}",
        )
    return table
