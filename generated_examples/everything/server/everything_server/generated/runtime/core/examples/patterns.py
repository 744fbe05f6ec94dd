"""Strings that match a regular expression, made without a search.

Shared by server and client; knows the common syntax of ECMA-262 patterns and nothing of
JSON Schemas. What it makes is a proposal: whoever uses it asks the validator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

MOST_REPEATS: Final = 4_096
"""How often a part is repeated at most."""
_LONGEST: Final = 2_000
"""Characters of a pattern that is still read."""
_VARIANTS: Final = 24

_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = "0123456789"
_PREFERRED: Final = (
    f"{_LOWER}{_DIGITS}{_LOWER.upper()}-_ ./:@#+,;=!?%&*()[]{{}}<>|~^$'\"`\\\t\n"
    "éß\u4e00\U0001f600"
)
_CLASSES: Final = {
    "d": _DIGITS,
    "w": f"{_LOWER}{_LOWER.upper()}{_DIGITS}_",
    "s": " \t\n\r",
}
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_PROPERTIES: Final = {"L": "aA", "N": "10", "P": ".,-", "S": "+$", "Z": " "}
"""Characters of some Unicode categories, by their first letter."""


class UnreadablePattern(ValueError):
    """The pattern has syntax that nothing is made from."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of several characters."""

    characters: str


@dataclass(frozen=True, slots=True)
class _Repeat:
    node: _Node
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class _Sequence:
    nodes: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Alternatives:
    nodes: tuple[_Node, ...]


_Node: TypeAlias = "_Choice | _Repeat | _Sequence | _Alternatives"


def matching(pattern: str, shortest: int = 0) -> Iterator[str]:
    """Strings that may well match a pattern, the plainest first.

    Args:
        pattern: As in a JSON Schema; not anchored.
        shortest: Characters that a string should have at least.

    Raises:
        UnreadablePattern: At the first string.
    """
    node = _Parser(pattern).parse()
    lengths = [0, 1, 2, 3, 5, 8, min(shortest, MOST_REPEATS)]
    made: set[str] = set()
    for variant in range(_VARIANTS):
        for more in lengths:
            text = _write(node, variant, more)
            if text not in made and len(text) >= shortest:
                made.add(text)
                yield text


