"""Strings that match a regular expression, made without a search.

Knows nothing of JSON Schemas. Patterns of ECMA-262 are read as Python's, which are much
the same. What is made is a proposal: the validator is asked by those who use it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Final, TypeAlias

MOST_REPEATS: Final = 4_096
"""How often a part is repeated at most."""
_LONGEST: Final = 2_000
"""Characters of a pattern that is still read."""
_VARIANTS: Final = 24
_MOST_WRITTEN: Final = 200_000
"""Repeats that are written for one pattern, those of all strings together."""

_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_PREFERRED: Final = (
    f"{_LOWER}{_DIGITS}{_LOWER.upper()}-_ ./:@#+,;=!?%&*()[]{{}}<>|~^$'\"`\\\t\n"
    "éß\u4e00\U0001f600"
)
_CATEGORIES: Final = {
    "DIGIT": _DIGITS,
    "WORD": f"{_LOWER}{_LOWER.upper()}{_DIGITS}_",
    "SPACE": " \t\n\r",
}
_NAMED: Final = re.compile(r"\(\?<(?![=!])")
_UNICODE: Final = re.compile(r"\\([pP])\{(?:\w+=)?(\w)\w*\}")
"""Unicode categories, each by its first letter."""
_CLASSES: Final = {"L": "w", "N": "d", "P": "W", "S": "W", "Z": "s"}

_Node: TypeAlias = tuple[Any, Any]
"""A kind of part, and its details, as the standard library parses them."""


class UnreadablePattern(ValueError):
    """The pattern has syntax that nothing is made from."""


def matching(pattern: str, shortest: int = 0) -> Iterator[str]:
    """Strings that may well match a pattern, the plainest first.

    Args:
        pattern: As in a JSON Schema; not anchored.
        shortest: Characters that a string should have at least.

    Raises:
        UnreadablePattern: At the first string, or after some where each takes long.
    """
    writer = _Writer()
    nodes = _parsed(pattern)
    lengths = [0, 1, 2, 3, 5, 8, min(shortest, MOST_REPEATS)]
    made: set[str] = set()
    for variant in range(_VARIANTS):
        for more in lengths:
            text = writer.text(nodes, variant, more)
            if text not in made and len(text) >= shortest:
                made.add(text)
                yield text


def _parsed(pattern: str) -> Sequence[_Node]:
    if len(pattern) > _LONGEST:
        raise UnreadablePattern(f"more than {_LONGEST} characters")
    text = _UNICODE.sub(_class, _NAMED.sub("(?P<", pattern))
    try:
        with warnings.catch_warnings(action="ignore"):
            nodes: Sequence[_Node] = import_module("re._parser").parse(text)
    except (re.error, OverflowError, RecursionError):
        raise UnreadablePattern(pattern) from None
    return nodes


def _class(found: re.Match[str]) -> str:
    name = _CLASSES.get(found[2], "w")
    return f"\\{name.swapcase() if found[1] == 'P' else name}"


class _Writer:
    """Writes strings of parsed patterns."""

    def __init__(self) -> None:
        self._choices: dict[int, str] = {}
        self._left = _MOST_WRITTEN

    def text(self, nodes: Sequence[_Node], variant: int, more: int) -> str:
        """One string.

        Args:
            nodes: Parts that follow each other.
            variant: Which of alternatives and characters to take.
            more: How many repeats beyond the least.
        """
        return "".join(
            self._part(str(kind), details, variant, more) for kind, details in nodes
        )

    def _part(self, kind: str, details: Any, variant: int, more: int) -> str:
        match kind:
            case "LITERAL":
                return chr(details)
            case "IN":
                characters = self._characters(details)
                return characters[variant % len(characters)]
            case "NOT_LITERAL":
                return "b" if details == ord("a") else "a"
            case "ANY":
                return _LOWER[variant % len(_LOWER)]
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeated(details, variant, more)
            case "BRANCH":
                branches = details[1]
                chosen = branches[variant % len(branches)]
                return self.text(chosen, variant // len(branches), more)
            case "SUBPATTERN" | "ATOMIC_GROUP":
                inner = details[-1] if kind == "SUBPATTERN" else details
                return self.text(inner, variant, more)
            case "AT" | "ASSERT" | "ASSERT_NOT":
                # What stands around must hold without us: only the validator can say.
                return ""
            case _:
                raise UnreadablePattern(kind)

    def _repeated(self, details: Any, variant: int, more: int) -> str:
        least, most, inner = details
        times = min(int(least) + more, int(most), MOST_REPEATS)
        self._left -= times
        if times < int(least) or self._left < 0:
            raise UnreadablePattern("too many repeats")
        # A repeated part takes a new variant each time: lists want other items.
        step = 1 if variant else 0
        return "".join(
            self.text(inner, variant + step * number, more and 1)
            for number in range(times)
        )

    def _characters(self, members: Sequence[_Node]) -> str:
        """Those of a class, the plainest first."""
        known = self._choices.get(id(members))
        if known is None:
            rest = [(str(kind), details) for kind, details in members]
            negated = rest[0][0] == "NEGATE"
            own = "".join(
                chr(details) if kind == "LITERAL" else "".join(map(chr, details))
                for kind, details in rest
                if kind in ("LITERAL", "RANGE")
            )
            known = self._choices[id(members)] = "".join(
                character
                for character in dict.fromkeys(_PREFERRED + own)
                if _is_in(character, rest) is not negated
            )
        if not known:
            raise UnreadablePattern("an empty class of characters")
        return known


def _is_in(character: str, members: Sequence[tuple[str, Any]]) -> bool:
    """Whether a class of characters has one; its negation is not looked at."""
    for kind, details in members:
        if kind == "LITERAL" and ord(character) == details:
            return True
        if kind == "RANGE" and details[0] <= ord(character) <= details[1]:
            return True
        if kind == "CATEGORY":
            name = str(details).removeprefix("CATEGORY_")
            among = _CATEGORIES.get(name.removeprefix("NOT_"), "")
            if (character in among) is not name.startswith("NOT_"):
                return True
    return False
