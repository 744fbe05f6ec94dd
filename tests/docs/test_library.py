"""The complete service of "Write handlers": the page's steps, and what a reader checks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen import new
from tests.docs import pages
from tests.pace import patient

CHECKOUT = Path(__file__).parents[2]
EXAMPLE = CHECKOUT / "docs" / "examples" / "library"
PAGE = CHECKOUT / "docs" / "how-to" / "write-handlers.md"


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    """A server over real HTTP, called by both clients, and its tests in memory."""
    printed = pages.run(PAGE, tmp_path, {"~/mcpgen": str(CHECKOUT)})

    assert not pages.missing(PAGE, printed), printed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example in a new project."""
    folder = tmp_path_factory.mktemp("reader") / "library"
    new.create("library", source=EXAMPLE / "mcpgen.yaml", folder=folder)
    home = folder / "server"
    for name in ("handlers.py", "store.py"):
        shutil.copy(EXAMPLE / name, home / "library_server")
    shutil.copy(EXAMPLE / "test_library.py", home / "tests" / "test_service.py")
    return home


@pytest.mark.parametrize(
    "command",
    [["mypy"], ["ruff", "check"], ["ruff", "format", "--check"]],
    ids=" ".join,
)
def test_the_example_is_typed_and_formatted(server: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=server,
        env={**os.environ, "MYPYPATH": "../client"},
        capture_output=True,
        text=True,
        timeout=patient(300),
    )
    assert done.returncode == 0, done.stdout + done.stderr
