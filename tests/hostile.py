"""Text that tries to break out of wherever it is put."""

from __future__ import annotations

import random
from typing import Final

from hypothesis import strategies as st

FRAGMENTS: Final = (
    '"',
    '"""',
    "'",
    "'''",
    "\\",
    "\\\\",
    '\\"',
    "\\N{BULLET}",
    "\\x41",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\x00",
    "\x0b",
    "\x0c",
    "\x1b[31m",
    "\x85",
    "\u00a0",
    "\u200b",
    "\u2028",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\ud800",
    "\udfff",
    "\U000e0041",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{# ",
    "{x}",
    "${HOME}",
    "$(id)",
    "#",
    "# type: ignore",
    "```",
    "<script>",
    "-->",
    "é",
    "日本語",
    "  ",
    "word ",
    "a longer piece of text, ",
    "    - item ",
    "x" * 95,
    '"; import os; os.system("id") #',
    '"""\nimport os\n"""',
)

ANY_TEXT: Final = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=12
).map("".join)
"""Any text, lone surrogates too."""

TEXT: Final = ANY_TEXT.map(lambda text: "".join(c for c in text if not _is_half(c)))
"""Any Unicode text, which is what a file can hold."""


def _is_half(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def texts(count: int, seed: int = 1) -> list[str]:
    """The same texts at every run, made of fragments."""
    chance = random.Random(seed)
    return [
        "".join(chance.choices(FRAGMENTS, k=chance.randint(1, 20)))
        for _ in range(count)
    ]
