"""The servers that are measured: ours, the limit by hand, and the peers.

Each runs in a process, peers in environments of their own. Servers that can use uvloop
run with it and without it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from benchmarks.manifests import tools
from tests.peers import environment

HERE = Path(__file__).parent
PEERS = {
    "sdk": ("mcp[cli]==2.3.0", "uvloop==0.23.0"),
    "fastmcp": ("fastmcp==4.1.2",),
}
_WITHOUT_UVLOOP = """
import runpy, sys
sys.modules["uvloop"] = None
sys.argv[0] = "search_server"
runpy.run_module("search_server", run_name="__main__", alter_sys=True)
"""
_HANDLERS = """
from .stubs import Search as Stubs
from .search import Search as Real


class Search(Stubs):
    search = Real.search
    count = Real.count
"""


def project(folder: Path, size: int = 2, features: Sequence[str] = ()) -> Path:
    """Generate the measured project, handlers included.

    Args:
        folder: Where to put it.
        size: How many tools it has.
        features: What its server has beside the defaults.
    """
    manifest = yaml.safe_load((HERE / "search/mcpgen.yaml").read_text("utf-8"))
    manifest["tools"] += tools(size - len(manifest["tools"]))
    if features:
        manifest["features"] = {"server": list(features)}
    folder.mkdir()
    file = folder / "manifest.json"
    file.write_text(json.dumps(manifest), "utf-8")
    mcpgen = [sys.executable, "-m", "mcpgen", "new", "server", "search"]
    subprocess.run(
        [*mcpgen, "--manifest", str(file)],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    package = folder / "search/server/search_server"
    if size > 2:
        (package / "handlers.py").rename(package / "stubs.py")
        shutil.copy(HERE / "search/handlers.py", package / "search.py")
        (package / "handlers.py").write_text(_HANDLERS, "utf-8")
    else:
        shutil.copy(HERE / "search/handlers.py", package / "handlers.py")
    return folder / "search"


def ours(*, uvloop: bool = False) -> list[str]:
    """The generated server, to be run in the project's folder `server`."""
    return [*_started(uvloop=uvloop), "--port", "{port}"]


def ours_over_stdio(*, uvloop: bool = False) -> list[str]:
    """The generated server over stdio."""
    return [*_started(uvloop=uvloop), "--stdio"]


def _started(*, uvloop: bool) -> list[str]:
    start = ["-m", "search_server"] if uvloop else ["-c", _WITHOUT_UVLOOP]
    return [str(generated()), *start]


def by_hand(*options: str) -> list[str]:
    """The handler that is written by hand."""
    return [str(generated()), str(HERE / "peers/handwritten.py"), "{port}", *options]


def sdk(*options: str) -> list[str]:
    """The official SDK's server."""
    return peer("sdk", "sdk.py", "{port}", *options)


def fastmcp() -> list[str]:
    """FastMCP's server."""
    return peer("fastmcp", "fastmcp_server.py", "{port}")


def peer(name: str, script: str, *arguments: str) -> list[str]:
    """A program of benchmarks/peers, in its environment."""
    return [str(python(name)), str(HERE / "peers" / script), *arguments]


def generated() -> Path:
    """The Python of an environment as users have it: what a generated server needs."""
    return environment("measured", *_requirements())


def _requirements() -> Iterator[str]:
    example = HERE.parent / "generated_examples/everything/server/pyproject.toml"
    project = tomllib.loads(example.read_text("utf-8"))["project"]
    yield from project["dependencies"]
    for extra in ("jwt", "uvloop"):
        yield from project["optional-dependencies"][extra]


def python(name: str) -> Path:
    """The Python of a peer's environment."""
    return environment(name, *PEERS[name])
