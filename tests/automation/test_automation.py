"""The pre-commit hooks and the GitHub Action, by running what they run."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcpgen import new
from tests.pace import patient
from tests.test_packaging import sources as sources

CHECKOUT = Path(__file__).parents[2]
SECONDS = patient(300)
BORROWED = {
    # Pip reads this one the other way round.
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_NO_DEPS": "1",
    "PYTHONPATH": os.pathsep.join(site.getsitepackages()),
}
"""Environments that are made here borrow the dependencies of this one; mcpgen itself is
installed there in the ordinary way."""
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


def run(
    *command: str | Path, folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "MCPGEN_"))
    }
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**clean, **BORROWED, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=SECONDS,
    )


def committed(folder: Path) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@weather.example")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "Change")):
        done = run("git", *who, *words, folder=folder)
        assert done.returncode == 0, done.stdout


@pytest.fixture
def weather(tmp_path: Path) -> Path:
    """A committed project."""
    folder = tmp_path / "weather"
    new.create("weather", folder=folder)
    committed(folder)
    return folder


def spoil(weather: Path) -> None:
    """Change what the tool says, and forget to generate."""
    manifest = weather / "mcpgen.yaml"
    text = manifest.read_text("utf-8").replace("twelve cities", "many cities")
    manifest.write_text(text, "utf-8")


@pytest.fixture(scope="module")
def python(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment into which the action installs mcpgen."""
    home = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(home, with_pip=True)
    return home / "bin"


class Action:
    """The steps of `action.yml`, run as GitHub runs them."""

    def __init__(self, sources: Path, programs: Path) -> None:
        text = (CHECKOUT / "action.yml").read_text("utf-8")
        self._definition = yaml.safe_load(text)
        self._sources = sources
        self._programs = programs

    def run(self, folder: Path, **given: str) -> tuple[int, str]:
        """The exit code of the first step that fails, and what all of them say."""
        inputs = self._definition["inputs"]
        values = {
            "github.action_path": str(self._sources),
            **{f"inputs.{name}": inputs[name]["default"] for name in inputs},
            **{f"inputs.{name}": value for name, value in given.items()},
        }
        said = ""
        for step in self._definition["runs"]["steps"]:
            if not self._wanted(step.get("if"), values):
                continue
            done = run(
                *("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"),
                step["run"],
                folder=folder
                / self._filled(step.get("working-directory", "."), values),
                PATH=f"{self._programs}{os.pathsep}{os.environ['PATH']}",
                **{
                    name: self._filled(value, values)
                    for name, value in step.get("env", {}).items()
                },
            )
            said += done.stdout
            if done.returncode:
                return done.returncode, said
        return 0, said

    @staticmethod
    def _filled(text: str, values: dict[str, str]) -> str:
        return EXPRESSION.sub(lambda match: values[match[1]], text)

    @staticmethod
    def _wanted(condition: str | None, values: dict[str, str]) -> bool:
        if condition is None:
            return True
        name, operator, wanted = condition.split()
        return (values[name] == wanted.strip("'")) is (operator == "==")


def test_the_action_finds_what_does_not_fit(
    sources: Path, python: Path, weather: Path
) -> None:
    action = Action(sources, python)
    code, said = action.run(weather.parent, project="weather", lint="true")
    assert code == 0, said
    assert "weather: up to date" in said

    code, said = action.run(weather, base="HEAD")
    assert code == 0, said
    assert "::notice title=mcpgen diff::nothing changed for callers" in said

    spoil(weather)
    code, said = action.run(weather)
    assert code == 1
    assert "client/README.md" in said


def test_the_action_on_pull_requests_of_a_repository_with_two_projects(
    sources: Path, python: Path, tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "README.md").write_text("Two services.\n")
    committed(repository)
    run("git", "branch", "base", folder=repository)
    for name in ("alpha", "beta"):
        new.create(name, folder=repository / "services" / name)
    committed(repository)
    action = Action(sources, python)
    # The pull request that introduces the projects.
    for project in ("services/alpha", "services/alpha services/beta", ""):
        code, said = action.run(repository, project=project, base="base", lint="true")
        assert code == 0, said
        assert "the project is new" in said
    # One that breaks callers of one of them.
    manifest = repository / "services" / "beta" / "mcpgen.yaml"
    text = manifest.read_text("utf-8")
    text = text.replace("required: [city]", "required: [city, days]", 1)
    manifest.write_text(text, "utf-8")
    run(python / "mcpgen", "generate", "services/beta", folder=repository)
    code, said = action.run(repository, project="", base="HEAD")
    assert code == 1, said
    assert "::error file=services/beta/mcpgen.yaml,line=" in said
    assert "alpha: nothing changed for callers" in said


def test_no_input_of_the_action_becomes_a_part_of_a_script() -> None:
    """An input may be a branch's name, which a stranger may have chosen."""
    definition: dict[str, Any] = yaml.safe_load(
        (CHECKOUT / "action.yml").read_text("utf-8")
    )
    for step in definition["runs"]["steps"]:
        assert "${{" not in step["run"]


@pytest.mark.parametrize("count", [1, 2])
def test_the_hooks_find_what_does_not_fit(
    sources: Path, weather: Path, tmp_path: Path, count: int
) -> None:
    root = weather
    if count == 2:
        root = tmp_path / "monorepo"
        new.create("second", folder=root / "second")
        shutil.rmtree(weather / ".git")
        weather = weather.rename(root / "weather")
        committed(root)
    repository = tmp_path / "mcpgen"
    shutil.copytree(sources, repository)
    shutil.copy(CHECKOUT / ".pre-commit-hooks.yaml", repository)
    committed(repository)

    def hook(name: str) -> tuple[int, str]:
        done = run(
            *(sys.executable, "-m", "pre_commit", "try-repo", repository, name),
            *("--all-files", "--color=never"),
            folder=root,
            PRE_COMMIT_HOME=str(tmp_path / "home"),
        )
        return done.returncode, done.stdout

    code, said = hook("mcpgen-check")
    assert code == 0, said
    assert "Passed" in said
    assert hook("mcpgen-lint")[0] == 0
    spoil(weather)
    code, said = hook("mcpgen-check")
    assert code == 1
    assert "client/README.md" in said
