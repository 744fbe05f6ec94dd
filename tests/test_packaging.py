"""The wheel works where there is no checkout, and makes what the checkout makes."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pace import patient

CHECKOUT = Path(__file__).parents[1]
SOURCES = (
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "mcpgen",
    "pyproject.toml",
    "schema",
    "templates",
)
SECONDS = patient(300)


def run(*command: str | Path, folder: Path) -> str:
    """Run a command to its end; its output is part of any failure."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PIP_", "MCPGEN_"))
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@dataclass(frozen=True)
class Installed:
    """mcpgen in an environment of its own, and an empty folder to work in."""

    python: Path
    command: Path
    folder: Path

    def mcpgen(self, *arguments: str, below: str = ".") -> str:
        return run(self.command, *arguments, folder=self.folder / below)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as it is now: whoever goes on working on it does not disturb."""
    folder = tmp_path_factory.mktemp("sources")
    for part in SOURCES:
        place = CHECKOUT / part
        if place.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
            shutil.copytree(place, folder / part, ignore=ignored)
        else:
            shutil.copy(place, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, without network."""
    folder = tmp_path_factory.mktemp("dist")
    run(
        *(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder),
        sources,
        folder=folder,
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in a fresh environment that borrows only the dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
    binaries = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = binaries / "python"
    purelib = run(
        *(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"),
        folder=folder,
    ).strip()
    # A path in a .pth file comes last and its own .pth files are not read: the editable
    # installation of this checkout stays out.
    borrowed = "\n".join(site.getsitepackages())
    (Path(purelib) / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
        *("--no-index", "--no-deps", "--ignore-installed"),
        wheel,
        folder=folder,
    )
    work = folder / "work"
    work.mkdir()
    return Installed(python, binaries / "mcpgen", work)


def test_the_wheel_has_templates_schemas_and_runtime_and_nothing_of_the_tests(
    sources: Path, wheel: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    for folder in ("templates", "schema"):
        here = {
            f"mcpgen/_data/{path.relative_to(sources).as_posix()}"
            for path in (sources / folder).rglob("*")
            if path.is_file()
        }
        assert here
        assert here <= names
    assert "mcpgen/runtime/server/__init__.py" in names
    assert "mcpgen/py.typed" in names
    strangers = {name for name in names if not name.startswith(("mcpgen/", "mcpgen-"))}
    assert strangers == set()
    assert not {name for name in names if "cache" in name}


def test_the_installed_command_is_not_the_checkout(installed: Installed) -> None:
    code = "import mcpgen; print(mcpgen.__file__)"
    place = run(installed.python, "-c", code, folder=installed.folder).strip()

    assert Path(place).is_relative_to(installed.python.parents[1])


def test_the_installed_command_makes_what_the_checkout_makes(
    installed: Installed, sources: Path
) -> None:
    said = installed.mcpgen("new", "server", "demo")

    assert said.startswith("Made demo: ")
    assert installed.mcpgen("generate", "--check", below="demo").startswith(
        "demo: up to date"
    )
    again = installed.folder / "again"
    run(
        *(sys.executable, "-m", "mcpgen", "new", "server", "demo", "--directory"),
        again,
        folder=sources,
    )
    assert contents(again) == contents(installed.folder / "demo")


def test_the_installed_command_knows_the_revisions(installed: Installed) -> None:
    said = installed.mcpgen("schema", "list")

    assert "2024-11-05" in said
    assert "2026-07-28" in said


def test_checkout_and_wheel_know_each_other_as_the_same(
    installed: Installed, sources: Path
) -> None:
    code = "from mcpgen import identity; print(identity.digest())"

    there = run(installed.python, "-c", code, folder=installed.folder)

    assert there == run(sys.executable, "-c", code, folder=sources)
