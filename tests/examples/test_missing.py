"""Generated packages in an environment that lacks what they need from PyPI."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from mcpgen import features, new
from mcpgen.runtime.core.missing import NEEDED
from tests.pace import patient
from tests.servers import running_server

INSTALL = "python -m pip install "


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "weather"
    new.create("weather", folder=folder)
    return folder


def python(folder: Path, *lacking: str) -> Path:
    """The Python of an environment that has everything but these modules."""
    venv.create(folder, symlinks=True)
    (there,) = folder.glob("lib/python*/site-packages")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        name = path.name.partition(".")[0].partition("-")[0]
        if name not in lacking:
            (there / path.name).symlink_to(path)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment without any package."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True)
    return folder / "bin" / "python"


def run(python: Path, folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [python, *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=patient(60),
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("half", ["server", "client"])
@pytest.mark.parametrize("arguments", [(), ("--help",), ("list",)], ids=str)
def test_a_program_without_its_packages_is_one_line(
    project: Path, bare: Path, half: str, arguments: tuple[str, ...]
) -> None:
    module = f"weather_{half}"
    code, out, err = run(bare, project / half, "-m", module, *arguments)
    wanted = " ".join(f'"{each}"' for each in features.BASE_PACKAGES)
    names = "aiohttp, jsonschema-rs, pydantic"
    assert (code, out) == (2, "")
    assert err == f"error: not installed: {names}; run: {INSTALL}{wanted}\n"


def test_a_command_without_its_packages_is_one_line(project: Path, bare: Path) -> None:
    script = project / "client" / "weather-client"
    script.write_text(
        "from weather_client.__main__ import run\nraise SystemExit(run())\n", "utf-8"
    )
    code, out, err = run(bare, script.parent, script.name)
    assert (code, out) == (2, "")
    assert err.startswith("error: not installed: aiohttp")
    assert err.count("\n") == 1


@pytest.mark.parametrize("half", ["server", "client"])
def test_an_import_of_a_package_says_what_is_missing(
    project: Path, bare: Path, half: str
) -> None:
    """It is an exception there, for the program that imports it."""
    module = "weather_client" if half == "client" else "weather_server.generated"
    code, _, err = run(bare, project / half, "-c", f"import {module}")
    assert code == 1
    last = err.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: not installed: aiohttp")
    assert INSTALL in last


@pytest.mark.parametrize("module", NEEDED)
@pytest.mark.parametrize("half", ["server", "client"])
async def test_a_single_package_that_is_missing_is_named_alone(
    project: Path, tmp_path: Path, half: str, module: str
) -> None:
    """Clients import some of them when they are first needed."""
    lacking = (module, f"_{module}", f"{module}_core")
    environment = python(tmp_path / "venv", *lacking)
    async with running_server(project / "server", "weather_server") as url:
        call = (url, "call", "get_forecast", "--city", "Oslo")
        arguments = call if half == "client" else ()
        code, out, err = await asyncio.to_thread(
            *(run, environment, project / half, "-m", f"weather_{half}", *arguments)
        )
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    name = module.replace("_", "-")
    assert name in err
    assert "pip install" in err
    others = {each.replace("_", "-") for each in NEEDED} - {name}
    assert not any(each in err for each in others)


def test_another_missing_module_is_left_as_it_is(project: Path) -> None:
    """A mistake of the user's is not one of the installation."""
    handlers = project / "server/weather_server/handlers.py"
    text = handlers.read_text("utf-8")
    handlers.write_text(f"{text}\nimport no_such_module\n", "utf-8")
    try:
        where = project / "server"
        code, _, err = run(Path(sys.executable), where, "-m", "weather_server")
    finally:
        handlers.write_text(text, "utf-8")
    assert code == 1
    assert "ModuleNotFoundError: No module named 'no_such_module'" in err


def test_the_packages_are_those_of_the_project_files() -> None:
    assert tuple(NEEDED.values()) == features.BASE_PACKAGES
