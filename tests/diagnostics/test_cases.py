"""Every diagnostic of the manifest stage and of lint, exactly as a user reads it.

A case is a folder `<CODE>-<slug>` with an input and the expected text. Inputs that
should not lie in a repository (huge, or no file at all) are made by its `make.py`.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from mcpgen import identity
from mcpgen.diagnostics import CATALOGUE, MCPGenError
from mcpgen.lint import lint
from mcpgen.manifest import load

TESTS = Path(__file__).parents[1]
CASES = sorted(path for path in Path(__file__).parent.glob("MG*-*") if path.is_dir())
OURS = ("MG0", "MG1", "MG2", "MG3", "MG9")


def said_about(file: Path) -> str:
    """What `mcpgen lint` would print on a manifest."""
    try:
        findings = lint(load(file))
    except MCPGenError as error:
        return f"{error}\n"
    return "".join(f"{finding}\n" for finding in findings)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_user_reads_exactly_this(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = case / "make.py"
    if maker.exists():
        monkeypatch.chdir(tmp_path)
        name = runpy.run_path(str(maker))["make"](tmp_path)
    else:
        monkeypatch.chdir(case)
        (name,) = (file.name for file in case.iterdir() if file.name != "expected.txt")
    expected = (case / "expected.txt").read_text(encoding="utf-8")
    expected = expected.replace("{version}", identity.version())
    assert said_about(Path(name)) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_shows_its_own_code(case: Path) -> None:
    code = case.name.partition("-")[0]
    assert code in CATALOGUE
    assert f"[{code}]" in (case / "expected.txt").read_text(encoding="utf-8")


def test_every_code_of_manifests_and_lint_has_a_case() -> None:
    shown = {path.name.partition("-")[0] for path in TESTS.rglob("MG*-*")}
    assert {code for code in CATALOGUE if code.startswith(OURS)} - shown == set()
