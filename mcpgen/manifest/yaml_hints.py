"""What the usual mistakes in YAML are, by what the parser says of them.

Helper of the YAML reader; knows its messages and one line of the text.
"""

from __future__ import annotations

import json
import re
from typing import Final

_KEY: Final = re.compile(r"(?P<key>[ \t-]*[^\s:#][^:#]*:)\s+(?P<value>\S.*)")
_SPECIAL: Final = "@`%*&!|>{}[],?"

_TAB: Final = "indent with spaces; YAML does not allow tabs there"
_QUOTE: Final = (
    "a quote is not closed, or stands inside a text: use the other kind around it"
)
_INDENT: Final = (
    "check the indentation: the keys of a mapping, and the dashes of a list, stand in "
    "one column"
)


def hint(problem: str, context: str, line: str, rest: str) -> str | None:
    """What to do about a syntax error; None where nothing is likely.

    Args:
        problem: What the parser says.
        context: What it was reading.
        line: The line of the error.
        rest: The part of the line from the error on.
    """
    if rest[:1] == "\t" or line[: len(line) - len(rest)].strip(" ").startswith("\t"):
        return _TAB
    if line[: len(line) - len(rest)].rstrip()[-1:] in ("'", '"') and rest.strip():
        return _QUOTE
    if "mapping values are not allowed" in problem:
        return _colon(line)
    if "scanning a quoted scalar" in context:
        return _QUOTE
    if "flow" in context:
        return "close every { and [, and put commas between what stands inside"
    if "cannot start any token" in problem or "alias" in context or "anchor" in context:
        return _special(rest)
    if "could not find expected ':'" in problem:
        return "a key ends with a colon and a space; put longer texts in quotes"
    if "block mapping" in context or "block collection" in context:
        return _INDENT
    return None


def _colon(line: str) -> str:
    match = _KEY.fullmatch(line)
    value = match["value"] if match else ""
    if match is None or ":" not in value:
        return _INDENT
    quoted = json.dumps(value.strip(), ensure_ascii=False)
    return f"put a text with a colon in quotes: {match['key'].strip(' -')} {quoted}"


def _special(rest: str) -> str | None:
    first = rest[:1]
    if first not in _SPECIAL:
        return None
    return f"put a text that begins with {first} in quotes"
