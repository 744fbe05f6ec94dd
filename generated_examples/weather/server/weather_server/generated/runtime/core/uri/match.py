"""The reverse of RFC 6570 expansion: which values of a template give this URI.

Knows what servers use: every operator, lists with `*` and prefixes, but no associative
arrays; and a prefix only of a variable that is alone in its braces, or has its name in
the URI. Neither templates nor URIs are trusted: first it is found out, in linear time,
where in the URI each part of the template can begin; then a search with a budget looks
there alone. A search whose budget is spent finds nothing: half of one could find the
wrong reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from .template import (
    MAX_URI,
    OPERATORS,
    Expression,
    Operator,
    Part,
    Variable,
    decode,
    normalize,
    parse,
)

Found: TypeAlias = dict[str, str | list[str]]

_MAX_STEPS: Final = 20_000
_VALUE: Final = "-A-Za-z0-9._~%"
"""Characters of a value that was encoded; the rest of a URI's are separators."""


def match(template: str, uri: str) -> Found | None:
    """The values with which a template gives this URI, or None if there are none.

    Values are decoded; a variable with `*` gives a list, and one that the URI leaves out
    is absent. URIs without encoding match too (`a b@c` for `{id}`), but a simple variable
    takes in no `/`, `?` or `#`. Where several readings are possible, early variables are
    short. URIs of more than `MAX_URI` characters match nothing.

    Raises ValueError where the template is malformed.
    """
    parts = parse(template)
    if len(uri) > MAX_URI:
        return None
    if not parts:
        return None if uri else {}
    try:
        text = normalize(uri)
    except UnicodeEncodeError:
        return None
    # Encoded values first: only they tell separators from text for certain.
    for strict in (True, False):
        try:
            found = _Search(parts, text, strict).run()
        except _TooMuch:
            return None
        if found is not None:
            return found
    return None


class _TooMuch(Exception):
    """The budget of a search is spent."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the text of an expression is read: which characters, with which value.

    `marks` turns text into a 1 for each of these characters and a 0 for every other.
    """

    run: re.Pattern[str]
    value: re.Pattern[str]
    marks: bytes


def _reading(operator: Operator, strict: bool) -> _Reading:
    if operator.reserved:
        run, value = ".", ".*"
    elif strict:
        structure = operator.separator + ("=" if operator.named else "")
        run, value = f"[{_VALUE}{structure}]", f"[{_VALUE}]*"
    elif operator.separator == "&":
        run, value = "[^#]", "[^#&]*"
    else:
        run, value = ("[^?#]" if operator.first == "/" else "[^/?#]"), "[^/?#]*"
    one = re.compile(run)
    marks = bytes(b"01"[one.fullmatch(chr(code)) is not None] for code in range(256))
    return _Reading(re.compile(run + "*"), re.compile(value), marks)


_READINGS: Final = {
    (operator, strict): _reading(operator, strict)
    for operator in OPERATORS.values()
    for strict in (True, False)
}


