"""URI templates (RFC 6570): their syntax.

Shared by server and client; knows nothing of resources or the protocol.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import quote, unquote

MAX_URI: Final = 8 * 1024
"""Characters of a URI that may be looked at."""
MAX_URIS: Final = 64 * 1024
"""Characters of all URIs that one request may name: each is held against templates."""
MAX_LENGTH: Final = 16_384
"""Longer templates are refused, longer URIs match nothing."""

_RESERVED: Final = ":/?#[]@!$&'()*+,;="
_VARIABLE: Final = re.compile(
    r"((?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*)(\*|:[1-9]\d{0,3})?",
    re.ASCII,
)
_BROKEN_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table in RFC 6570, appendix A."""

    first: str
    separator: str
    named: bool
    if_empty: str
    reserved: bool


OPERATORS: Final[Mapping[str, Operator]] = {
    "": Operator("", ",", False, "", False),
    "+": Operator("", ",", False, "", True),
    "#": Operator("#", ",", False, "", True),
    ".": Operator(".", ".", False, "", False),
    "/": Operator("/", "/", False, "", False),
    ";": Operator(";", ";", True, "", False),
    "?": Operator("?", "&", True, "=", False),
    "&": Operator("&", "&", True, "=", False),
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an expression; `prefix` is its greatest length, 0 for no limit."""

    name: str
    explode: bool
    prefix: int


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands between braces."""

    operator: Operator
    variables: tuple[Variable, ...]


Part: TypeAlias = str | Expression
"""A literal, percent-encoded where a URI needs it, or an expression."""


@lru_cache(maxsize=512)
def parse(template: str) -> tuple[Part, ...]:
    """The parts of a template, in order.

    Raises:
        ValueError: The template is malformed; the message says where and why.
    """
    if len(template) > MAX_LENGTH:
        raise ValueError(f"URI template is longer than {MAX_LENGTH} characters")
    parts: list[Part] = []
    position = 0
    while position < len(template):
        opening = template.find("{", position)
        literal = template[position : None if opening < 0 else opening]
        if literal:
            parts.append(_literal(template, literal, position))
        if opening < 0:
            break
        closing = template.find("}", opening)
        if closing < 0:
            raise _error(template, opening, "'{' is never closed")
        parts.append(_expression(template, template[opening + 1 : closing], opening))
        position = closing + 1
    return tuple(parts)


def normalize(text: str) -> str:
    """Percent-encodes what may not stand in a URI; leaves the rest alone."""
    if _BROKEN_PERCENT.search(text):
        text = _BROKEN_PERCENT.sub("%25", text)
    return quote(text, safe=_RESERVED + "%")


def decode(text: str) -> str:
    """Undoes percent-encoding.

    Raises:
        ValueError: What is encoded is not UTF-8.
    """
    return unquote(text, errors="strict") if "%" in text else text


def _error(template: str, position: int, problem: str) -> ValueError:
    return ValueError(f"URI template {template!r}, character {position + 1}: {problem}")


def _literal(template: str, literal: str, position: int) -> str:
    if (stray := literal.find("}")) >= 0:
        raise _error(template, position + stray, "'}' without '{'")
    if control := _CONTROL.search(literal):
        raise _error(
            template, position + control.start(), "blanks and controls are not allowed"
        )
    try:
        return normalize(literal)
    except UnicodeEncodeError:
        raise _error(template, position, "it is not valid Unicode") from None


def _expression(template: str, text: str, position: int) -> Expression:
    if not text:
        raise _error(template, position, "the braces are empty")
    if text[0] in "=,!@|":
        raise _error(template, position, f"the operator {text[0]!r} is reserved")
    symbol = text[0] if text[0] in OPERATORS else ""
    found: list[Variable] = []
    for specification in text[len(symbol) :].split(","):
        parsed = _VARIABLE.fullmatch(specification)
        if parsed is None:
            raise _error(template, position, f"{specification!r} is not a variable")
        name, modifier = parsed.group(1), parsed.group(2) or ""
        prefix = int(modifier[1:]) if modifier.startswith(":") else 0
        found.append(Variable(name, modifier == "*", prefix))
    return Expression(OPERATORS[symbol], tuple(found))
