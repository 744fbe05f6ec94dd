"""Several projects in one repository, and options that go on to the server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpgen import new
from tests.cli.terminal import Terminal
from tests.contracts.projects import git
from tests.pace import patient
from tests.plan.workshop import disk
from tests.ports import free_port


@pytest.fixture
def repository(terminal: Terminal, tmp_path: Path) -> Path:
    """A committed repository with two projects in a folder, and the terminal in it."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "README.md").write_text("Two services.\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Begin")
    git(folder, "tag", "empty")
    for name in ("alpha", "beta"):
        new.create(name, folder=folder / "services" / name)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Add two services")
    terminal.go(folder)
    return folder


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def break_beta(repository: Path) -> None:
    manifest = repository / "services/beta/mcpgen.yaml"
    rewrite(manifest, "required: [city]", "required: [city, days]")


ALPHA, BETA = "services/alpha", "services/beta/mcpgen.yaml"


@pytest.mark.parametrize("which", [(ALPHA, BETA), ("--all",), ("--all", "services")])
def test_generate_and_lint_take_several_projects(
    repository: Path, terminal: Terminal, which: tuple[str, ...]
) -> None:
    assert terminal.mcpgen("generate", "--check", *which).code == 0
    done = terminal.mcpgen("lint", *which)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "services/alpha/mcpgen.yaml: nothing to say",
        "services/beta/mcpgen.yaml: nothing to say",
    ]
    break_beta(repository)
    done = terminal.mcpgen("generate", "--check", *which, "--json")
    assert done.code == 1
    found = json.loads(done.out)["projects"]
    assert [(each["folder"], each["up_to_date"]) for each in found] == [
        ("services/alpha", True),
        ("services/beta", False),
    ]
    assert terminal.mcpgen("generate", *which).code == 0
    assert terminal.mcpgen("generate", "--check", *which).code == 0


def test_a_project_that_fails_does_not_keep_the_others_from_being_done(
    repository: Path, terminal: Terminal
) -> None:
    (repository / "services/alpha/mcpgen.yaml").write_text("mcpgen: 2\n")
    break_beta(repository)
    for command in ("generate", "lint"):
        done = terminal.mcpgen(command, "--all")
        assert done.code == 2
        assert "services/alpha/mcpgen.yaml:1:9: error[MG103]" in done.err
    assert terminal.mcpgen("generate", "--check", "services/beta").code == 0
    done = terminal.mcpgen("generate", "--all", "--json")
    first = json.loads(done.out)["projects"][0]
    assert first["diagnostics"][0]["code"] == "MG103"


def test_watching_takes_one_project(repository: Path, terminal: Terminal) -> None:
    done = terminal.mcpgen("generate", "--watch", "--all")
    assert (done.code, done.out) == (2, "")
    assert "one project" in done.err
    before = disk(repository / "services")
    done = terminal.mcpgen("generate", ALPHA, "--", "--port", "1")
    assert done.code == 2
    assert "need --serve" in done.err
    assert disk(repository / "services") == before


def test_diff_compares_several_projects_with_a_revision(
    repository: Path, terminal: Terminal
) -> None:
    break_beta(repository)
    for which in ((ALPHA, BETA), ("--all",)):
        done = terminal.mcpgen("diff", "main", *which)
        assert (done.code, done.err) == (1, "")
        assert "alpha: nothing changed for callers\n" in done.out
        assert "services/beta/mcpgen.yaml:" in done.out
        done = terminal.mcpgen("diff", "main", *which, "--json")
        found = json.loads(done.out)["projects"]
        assert [each["safe"] for each in found] == [True, False]
    assert terminal.mcpgen("diff", "main", "services/alpha").code == 0
    assert terminal.mcpgen("diff", "main", "services/beta").code == 1


def test_a_project_that_the_revision_does_not_have_is_new(
    repository: Path, terminal: Terminal
) -> None:
    for options in ((), ("--github",)):
        done = terminal.mcpgen("diff", "empty", *options, "services/alpha")
        assert (done.code, done.err) == (0, "")
        assert "the project is new" in done.out
    terminal.go(repository / "services" / "beta")
    assert terminal.mcpgen("diff", "--github", "empty").code == 0
    assert json.loads(terminal.mcpgen("diff", "empty", "--json").out)["is_new"]
    # A revision that does not exist is a mistake, not a new project.
    assert terminal.mcpgen("diff", "emptty").code == 2


def test_annotations_name_files_from_the_root_of_the_repository(
    repository: Path, terminal: Terminal
) -> None:
    break_beta(repository)
    manifest = repository / "services/beta/mcpgen.yaml"
    rewrite(manifest, "name: compare_cities", "name: compare_two_cities")
    terminal.go(repository / "services" / "beta")
    done = terminal.mcpgen("diff", "--github", "main")
    assert done.code == 1
    errors = [line for line in done.out.splitlines() if line.startswith("::error")]
    assert len(errors) == 2
    for line in errors:
        assert line.startswith("::error file=services/beta/mcpgen.yaml,")
    assert [",line=" in line for line in errors] == [True, False] or [
        ",line=" in line for line in errors
    ] == [False, True]


@pytest.fixture
def served(hello: Path) -> Iterator[int]:
    """The port of `generate --serve -- --port PORT`."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mcpgen", "generate", "--serve"),
            *("--", "--port", str(port)),
        ],
        cwd=hello,
    )
    try:
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(patient(60))


def test_options_behind_two_dashes_are_the_servers(served: int) -> None:
    import time

    end = time.monotonic() + patient(60)
    while True:
        try:
            url = f"http://127.0.0.1:{served}/healthz"
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)