class _Search:
    """A depth-first search over the places where each expression may end.

    Sets of places are whole numbers: bit n is the place n characters before the end.
    """

    __slots__ = ("dead", "occurrences", "parts", "repeats", "spent", "strict", "text")

    def __init__(self, parts: Sequence[Part], text: str, strict: bool) -> None:
        self.parts = parts
        self.text = text
        self.strict = strict
        self.spent = 0
        names = [v.name for p in parts if not isinstance(p, str) for v in p.variables]
        self.repeats = len(set(names)) < len(names)
        self.dead: set[tuple[int, int]] = set()
        self.occurrences: dict[str, int] = {}

    def run(self) -> Found | None:
        reach = self._reach()
        if reach is None:
            return None
        stack = [self._ends(0, 0, reach)]
        path: list[tuple[int, Found]] = []
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                # What was found elsewhere matters only where variables repeat.
                if path and not self.repeats:
                    self.dead.add((len(stack), path[-1][0]))
                if path:
                    path.pop()
            elif len(stack) < len(self.parts):
                if (len(stack), step[0]) not in self.dead:
                    path.append(step)
                    stack.append(self._ends(len(stack), step[0], reach))
            elif step[0] == len(self.text):
                found = _merge([*(values for _, values in path), step[1]])
                if found is not None:
                    return found
        return None

    def _reach(self) -> list[int] | None:
        """Where each part can begin so that characters and literals fit up to the end.

        The last entry is the end itself; None if nothing fits.
        """
        first = self.parts[0]
        if isinstance(first, str) and not self.text.startswith(first):
            return None
        size = len(self.text)
        ascii_text = self.text.encode("ascii")
        encoded = self._occurrences("%")
        # Nothing begins within an encoded character.
        places = ~(encoded >> 1 | encoded >> 2)
        reach = [1]
        for part in reversed(self.parts):
            self._spend(1 + size // 1024)
            after = reach[-1]
            if isinstance(part, str):
                here = (after << len(part)) & self._occurrences(part)
            else:
                marks = ascii_text.translate(
                    _READINGS[part.operator, self.strict].marks
                )
                here = _flooded(after, int(marks, 2) if marks else 0)
                if part.operator.first:
                    begun = (here << 1) & self._occurrences(part.operator.first)
                    here = begun | after
            here &= places
            if not here:
                return None
            reach.append(here)
        reach.reverse()
        return reach if reach[0] >> size else None

    def _occurrences(self, literal: str) -> int:
        """The places where some text stands."""
        known = self.occurrences.get(literal)
        if known is None:
            marks = bytearray(b"0") * (len(self.text) + 1)
            place = self.text.find(literal)
            while place >= 0:
                self.spent += 1
                marks[place] = 0x31
                place = self.text.find(literal, place + 1)
            self._spend(0)
            known = self.occurrences[literal] = int(marks, 2)
        return known

    def _ends(
        self, index: int, start: int, reach: list[int]
    ) -> Iterator[tuple[int, Found]]:
        part = self.parts[index]
        if isinstance(part, str):
            if self.text.startswith(part, start):
                yield start + len(part), {}
            return
        first = part.operator.first
        if self.text.startswith(first, start):
            begin = start + len(first)
            reading = _READINGS[part.operator, self.strict]
            for end in self._candidates(begin, reading.run, reach[index + 1]):
                text = self.text[begin:end]
                pieces = text.count(part.operator.separator)
                self._spend(1 + pieces + text.count("%") // 8 + len(text) // 256)
                values = _read(part, text, reading.value, self.strict)
                if values is not None:
                    yield end, values
        if first:
            yield start, {}

    def _spend(self, steps: int) -> None:
        """Count work, in steps of about a microsecond; _TooMuch when it is enough."""
        self.spent += steps
        if self.spent > _MAX_STEPS:
            raise _TooMuch

    def _candidates(
        self, begin: int, run: re.Pattern[str], places: int
    ) -> Iterator[int]:
        """Where the expression may end: nearest first, and only where the rest can begin."""
        matched = run.match(self.text, begin)
        limit = matched.end() if matched else begin
        self._spend(1 + (limit - begin) // 256)
        left = places >> (len(self.text) - limit) & ((2 << (limit - begin)) - 1)
        while left:
            distance = left.bit_length() - 1
            yield limit - distance
            left ^= 1 << distance


def _flooded(places: int, marks: int) -> int:
    """Some places, and those before them with nothing but marked characters between.

    A sum does it: a bit that is added to a row of ones carries to the row's end.
    """
    return places | (marks + (places & marks)) ^ marks


def _merge(path: list[Found]) -> Found | None:
    """One dictionary of all values; None if a repeated variable disagrees."""
    merged: Found = {}
    for values in path:
        for name, value in values.items():
            if merged.setdefault(name, value) != value:
                return None
    return merged


def _read(
    expression: Expression, text: str, value: re.Pattern[str], strict: bool
) -> Found | None:
    try:
        if expression.operator.named:
            return _read_named(expression, text, value, strict)
        return _read_positional(expression, text, value)
    except ValueError:
        return None


def _read_named(
    expression: Expression, text: str, value: re.Pattern[str], strict: bool
) -> Found | None:
    operator = expression.operator
    by_name = {variable.name: variable for variable in expression.variables}
    found: Found = {}
    for piece in text.split(operator.separator):
        name, equals, raw = piece.partition("=")
        variable = by_name.get(name)
        if variable is None or not value.fullmatch(raw):
            return None
        if strict and not raw and equals != operator.if_empty:
            return None
        if variable.explode:
            items = found.setdefault(name, [])
            assert isinstance(items, list)
            items.append(decode(raw))
        elif name in found:
            return None
        else:
            found[name] = _limited(variable, decode(raw))
    return found


def _read_positional(
    expression: Expression, text: str, value: re.Pattern[str]
) -> Found | None:
    variables, separator = expression.variables, expression.operator.separator
    has_list = any(variable.explode for variable in variables)
    # The last variable takes what is left, a list takes many.
    pieces = text.split(separator, -1 if has_list else len(variables) - 1)
    found: Found = {}
    for number, variable in enumerate(variables, 1):
        most = len(pieces) - (len(variables) - number)
        count = max(most, 1) if variable.explode else 1
        taken, pieces = pieces[:count], pieces[count:]
        if not all(map(value.fullmatch, taken)):
            return None
        items = [_limited(variable, decode(piece)) for piece in taken]
        if items:
            found[variable.name] = items if variable.explode else items[0]
    return None if pieces else found


def _limited(variable: Variable, text: str) -> str:
    if variable.prefix and len(text) > variable.prefix:
        raise ValueError("longer than the variable's prefix")
    return text
