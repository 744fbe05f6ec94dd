"""Regular expressions that other readers of JSON Schema do not understand.

Patterns are ECMA-262, and the common validators compile them with the flag `u`. The
engine of generated code also accepts constructs of Perl and Python, with which clients
in JavaScript fail.
https://json-schema.org/draft/2020-12/json-schema-core#name-regular-expressions
"""

from __future__ import annotations

import re
from typing import Final

_CATEGORIES: Final = frozenset(
    [
        "C",
        "Cc",
        "Cf",
        "Cn",
        "Co",
        "Cs",
        "L",
        "LC",
        "Ll",
        "Lm",
        "Lo",
        "Lt",
        "Lu",
        "M",
        "Mc",
        "Me",
        "Mn",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Pe",
        "Pf",
        "Pi",
        "Po",
        "Ps",
        "S",
        "Sc",
        "Sk",
        "Sm",
        "So",
        "Z",
        "Zl",
        "Zp",
        "Zs",
        "Letter",
        "Lowercase_Letter",
        "Uppercase_Letter",
        "Mark",
        "Number",
        "Decimal_Number",
        "Punctuation",
        "Symbol",
        "Separator",
        "Other",
        "Any",
        "Assigned",
        "ASCII",
        "Alphabetic",
        "Lowercase",
        "Uppercase",
        "White_Space",
        "Emoji",
        "Emoji_Presentation",
        "Extended_Pictographic",
        "ID_Start",
        "ID_Continue",
        "XID_Start",
        "XID_Continue",
        "Hex_Digit",
        "ASCII_Hex_Digit",
        "Ideographic",
        "Math",
        "Dash",
        "Diacritic",
        "Cased",
        "Case_Ignorable",
    ]
)
_TOKEN: Final = re.compile(
    r"""
    (?P<escape>\\(?:
        u\{[0-9A-Fa-f]{1,6}\} | u[0-9A-Fa-f]{4} | x[0-9A-Fa-f]{2} | c[A-Za-z]
      | [pP]\{[^{}]*\} | k<[^<>]*> | [0-9]+ | .
    ))
  | (?P<group>\((?:\?(?:<?[=!]|[:>|\#]|P?<\w*>|P=|[^)]?)?)?)
  | (?P<quantifier>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})[+?]?)
  | (?P<named>\[:\^?[a-z]+:\])
  | (?P<other>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_GROUP: Final = re.compile(r"\((?:\?(?:[:=!]|<[=!]|<\w+>))?")
_SIMPLE: Final = frozenset("dDwWsSbBfnrtv^$\\.*+?()[]{}|/")
"""What may stand behind a backslash outside of a class, with the flag `u`."""
_IN_CLASS: Final = (_SIMPLE | {"-"}) - {"B"}


def foreign(pattern: str) -> str | None:
    """The first part of a pattern that is not ECMA-262, as it is written; else None."""
    in_class = False
    for token in _TOKEN.finditer(pattern):
        text, kind = token[0], token.lastgroup
        if kind == "escape":
            wrong = not _is_escape(text[1:], in_class)
        elif in_class:
            wrong = kind == "named"
            in_class = not text.endswith("]") or kind == "named"
        elif kind == "other" or kind == "named":
            in_class = text.startswith("[")
            wrong = text in ("{", "}", "]")
            if kind == "named":
                in_class = False
        else:
            wrong = not _is_known(text, kind)
        if wrong:
            return text
    return None


def _is_escape(text: str, in_class: bool) -> bool:
    if text[0] in "pP" and len(text) > 1:
        name = text[2:-1]
        return "=" in name or name in _CATEGORIES
    if text[0].isdigit():
        return text == "0" or (text[0] != "0" and not in_class)
    return len(text) > 1 or text in (_IN_CLASS if in_class else _SIMPLE)


def _is_known(text: str, kind: str | None) -> bool:
    if kind == "group":
        return _GROUP.fullmatch(text) is not None
    return not (len(text) > 1 and text.endswith("+"))


def reason(pattern: str) -> str | None:
    """Why a pattern cannot be compiled, in a few words; None where that is unclear."""
    part = foreign(pattern)
    if part is not None and len(part) > 1:
        return f"`{part}` is not ECMA-262"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return None if part is None else f"`{part}` has to be escaped"
