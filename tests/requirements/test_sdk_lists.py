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
COUNTS: Final = {
    "sdk-authorization": {"python": 56, "typescript": 80},
    "sdk-elicitation": {"python": 29, "typescript": 38},
    "sdk-flow": {"python": 9, "typescript": 10},
    "sdk-hosting": {"python": 50, "typescript": 69},
    "sdk-lifecycle": {"python": 32, "typescript": 23},
    "sdk-logging": {"python": 9, "typescript": 7},
    "sdk-prompts": {"python": 25, "typescript": 26},
    "sdk-protocol": {"python": 48, "typescript": 58},
    "sdk-resources": {"python": 22, "typescript": 21},
    "sdk-sampling": {"python": 18, "typescript": 21},
    "sdk-subscriptions": {"python": 11, "typescript": 14},
    "sdk-tasks": {"python": 29},
    "sdk-tools": {"python": 41, "typescript": 68},
    "sdk-transport": {"python": 45, "typescript": 40},
}
"""How many ids each SDK has for what a list is about."""

ALL: Final = {"python": 424, "typescript": 475}
"""How many ids the SDKs' own lists have."""

REASONS: Final = frozenset(
    [
        "API of the SDK",
        "HTTP+SSE server: not there yet",
        "custom methods: not there yet",
        "declared in the manifest, not in code",
        "decided otherwise",
        "extensions: not there yet",
        "generated servers issue no tokens",
        "legacy requests without a session: not there",
        "stdio transport: not there yet",
        "tasks: not there yet",
    ]
)


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


def test_a_reason_is_one_of_a_few() -> None:
    others = [
        name
        for _, name, entry in entries()
        if "reason" in entry
        and (
            entry["reason"] not in REASONS
            or (entry["reason"] == "decided otherwise") != ("note" in entry)
        )
    ]
    assert others == []


def test_no_id_is_in_two_lists() -> None:
    names = Counter(name for _, name, _ in entries())
    assert [name for name, count in names.items() if count > 1] == []


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
        assert entry.keys() <= {"of", "tests", "reason", "note"}
        found.setdefault(file, Counter()).update(entry["of"])
    assert found == COUNTS
    assert sum(found.values(), Counter()) == ALL
