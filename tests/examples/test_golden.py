"""The committed examples are exactly what mcpgen makes, and they work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen.build import build
from mcpgen.ir import File, Ownership
from mcpgen.manifest import load
from mcpgen.render import Target, render
from tests.pace import patient

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "generated_examples"
NAMES = ("awkward", "everything", "weather")
OWN = {
    "awkward": set[str](),
    "everything": {"run-client", "run-server"},
    "weather": set[str](),
}
"""Files that a user of the example added beside those that mcpgen made."""


def rendered(name: str) -> dict[str, File]:
    manifest = load(EXAMPLES / name / "mcpgen.yaml")
    targets = [Target(target) for target in manifest.targets]
    return render(build(manifest, name), targets)


def committed(name: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "."],
        cwd=EXAMPLES / name,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(filter(None, listed.stdout.split("\0")))


@pytest.mark.parametrize("name", NAMES)
def test_every_generated_file_of_an_example_is_committed_as_it_is_made(
    name: str,
) -> None:
    files = rendered(name)
    made = {p: f for p, f in files.items() if f.ownership is Ownership.GENERATED}

    differing = [
        path
        for path, file in made.items()
        if (EXAMPLES / name / path).read_bytes() != file.text.encode()
    ]

    assert differing == []
    assert committed(name) == {*files, "mcpgen.yaml", "mcpgen.lock", *OWN[name]}


@pytest.mark.parametrize("name", NAMES)
def test_the_check_of_an_example_is_clean(name: str) -> None:
    command = [sys.executable, "-m", "mcpgen", "generate", "--check"]
    done = subprocess.run(
        command, cwd=EXAMPLES / name, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_tests_of_an_example_pass_beside_its_client(
    name: str, tmp_path: Path
) -> None:
    project = EXAMPLES / name
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--basetemp", str(tmp_path / "base")],
        cwd=project / "server",
        env={**os.environ, "PYTHONPATH": f"{project}/server:{project}/client"},
        capture_output=True,
        text=True,
        timeout=patient(120),
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_strictly_typed(name: str, checker: str, tmp_path: Path) -> None:
    project = EXAMPLES / name
    packages = [f"server/{name}_server", f"client/{name}_client"]
    if checker == "mypy":
        arguments = ["--strict", "--cache-dir", str(tmp_path), *packages]
    else:
        config = tmp_path / "pyrightconfig.json"
        settings = {
            "typeCheckingMode": "strict",
            "pythonVersion": "3.11",
            "include": [str(project / package) for package in packages],
            "extraPaths": [str(project / "server"), str(project / "client")],
        }
        config.write_text(json.dumps(settings), "utf-8")
        arguments = ["--pythonpath", sys.executable, "-p", str(config)]
    done = subprocess.run(
        [sys.executable, "-m", checker, *arguments],
        cwd=project,
        env={**os.environ, "MYPYPATH": "server:client"},
        capture_output=True,
        text=True,
        timeout=patient(300),
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_formatted_and_free_of_lint(name: str) -> None:
    for arguments in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, str(EXAMPLES / name)],
            capture_output=True,
            text=True,
            timeout=patient(60),
        )
        assert done.returncode == 0, done.stdout + done.stderr
