"""Projects and locks as every released format has them: each still works.

`formats/N` holds a small project as it was written in lock format N: its manifest and its
lock, a generated file as it was then, and its user's code. The other files are missing,
as in a checkout that leaves out what can be made. A new format gets a folder of its own;
the folders that are there never change.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mcpgen import lock
from tests.cli.terminal import Terminal

FORMATS = Path(__file__).parent / "formats"
CATALOG = Path("client/notes_client/catalog.py")
HANDLERS = Path("server/notes_server/handlers.py")


@pytest.fixture(params=sorted(path.name for path in FORMATS.iterdir()))
def notes(request: pytest.FixtureRequest, terminal: Terminal, tmp_path: Path) -> Path:
    """A project in some format, with the terminal in it."""
    held, home = FORMATS / request.param, tmp_path / "notes"
    for name, path in {
        "mcpgen.yaml": Path("mcpgen.yaml"),
        "mcpgen.lock": Path(lock.FILE),
        "catalog.txt": CATALOG,
        "handlers.txt": HANDLERS,
    }.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(held / name, home / path)
    terminal.go(home)
    return home


def test_every_format_up_to_the_one_that_is_written_is_held() -> None:
    held = {
        json.loads((f / "mcpgen.lock").read_text("utf-8"))["format"]: f.name
        for f in FORMATS.iterdir()
    }

    assert held == {number: str(number) for number in range(1, lock.FORMAT + 1)}


def test_a_project_of_an_older_format_is_brought_up_to_date(
    notes: Path, terminal: Terminal
) -> None:
    mine = (notes / HANDLERS).read_bytes()

    assert terminal.mcpgen("generate").code == 0

    assert (notes / HANDLERS).read_bytes() == mine
    assert lock.parse((notes / lock.FILE).read_bytes()).promises is not None
    assert terminal.mcpgen("generate", "--check").code == 0


def test_an_edit_of_what_an_older_format_knows_as_generated_is_refused(
    notes: Path, terminal: Terminal
) -> None:
    edited = (notes / CATALOG).read_text("utf-8") + "# mine\n"
    (notes / CATALOG).write_text(edited, "utf-8")

    done = terminal.mcpgen("generate")

    assert done.code != 0
    assert CATALOG.as_posix() in done.err
    assert (notes / CATALOG).read_text("utf-8") == edited


def test_what_callers_were_promised_in_an_older_format_still_counts(
    notes: Path, terminal: Terminal
) -> None:
    manifest = notes / "mcpgen.yaml"
    text = manifest.read_text("utf-8")
    changed = text.replace("find_notes", "search_notes").replace("1.0.0", "1.1.0")
    manifest.write_text(changed, "utf-8")

    done = terminal.mcpgen("generate")

    assert done.code == 2
    assert "MG419" in done.err
    assert 'tool "find_notes" is gone' in done.err
