"""A project that grows: another name, and mcpgen in two versions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen import new
from tests.cli.terminal import Terminal
from tests.pace import patient
from tests.plan.workshop import disk

CHECKOUT = Path(__file__).parents[2]


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def python(*arguments: str, folder: Path, path: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=patient(120),
    )
    return done.returncode, done.stdout


@pytest.fixture
def weather(tmp_path: Path, terminal: Terminal) -> Path:
    """The example project, under a name that is not written into its manifest yet."""
    folder = tmp_path / "weather"
    new.create("weather", folder=folder)
    own = folder / "server" / "weather_server" / "cities"
    own.mkdir()
    (own / "__init__.py").write_text(
        '"""Weather of cities."""\n\nimport weather_server.app as app\n'
        'from weather_server.handlers import Weather\n\nNAME = "Weather"\n'
    )
    (folder / "deploy.yaml").write_text("# weather\nimage: weather-server:1\n")
    (folder / "server" / "weather_server" / "map.png").write_bytes(b"PNG\0\1")
    terminal.go(folder)
    rewrite(folder / "mcpgen.yaml", "name: weather", "name: climate")
    return folder


def test_another_name_is_refused_with_what_it_would_do(
    weather: Path, terminal: Terminal
) -> None:
    before = disk(weather, records=True)
    for arguments in ((), ("--check",), ("--force",)):
        done = terminal.mcpgen("generate", *arguments)
        assert done.code == (1 if arguments == ("--check",) else 2)
        assert "error[MG432]: renames weather_server to climate_server" in done.err
        assert "weather_client to climate_client" in done.err
        assert "server/weather_server/handlers.py" in done.err
        assert "import-name: weather" in done.err
        assert "mcpgen generate --rename" in done.err
    assert disk(weather, records=True) == before


def test_a_key_keeps_the_import_names(weather: Path, terminal: Terminal) -> None:
    rewrite(
        weather / "mcpgen.yaml", "name: climate", "name: climate\nimport-name: weather"
    )
    done = terminal.mcpgen("generate")
    assert (done.code, done.err) == (0, "")
    assert terminal.mcpgen("generate", "--check").code == 0
    assert (weather / "client/weather_client/client.py").is_file()
    code, said = python(
        *("-m", "weather_server", "--help"), folder=weather / "server", path="."
    )
    assert code == 0, said
    program = (
        "import asyncio\n"
        "from weather_client import WeatherClient\n"
        "from weather_server.app import make_app\n"
        "async def main():\n"
        "    async with WeatherClient.in_memory(make_app()) as client:\n"
        "        print(client.server_info.name)\n"
        "asyncio.run(main())"
    )
    path = f".{os.pathsep}../client"
    code, said = python("-c", program, folder=weather / "server", path=path)
    assert (code, said.strip()) == (0, "climate"), said


def test_a_rename_moves_and_edits_what_is_yours(
    weather: Path, terminal: Terminal
) -> None:
    done = terminal.mcpgen("generate", "--rename")
    assert done.code == 0, done.err
    assert "deploy.yaml:2: warning[MG433]" in done.err
    assert not (weather / "server" / "weather_server").exists()
    assert not (weather / "client" / "weather_client").exists()
    server = weather / "server"
    assert (server / "climate_server/map.png").read_bytes() == b"PNG\0\1"
    assert (server / "climate_server/cities/__init__.py").read_text() == (
        '"""Weather of cities."""\n\nimport climate_server.app as app\n'
        'from climate_server.handlers import Climate\n\nNAME = "Weather"\n'
    )
    assert 'name = "climate-server"' in (server / "pyproject.toml").read_text()
    assert terminal.mcpgen("generate", "--check").code == 0
    # The tests that came with the project still pass, through its own client.
    code, said = python(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider"),
        folder=server,
        path=f".{os.pathsep}../client",
    )
    assert code == 0, said


def test_a_file_in_the_place_of_a_moved_one_stays(
    weather: Path, terminal: Terminal
) -> None:
    place = weather / "server" / "climate_server" / "handlers.py"
    place.parent.mkdir()
    place.write_text("mine = 1\n")
    before = disk(weather, records=True)
    done = terminal.mcpgen("generate", "--rename")
    assert done.code == 2
    assert "error[MG432]: is in the place of server/weather_server/handlers.py" in (
        done.err
    )
    assert disk(weather, records=True) == before


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an mcpgen 99.0.0 lies, whose runtime has a fix."""
    home = tmp_path_factory.mktemp("newer")
    for name in ("mcpgen", "templates", "schema"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / name, home / name, ignore=ignored)
    information = home / "mcpgen-99.0.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: mcpgen\nVersion: 99.0.0\n"
    )
    fixed = home / "mcpgen/runtime/server/features/access_log/log.py"
    fixed.write_text(fixed.read_text("utf-8") + "\n# A security fix.\n", "utf-8")
    return home


def upgraded(project: Path, newer: Path) -> None:
    code, said = python(
        *("-m", "mcpgen", "generate", "--check"), folder=project, path=str(newer)
    )
    assert code == 1
    assert "generated it last; this is mcpgen 99.0.0" in said
    code, said = python("-m", "mcpgen", "generate", folder=project, path=str(newer))
    assert code == 0, said


def test_an_older_mcpgen_does_not_take_back_what_a_newer_one_wrote(
    hello: Path, newer: Path, terminal: Terminal
) -> None:
    upgraded(hello, newer)
    before = disk(hello, records=True)
    for arguments in ((), ("--check",), ("--force",)):
        done = terminal.mcpgen("generate", *arguments)
        assert done.code == (1 if arguments == ("--check",) else 2)
        assert "error[MG434]: mcpgen 99.0.0 generated the project" in done.err
        assert "this is mcpgen 0." in done.err
        assert "--allow-older" in done.err
    assert disk(hello, records=True) == before
    assert terminal.mcpgen("generate", "--allow-older").code == 0
    fixed = (
        hello
        / "server/hello_server/generated/runtime/server/features/access_log/log.py"
    )
    assert "A security fix." not in fixed.read_text("utf-8")
    assert terminal.mcpgen("generate", "--check").code == 0


def test_an_older_mcpgen_that_writes_the_same_leaves_the_lock_to_the_newer(
    hello: Path, terminal: Terminal
) -> None:
    lock = hello / "mcpgen.lock"
    known = json.loads(lock.read_text("utf-8"))["mcpgen"]
    rewrite(
        lock, json.dumps(known), json.dumps({"version": "99.0.0", "sha256": "0" * 64})
    )
    before = lock.read_bytes()
    assert terminal.mcpgen("generate").code == 0
    assert terminal.mcpgen("generate", "--check").code == 0
    assert lock.read_bytes() == before


@pytest.mark.parametrize("command", ["generate", "lint"])
def test_a_manifest_requires_versions_of_mcpgen(
    hello: Path, terminal: Terminal, command: str
) -> None:
    manifest = hello / "mcpgen.yaml"
    rewrite(manifest, "mcpgen: 1", "mcpgen: 1\nrequires-mcpgen: '>=99'\nlater: 1")
    done = terminal.mcpgen(command)
    assert done.code == 2
    assert "mcpgen.yaml:3:18: error[MG111]: requires mcpgen >=99; this is" in done.err
    assert "MG104" not in done.err
    rewrite(manifest, ">=99", ">=0.0.1")
    rewrite(manifest, "later: 1\n", "")
    assert terminal.mcpgen("generate").code == 0
    rewrite(manifest, ">=0.0.1", "newest")
    assert "MG107" in terminal.mcpgen("generate").err
