"""Prose and names are in the words of the field, not in ones of our own."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
WORDS = re.compile(
    r"\b(spoilt|mend|mends|mended|whoever|strangers?|told|tells|that is none|goes for)\b",
    re.IGNORECASE,
)
FORMER = re.compile(r"`told` ends in 0\.3|def told\(self\)")
"""A public name of 0.1 that is still there."""
FILES = sorted(
    file
    for place in ("mcpgen", "templates", "docs")
    for file in (CHECKOUT / place).rglob("*")
    if file.suffix in (".py", ".jinja", ".md")
)


def test_no_word_needs_a_translation() -> None:
    found = [
        f"{file.relative_to(CHECKOUT)}:{number}: {line.strip()}"
        for file in (*FILES, CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md")
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if WORDS.search(line) and not FORMER.search(line)
    ]
    assert found == []
