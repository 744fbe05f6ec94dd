"""What is no ECMA-262 pattern, held against a real engine of JavaScript."""

from __future__ import annotations

import json
import random
import subprocess
from typing import Final

from mcpgen.manifest.patterns import foreign
from tests.pace import patient
from tests.peers import node

SCRIPT: Final = """
const patterns = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(patterns.map((pattern) => {
  try { new RegExp(pattern, "u"); return true; } catch { return false; }
})));
"""
GOOD: Final = [
    "^[a-z0-9-]+$",
    r"^\d{4}-\d{2}$",
    r"[\w.\-]+",
    "(?<year>a)",
    "(?:a|b)*?",
    "a{2,}?",
    r"\p{L}",
    r"\p{Script=Greek}",
    r"\u{1F600}",
    r"\x41",
    r"\cA",
    r"[\b]",
    r"^\/a$",
    "(?<=a)b",
    "(?<!a)b",
    "(?=a)",
    "(?!a)",
    "[[]",
    "[a&&b]",
    "[(*+?]",
    r"(a)\1",
    "[^]",
    "",
    "a|",
    r"\$",
    "[$]",
    "é+",
]
BAD: Final = [
    "(?i)abc",
    "(?P<x>a)",
    "(?P=x)",
    "a++",
    "a*+",
    "a?+",
    "a{2}+",
    "(?>a)",
    "(?#note)",
    r"\Aab",
    r"ab\Z",
    r"ab\z",
    r"\h",
    r"\e",
    r"\x{41}",
    r"\_",
    r"\-",
    "a{,3}",
    "a{",
    "a}",
    "a]",
    r"\p{Greek}",
    "(?|a)",
    "(?R)",
    r"\Q",
    r"\K",
    "(?x) a",
    "(?i:a)",
    r"[\B]",
    r"\u12",
]
PARTS: Final = [
    "a",
    "[a-z]",
    r"\d",
    "(?:b)",
    "+",
    "*?",
    "{2}",
    "^",
    "$",
    r"\.",
    "|",
    "[^x]",
    r"\_",
    "(?i)",
    r"\A",
    "}",
    "]",
    "{",
    "++",
    r"[\w-]",
    "[",
    "é",
    r"\p{Lu}",
]


def accepted(patterns: list[str]) -> list[bool]:
    """Whether JavaScript compiles the patterns with the flag `u`."""
    done = subprocess.run(
        [str(node()), "-e", SCRIPT],
        input=json.dumps(patterns),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=patient(60),
    )
    found: list[bool] = json.loads(done.stdout)
    return found


def test_what_javascript_compiles_is_not_foreign() -> None:
    assert accepted(GOOD) == [True] * len(GOOD)
    assert [pattern for pattern in GOOD if foreign(pattern)] == []


def test_what_other_engines_add_is_foreign() -> None:
    # The newest engines take `(?i:a)`; most clients do not have them yet.
    assert [p for p, ok in zip(BAD, accepted(BAD), strict=True) if ok] in (
        [],
        ["(?i:a)"],
    )
    assert [pattern for pattern in BAD if not foreign(pattern)] == []


def test_random_patterns_are_judged_as_javascript_does() -> None:
    chance = random.Random(7)
    made = ["".join(chance.choices(PARTS, k=chance.randint(1, 6))) for _ in range(3000)]
    patterns = sorted(set(made))

    wrong = [
        pattern
        for pattern, ok in zip(patterns, accepted(patterns), strict=True)
        if ok and foreign(pattern)
    ]

    assert wrong == []
