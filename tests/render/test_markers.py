"""Lines of features can be left out of the runtime's files without breaking them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

from mcpgen.features import CLIENT, SERVER, SERVER_ERAS, TRANSPORTS, Half

RUNTIME: Final = Path(__file__).parents[2] / "mcpgen" / "runtime"
MARKED: Final = [
    path
    for path in sorted(RUNTIME.rglob("*.py"))
    if "  # feature: " in path.read_text("utf-8")
]


@pytest.mark.parametrize(
    "path", MARKED, ids=lambda p: p.relative_to(RUNTIME).as_posix()
)
def test_a_file_is_python_without_the_lines_of_any_feature(path: Path) -> None:
    text = path.read_text("utf-8")
    side = "client" if RUNTIME / "client" in path.parents else "server"
    names = frozenset(
        CLIENT if side == "client" else {**SERVER, **SERVER_ERAS, **TRANSPORTS}
    )
    marks = {
        line.rpartition("  # feature: ")[2]
        for line in text.splitlines()
        if "  # feature: " in line
    }
    assert marks <= names
    for absent in (names, *(frozenset({name}) for name in sorted(marks))):
        ast.parse(Half(side, names - absent, absent).text(text))
