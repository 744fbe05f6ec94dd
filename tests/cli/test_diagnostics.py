"""Every diagnostic about a project's files, exactly as a user reads it.

A case is a folder `<CODE>-<slug>` with a `make.py` that spoils a project and gives the
command line, and the text that is expected on stderr.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from mcpgen import identity
from mcpgen.diagnostics import CATALOGUE
from tests.cli.terminal import Terminal

CASES = sorted((Path(__file__).parent / "diagnostics").iterdir())
ELSEWHERE = {
    *("MG412", "MG414", "MG415", "MG416", "MG417", "MG418", "MG422", "MG424", "MG430"),
    *("MG433", "MG435", "MG436", "MG437", "MG438", "MG439"),
    *("MG442", "MG443", "MG444"),
}
"""Needs a second mcpgen at the same time (see test_generate), or is said of handlers
while the command goes on (see test_handlers, test_new, test_growth, test_own_files,
test_install, tests/publishing and tests/safety)."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_user_reads_exactly_this(
    case: Path, hello: Path, terminal: Terminal
) -> None:
    arguments = runpy.run_path(str(case / "make.py"))["make"](hello)
    before = {path: path.lstat().st_mtime_ns for path in hello.rglob("*")}

    done = terminal.mcpgen(*arguments)

    said = done.err.replace(f"{hello}", "{project}")
    expected = (case / "expected.txt").read_text(encoding="utf-8")
    assert said == expected.replace("{version}", identity.version())
    assert (done.code, done.out) == (2, "")
    assert f"[{case.name.partition('-')[0]}]" in said
    assert {path: path.lstat().st_mtime_ns for path in hello.rglob("*")} == before


def test_every_code_of_projects_has_a_case() -> None:
    codes = {code for code in CATALOGUE if code.startswith("MG4")}

    assert {case.name.partition("-")[0] for case in CASES} == codes - ELSEWHERE
