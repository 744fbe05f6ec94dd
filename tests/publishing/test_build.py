"""`mcpgen build client`: the same bytes everywhere, fit for an index."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import terminal as terminal
from tests.cli.terminal import Terminal

WHEEL = "dist/weather_client-0.1.0-py3-none-any.whl"
SOURCES = "dist/weather_client-0.1.0.tar.gz"


def built(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "dist").iterdir()
    }


def test_the_same_project_gives_the_same_bytes_fit_for_an_index(
    terminal: Terminal, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.go(project)
    done = terminal.mcpgen("build", "client")
    assert done.code == 0, done.err
    first = built(project)
    assert done.out.splitlines() == [
        f"dist/{name}  sha256:{digest}" for name, digest in sorted(first.items())
    ]
    for path in (project / "client").rglob("*"):
        os.utime(path, (1, 1))
    (project / "client" / "weather_client" / "notes.py").write_text("secret = 1\n")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "5")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    try:
        done = terminal.mcpgen("build", "client", "--json")
    finally:
        os.umask(before)
    assert built(project) == first
    said = json.loads(done.out)
    assert {Path(each["file"]).name: each["sha256"] for each in said} == first
    with zipfile.ZipFile(project / WHEEL) as wheel:
        assert "weather_client/py.typed" in wheel.namelist()
        assert "weather_client/notes.py" not in wheel.namelist()
    with tarfile.open(project / SOURCES) as sources:
        names = {name.partition("/")[2] for name in sources.getnames()}
    assert {"README.md", "REFERENCE.md", "CHANGELOG.md"} <= names


def test_a_project_that_is_not_up_to_date_is_refused(
    terminal: Terminal, project: Path
) -> None:
    terminal.go(project)
    manifest = project / "mcpgen.yaml"
    manifest.write_text(manifest.read_text("utf-8") + "\n# changed\n", "utf-8")
    text = manifest.read_text("utf-8").replace("twelve cities", "a dozen cities")
    manifest.write_text(text, "utf-8")
    done = terminal.mcpgen("build", "client")
    assert done.code == 2
    assert "error[MG602]: the project is not up to date" in done.err
    assert not (project / "dist").exists()


def test_a_project_without_a_client_is_refused(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.mcpgen("new", "server", "alone")
    terminal.go(tmp_path / "alone")
    manifest = tmp_path / "alone" / "mcpgen.yaml"
    manifest.write_text(manifest.read_text("utf-8") + "\ntargets: [server]\n", "utf-8")
    assert terminal.mcpgen("generate").code == 0
    done = terminal.mcpgen("build", "client")
    assert done.code == 2
    assert "error[MG603]: the project has no client" in done.err


def test_what_is_missing_is_said_with_how_to_get_it(
    terminal: Terminal, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcpgen.publishing import tools

    terminal.go(project)
    monkeypatch.setattr(tools, "find_spec", lambda name: None)
    done = terminal.mcpgen("build", "client")
    assert done.code == 2
    assert "error[MG601]: not installed: build, hatchling" in done.err
    assert "hint: pip install 'mcpgen[publish]'" in done.err


def test_a_build_that_takes_too_long_is_said(
    terminal: Terminal, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mcpgen.publishing import tools

    terminal.go(project)
    monkeypatch.setattr(tools, "SECONDS", 0.01)
    done = terminal.mcpgen("build", "client")
    assert done.code == 2
    assert "error[MG604]: the client can't be built" in done.err
    assert "    | python -m build timed out after 0.01 s" in done.err
    assert not (project / "dist").exists()


SLOW = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin={stdin})
"""


def test_what_a_slow_tool_has_started_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process of a process, which has the same output, ends only after the test."""
    from mcpgen.publishing import tools

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        (tmp_path / "slow.py").write_text(SLOW.format(stdin=f"open({str(pipe)!r})"))
        monkeypatch.setattr(tools, "SECONDS", 2)
        done = tools.run("slow", folder=tmp_path)
    finally:
        os.close(writer)
    assert done == (False, "python -m slow timed out after 2 s")
