from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mcpgen import new
from tests.cli.terminal import Terminal

MANIFEST = """\
# Two greetings are enough.
mcpgen: 1
name: hello   # the project
tools:
  - name: greet
    description: Greets somebody by name, politely.
    inputSchema:
      type: object
      properties:
        who: {type: string, description: The name of the person.}
      required: [who]
"""


@pytest.fixture
def terminal(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Terminal:
    """A terminal in an empty folder."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("MCPGEN_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys, monkeypatch)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A native manifest with comments, outside of any project."""
    path = tmp_path / "given.yaml"
    path.write_text(MANIFEST, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated project that nobody changes."""
    folder = tmp_path_factory.mktemp("made")
    source = folder / "given.yaml"
    source.write_text(MANIFEST, encoding="utf-8")
    new.create("hello", source=source, folder=folder / "hello")
    return folder / "hello"


@pytest.fixture
def hello(made: Path, tmp_path: Path, terminal: Terminal) -> Path:
    """A copy of the generated project, with the terminal in it."""
    folder = tmp_path / "hello"
    shutil.copytree(made, folder)
    terminal.go(folder)
    return folder
