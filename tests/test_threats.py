"""docs/threats.md: every test that it names is there, and every attack is on it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
NAMED: Final = sorted(set(re.findall(r"`(tests/[^`]+\.py::[^`]+)`", PAGE)))
ATTACKS: Final = sorted((ROOT / "tests/runtime/server/attacks").glob("test_*.py"))


def names_in(path: Path) -> Iterator[str]:
    """The classes of tests, tests and other functions of a module, as pytest names them."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield node.name
            yield from (
                f"{node.name}::{inner.name}"
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
                and inner.name.startswith("test_")
            )
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_the_page_names_is_there(named: str) -> None:
    path, _, name = named.partition("::")

    assert name in names_in(ROOT / path)


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_every_attack_is_on_the_page(path: Path) -> None:
    where = path.relative_to(ROOT).as_posix()
    tests = {f"{where}::{name}" for name in names_in(path)}
    ours = {name for name in tests if "test_" in name.rpartition("::")[2]}

    assert ours - set(NAMED) == set()


def test_every_row_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    attacks = [row for row in rows if not row.startswith("| attack |")]

    assert len(attacks) > 40
    assert [row for row in attacks if "`tests/" not in row] == []
