"""The lists of what the official SDKs require are complete, and their tests exist."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
COUNTS: Final = {"sdk-authorization": {"python": 56, "typescript": 80}}
"""How many ids each SDK has for what a list is about."""


def entries() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List, id and entry."""
    for file in sorted(HERE.glob("sdk-*.toml")):
        for name, entry in tomllib.loads(file.read_text("utf-8")).items():
            yield file.stem, name, entry


@cache
def names_in(path: Path) -> frozenset[str]:
    """The tests of a module, as pytest names them."""
    found: set[str] = set()
    for node in ast.parse(path.read_bytes()).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found.update(
            f"{prefix}{each.name}"
            for each in inner
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        )
    return frozenset(found)


def test_every_requirement_has_tests_or_a_reason() -> None:
    undecided = [
        name
        for _, name, entry in entries()
        if bool(entry.get("tests")) == bool(entry.get("reason"))
    ]
    assert undecided == []


def test_every_test_exists() -> None:
    missing = [
        f"{name}: {test}"
        for _, name, entry in entries()
        for test in entry.get("tests", [])
        for path, _, named in [test.partition("::")]
        if named not in names_in(HERE.parent / path)
    ]
    assert missing == []


def test_every_id_is_in_the_list() -> None:
    found: dict[str, Counter[str]] = {}
    for file, _, entry in entries():
        assert entry.keys() <= {"of", "tests", "reason"}
        found.setdefault(file, Counter()).update(entry["of"])
    assert found == COUNTS
