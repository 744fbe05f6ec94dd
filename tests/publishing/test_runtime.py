"""`mcpgen build runtime`: one runtime for all packages of an environment."""

from __future__ import annotations

import os
import signal
import site
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from mcpgen import new
from mcpgen.manifest import loads
from mcpgen.render import example_manifest
from mcpgen.runtime.version import RUNTIME_VERSION
from tests.cli.conftest import terminal as terminal
from tests.cli.terminal import Terminal
from tests.pace import patient

SECONDS: Final = patient(300)
CLIENTS: Final = 10
WHEEL: Final = f"mcpgen_runtime-{RUNTIME_VERSION}-py3-none-any.whl"


def clean() -> dict[str, str]:
    """The environment without what would lead to this checkout."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PIP_", "MCP"))
    }


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean(),
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Environment:
    """An environment of its own, and an empty folder to work in."""

    python: Path
    folder: Path

    def run(self, *arguments: str) -> str:
        return run(self.python, *arguments, folder=self.folder)

    @contextmanager
    def serving(self, module: str) -> Generator[str]:
        """A server as a process; gives its URL."""
        process = subprocess.Popen(
            [self.python, "-m", module, "--port", "0"],
            cwd=self.folder,
            env=clean(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        try:
            words = process.stdout.readline().split()
            (url,) = (word for word in words if word.startswith("http://127.0.0.1:"))
            yield url
        finally:
            late.cancel()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The runtime's wheel, a server and ten clients, installed without a checkout."""
    from mcpgen import publishing

    folder = tmp_path_factory.mktemp("shared")
    wheels: list[str | Path] = [
        made.path
        for made in publishing.build_runtime(folder / "dist")
        if made.path.suffix == ".whl"
    ]
    for number in range(CLIENTS):
        name = f"weather{number}"
        text = f"{example_manifest(name)}\nruntime: shared\n"
        home = folder / name
        made = new.create(name, source=loads(text, "mcpgen.yaml"), folder=home)
        assert not made.notes
        halves = ["client"] if number else ["server", "client"]
        wheels += [built(home / half, folder / "dist") for half in halves]
    venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
    binaries = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = binaries / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    purelib = Path(run(python, "-c", code, folder=folder).strip())
    # A path in a .pth file comes last and its own .pth files are not read: the editable
    # installation of this checkout stays out.
    borrowed = "\n".join(site.getsitepackages())
    (purelib / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
        *("--no-index", "--no-deps", "--ignore-installed", *wheels),
        folder=folder,
    )
    work = folder / "work"
    work.mkdir()
    return Environment(python, work)


def built(folder: Path, place: Path) -> Path:
    """The wheel of a generated package."""
    before = set(place.iterdir())
    run(
        *(sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check"),
        *("--wheel", "--outdir", place, folder),
        folder=folder,
    )
    (wheel,) = set(place.iterdir()) - before
    return wheel


def test_the_command_builds_the_same_bytes_wherever_it_runs(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.go(tmp_path)
    done = terminal.mcpgen("build", "runtime")
    assert done.code == 0, done.err
    assert [line.partition(" ")[0] for line in done.out.splitlines()] == [
        f"dist/{WHEEL}",
        f"dist/mcpgen_runtime-{RUNTIME_VERSION}.tar.gz",
    ]
    again = terminal.mcpgen("build", "runtime", "--out", "again")
    assert again.out == done.out.replace("dist/", "again/")
    with zipfile.ZipFile(tmp_path / "dist" / WHEEL) as archive:
        names = set(archive.namelist())
    assert {"mcpgen_runtime/py.typed", "mcpgen_runtime/client/__init__.py"} <= names
    assert f"mcpgen_runtime-{RUNTIME_VERSION}.dist-info/licenses/LICENSE" in names


def test_an_installed_server_is_called_by_an_installed_client(
    environment: Environment,
) -> None:
    with environment.serving("weather0_server") as url:
        for name in ("weather0_client", "weather1_client"):
            said = environment.run("-m", name, url, "list")
            assert "get_forecast" in said
            code = (
                f"import {name} as package\n"
                f"from {name} import models, types\n"
                f"with package.{name.partition('_')[0].title()}Client.sync({url!r}) as c:\n"
                "    print(c.server_info.name, len(c.list_tools()))\n"
            )
            assert environment.run("-c", code) == "weather0 2\n"


def test_ten_clients_share_one_runtime(environment: Environment) -> None:
    code = f"""
import sys
from importlib import import_module

packages = [import_module(f"weather{{n}}_client") for n in range({CLIENTS})]
assert len({{package.ToolError for package in packages}}) == 1
assert len({{package.types.CallToolResult for package in packages}}) == 1
assert len({{package.models.GetForecastInput for package in packages}}) == {CLIENTS}
place = sys.modules["mcpgen_runtime"].__file__
assert "venv" in place, place
assert not any(".runtime" in name for name in sys.modules)
assert "mcpgen" not in sys.modules
print("fine")
"""
    assert environment.run("-c", code) == "fine\n"
