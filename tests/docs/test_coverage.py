"""No block of code in the documentation escapes: it is run, or a reason is listed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.not_run import ALL, NOT_RUN
from tests.docs.test_pages import ELSEWHERE, PAGES, PREPARED

CHECKOUT = pages.CHECKOUT
EVERY = [
    *(CHECKOUT / name for name in ("CONTRIBUTING.md", "README.md", "SECURITY.md")),
    *sorted((CHECKOUT / "docs").rglob("*.md")),
]
_TEST = re.compile(r"\btests/[\w/]+\.py::\w+")


def exists(test: str) -> bool:
    """Whether there is a test of this name: `tests/x.py::test_y`."""
    path, _, name = test.partition("::")
    tree = ast.parse((CHECKOUT / path).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, functions) and node.name == name for node in tree.body)


@pytest.mark.parametrize("page", EVERY, ids=pages.name_of)
def test_every_block_is_run_or_has_a_reason(page: Path) -> None:
    """Shell, Python and files; everything else would be passed over without a word."""
    blocks = list(pages.runnable(page))
    if not blocks:
        return
    assert page in PAGES or pages.name_of(page) in ELSEWHERE
    for block in blocks:
        is_known = block.title is not None or block.language in {"sh", "python", "text"}
        assert is_known, f"{page.name}:{block.line} is not run, and no reason is listed"


def test_every_reason_is_for_a_block_that_is_there() -> None:
    for name, listed in NOT_RUN.items():
        first = [pages.first_line(each) for each in pages.blocks(CHECKOUT / name)]
        assert first, name
        assert set(listed) <= {ALL, *first}, name
        assert not any(first.count(line) > 1 for line in listed), name


def test_tests_that_are_named_exist() -> None:
    reasons = [reason for listed in NOT_RUN.values() for reason in listed.values()]
    assert all(reasons)
    named = {test for text in reasons for test in _TEST.findall(text)}
    for test in named | set(ELSEWHERE.values()):
        assert exists(test), test


def test_pages_that_are_treated_otherwise_are_there() -> None:
    names = {pages.name_of(page) for page in EVERY}
    assert set(NOT_RUN) | set(ELSEWHERE) | set(PREPARED) <= names
    assert set(PREPARED) <= {pages.name_of(page) for page in PAGES}
