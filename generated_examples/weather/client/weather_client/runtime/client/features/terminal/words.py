"""Untrusted text, made safe for a terminal. Knows nothing else."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from typing import Any, Final

_KEPT: Final = frozenset("\n\t")
_ACTING_ON_LOGS: Final = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
_LINE_COMMAND: Final = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_INLINE_COMMAND: Final = re.compile(r"#(?=#+\w*\[)")
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make a text look like another one, such as another address."""


def clean(value: object) -> str:
    """A text without what terminals obey: escapes, other controls, reordering."""
    text = value if isinstance(value, str) else str(value)
    if not (text.isprintable() and text.isascii()):
        text = "".join(c for c in text if c in _KEPT or not _is_command(c))
    return for_logs(text) if in_ci() else text


def in_ci() -> bool:
    """Whether a CI system that acts on lines of its logs runs this program."""
    return any(os.environ.get(name) for name in _ACTING_ON_LOGS)


def for_logs(text: str) -> str:
    """A text of which no line is a command for a CI system, such as `::add-mask::`."""
    if "::" in text:
        text = _LINE_COMMAND.sub(r"\1\\x3a", text)
    return _INLINE_COMMAND.sub(r"\\x23", text) if "##" in text else text


def in_one_line(value: object) -> str:
    """The same on one line."""
    return " ".join(clean(value).split())


def to_json_text(value: Any, indent: int | None = 2) -> str:
    """JSON that every output can hold, and in which no terminal finds a command."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(value, indent=indent, ensure_ascii=not is_unicode)
    if text.isprintable() and text.isascii():
        return text
    # Raw line ends stand between members; those in strings are escaped already.
    return "".join(_escape(c) if c != "\n" and _is_command(c) else c for c in text)


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}"


def _is_command(character: str) -> bool:
    return character in _REORDERING or unicodedata.category(character) in ("Cc", "Cs")