def _write(node: _Node, variant: int, more: int) -> str:
    """One string of a pattern.

    Args:
        node: The part of the pattern.
        variant: Which of alternatives and characters to take.
        more: How many repeats beyond the least.
    """
    match node:
        case _Choice(characters):
            return characters[variant % len(characters)]
        case _Repeat(inner, least, most):
            times = min(least + more, most, MOST_REPEATS)
            # A repeated part takes a new variant each time: lists want other items.
            step = 1 if variant else 0
            return "".join(
                _write(inner, variant + step * number, more and 1)
                for number in range(times)
            )
        case _Sequence(nodes):
            return "".join(_write(inner, variant, more) for inner in nodes)
        case _Alternatives(nodes):
            return _write(nodes[variant % len(nodes)], variant // len(nodes), more)


class _Parser:
    def __init__(self, pattern: str) -> None:
        if len(pattern) > _LONGEST:
            raise UnreadablePattern(f"more than {_LONGEST} characters")
        self._text = pattern
        self._at = 0

    def parse(self) -> _Node:
        try:
            node = self._alternatives()
        except (IndexError, ValueError, RecursionError):
            raise UnreadablePattern(self._text) from None
        if self._at < len(self._text):
            raise UnreadablePattern(self._text)
        return node

    def _next(self) -> str:
        character = self._text[self._at]
        self._at += 1
        return character

    def _take(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        if found:
            self._at += len(text)
        return found

    def _until(self, end: str) -> str:
        stop = self._text.index(end, self._at)
        text = self._text[self._at : stop]
        self._at = stop + len(end)
        return text

    def _alternatives(self) -> _Node:
        nodes = [self._sequence()]
        while self._take("|"):
            nodes.append(self._sequence())
        return nodes[0] if len(nodes) == 1 else _Alternatives(tuple(nodes))

    def _sequence(self) -> _Node:
        nodes: list[_Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            node = self._atom()
            nodes.append(self._repeated(node))
        return _Sequence(tuple(nodes))

    def _repeated(self, node: _Node) -> _Node:
        least, most = 1, 1
        if self._take("*"):
            least, most = 0, MOST_REPEATS
        elif self._take("+"):
            most = MOST_REPEATS
        elif self._take("?"):
            least = 0
        elif self._take("{"):
            low, comma, high = self._until("}").partition(",")
            least = int(low)
            most = int(high) if high else MOST_REPEATS if comma else least
        else:
            return node
        self._take("?")
        return _Repeat(node, least, most)

    def _atom(self) -> _Node:
        character = self._next()
        if character in "^$":
            return _Sequence(())
        if character == ".":
            return _Choice(_LOWER)
        if character == "(":
            return self._group()
        if character == "[":
            return _Choice(self._set())
        if character == "\\":
            if self._text[self._at] in "bB":
                self._at += 1
                return _Sequence(())
            return _Choice(self._escaped())
        return _Choice(character)

    def _group(self) -> _Node:
        seen = True
        if self._take("?"):
            if any(map(self._take, ("=", "!", "<=", "<!"))):
                seen = False
            elif self._take("<") or self._take("P<"):
                self._until(">")
            elif not self._take(":"):
                raise UnreadablePattern(self._text)
        node = self._alternatives()
        if self._next() != ")":
            raise UnreadablePattern(self._text)
        # What stands around must hold without us: only the validator can say.
        return node if seen else _Sequence(())

    def _escaped(self) -> str:
        """The characters that an escape stands for."""
        character = self._next()
        if character in _CLASSES:
            return _CLASSES[character]
        if character.lower() in _CLASSES:
            return _without(_CLASSES[character.lower()])
        if character in "pP":
            return self._property(negated=character == "P")
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character == "x":
            return self._code(2)
        if character == "u":
            if self._take("{"):
                return chr(int(self._until("}"), 16))
            return self._code(4)
        if character.isalnum():
            raise UnreadablePattern(self._text)
        return character

    def _code(self, digits: int) -> str:
        code = self._text[self._at : self._at + digits]
        self._at += digits
        return chr(int(code, 16))

    def _property(self, *, negated: bool) -> str:
        name = self._until("}").removeprefix("{")
        name = name.rpartition("=")[2]
        known = {"Lu": "AB", "Ll": "ab", "Nd": _DIGITS}.get(name)
        found = known or _PROPERTIES.get(name[:1], "a")
        return _without(found) if negated else found

    def _set(self) -> str:
        negated = self._take("^")
        members: list[str] = []
        while not self._take("]"):
            first = self._member()
            if len(first) == 1 and self._is_range():
                self._at += 1
                last = self._member()
                members.append(_between(first, last))
            else:
                members.append(first)
        found = "".join(members)
        found = _without(found) if negated else _plainest_first(found)
        if not found:
            raise UnreadablePattern(self._text)
        return found

    def _is_range(self) -> bool:
        rest = self._text[self._at : self._at + 2]
        return rest[:1] == "-" and rest[1:] != "]"

    def _member(self) -> str:
        character = self._next()
        if character != "\\":
            return character
        if self._take("b"):
            return "\b"
        return self._escaped()


def _between(first: str, last: str) -> str:
    """A range's plainest characters; all of it where it is short."""
    if len(last) != 1 or ord(last) < ord(first):
        raise UnreadablePattern(f"{first}-{last}")
    inside = _filtered(lambda character: first <= character <= last)
    return inside or first + last


def _without(characters: str) -> str:
    return _filtered(lambda character: character not in characters)


def _filtered(keep: Callable[[str], bool]) -> str:
    return "".join(filter(keep, _PREFERRED))


def _plainest_first(characters: Sequence[str]) -> str:
    known = {character: place for place, character in enumerate(_PREFERRED)}
    unique = dict.fromkeys(characters)
    return "".join(sorted(unique, key=lambda c: known.get(c, len(known))))
