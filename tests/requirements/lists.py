"""The lists and the marks, read without importing a single test."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TESTS: Final = HERE.parent
SITE: Final = "https://modelcontextprotocol.io/specification"
_LIST = re.compile(r"(\d{4}-\d\d-\d\d)-(server|client)")
_MUST = re.compile(r"\bMUST\b")
_HEADING = re.compile(r"#{1,6} (.*)")
_UNCOUNTED = frozenset({"schema.mdx", "changelog.mdx"})
"""Pages that repeat what others say."""


@dataclass(frozen=True, slots=True)
class Place:
    """Some of the MUSTs of one section."""

    revision: str
    section: str
    numbers: frozenset[int]

    @property
    def link(self) -> str:
        """Where to read it."""
        return f"{SITE}/{self.revision}/{self.section}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the specification requires of one side.

    Attributes:
        id: `revision/side/name`.
        places: Where the specification says it.
        says: The behaviour.
        tests: The tests that prove it, as `path::test` below `tests/`.
        reason: Why no test can prove it of generated code; empty when there are tests.
    """

    id: str
    places: tuple[Place, ...]
    says: str
    tests: frozenset[str]
    reason: str

    @property
    def revision(self) -> str:
        return self.id.partition("/")[0]


@cache
def requirements() -> tuple[Requirement, ...]:
    """Every requirement of every list."""
    return tuple(
        requirement
        for file in sorted(HERE.glob("*.toml"))
        if (match := _LIST.fullmatch(file.stem))
        for requirement in _read(file, match[1], match[2])
    )


def _read(file: Path, revision: str, side: str) -> Iterator[Requirement]:
    for name, entry in tomllib.loads(file.read_text("utf-8")).items():
        unknown = entry.keys() - {"at", "says", "tests", "reason"}
        if unknown:
            raise ValueError(f"{file.name}: {name}: unknown keys {sorted(unknown)}")
        yield Requirement(
            f"{revision}/{side}/{name}",
            tuple(_place(revision, place) for place in entry["at"]),
            entry["says"],
            frozenset(entry.get("tests", [])),
            entry.get("reason", ""),
        )


def _place(revision: str, text: str) -> Place:
    section, _, numbers = text.partition(" ")
    found: set[int] = set()
    for part in numbers.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return Place(revision, section, frozenset(found))


@cache
def sections() -> dict[str, dict[str, int]]:
    """How many MUSTs each section has, by revision."""
    text = (HERE / "sections.toml").read_text("utf-8")
    counted: dict[str, dict[str, int]] = tomllib.loads(text)
    return counted


@cache
def marks() -> dict[str, frozenset[str]]:
    """Each id that a test names, with those tests."""
    found: dict[str, set[str]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        text = file.read_text("utf-8")
        if "@requirement(" not in text:
            continue
        path = file.relative_to(TESTS).as_posix()
        for name, ids in _marked(ast.parse(text).body, path):
            for one in ids:
                found.setdefault(one, set()).add(name)
    return {one: frozenset(tests) for one, tests in found.items()}


def _marked(body: list[ast.stmt], path: str) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _marked(node.body, f"{path}::{node.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            ids = [one for call in node.decorator_list for one in _ids(call)]
            if ids:
                yield f"{path}::{node.name}", ids


def _ids(decorator: ast.expr) -> Iterator[str]:
    if (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "requirement"
    ):
        for argument in decorator.args:
            yield str(ast.literal_eval(argument))


def count(specification: Path) -> dict[str, dict[str, int]]:
    """Count the MUSTs of every section in a checkout of the specification."""
    counted: dict[str, dict[str, int]] = {}
    for revision in sorted({one.revision for one in requirements()}):
        home = specification / revision
        counts: dict[str, int] = {}
        for file in sorted(home.rglob("*.mdx")):
            if file.name not in _UNCOUNTED:
                page = file.relative_to(home).as_posix().removesuffix(".mdx")
                _count(page.removesuffix("/index"), file.read_text("utf-8"), counts)
        counted[revision] = counts
    return counted


def _count(page: str, text: str, counts: dict[str, int]) -> None:
    section, in_code = "", False
    for line in text.splitlines():
        if line.strip().startswith("```"):
            in_code = not in_code
        elif in_code:
            continue
        elif heading := _HEADING.match(line):
            section = _anchor(heading[1])
        elif found := len(_MUST.findall(line)):
            place = f"{page}#{section}"
            counts[place] = counts.get(place, 0) + found


def _anchor(heading: str) -> str:
    words = re.sub(r"[^\w\s-]", "", heading.replace("`", "").strip().lower())
    return re.sub(r"\s+", "-", words)
