"""The reverse of RFC 6570 expansion: which values of a template give this URI.

Part of `uri_template`, which hands in the parsed template. Templates come from strangers
and so do URIs: the search is bounded, whatever they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ._uri_syntax import (
    MAX_LENGTH,
    OPERATORS,
    Expression,
    Operator,
    Part,
    Variable,
    decode,
    normalize,
)

Found: TypeAlias = dict[str, str | list[str]]

_MAX_STEPS: Final = 20_000
_VALUE: Final = "A-Za-z0-9._~%-"
"""Characters of a value that was encoded; the rest of a URI's are separators."""


def match(parts: Sequence[Part], uri: str) -> Found | None:
    """The variables' values, or None; see `uri_template.match`."""
    if len(uri) > MAX_LENGTH:
        return None
    try:
        text = normalize(uri)
    except UnicodeEncodeError:
        return None
    # Encoded values first: only they tell separators from text for certain.
    for strict in (True, False):
        found = _Search(parts, text, strict).run()
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the text of an expression is read: which characters, with which value."""

    run: re.Pattern[str]
    value: re.Pattern[str]


def _reading(operator: Operator, strict: bool) -> _Reading:
    if operator.reserved:
        return _Reading(re.compile(".*"), re.compile(".*"))
    if strict:
        structure = operator.separator + ("=" if operator.named else "")
        run, value = f"[{_VALUE}{structure}]*", f"[{_VALUE}]*"
    elif operator.separator == "&":
        run, value = "[^#]*", "[^#&]*"
    else:
        run, value = ("[^?#]*" if operator.first == "/" else "[^/?#]*"), "[^/?#]*"
    return _Reading(re.compile(run), re.compile(value))


_READINGS: Final = {
    (operator, strict): _reading(operator, strict)
    for operator in OPERATORS.values()
    for strict in (True, False)
}


class _Search:
    """A depth-first search over the places where each expression may end."""

    __slots__ = ("dead", "parts", "repeats", "steps", "strict", "text")

    def __init__(self, parts: Sequence[Part], text: str, strict: bool) -> None:
        self.parts = parts
        self.text = text
        self.strict = strict
        self.steps = 0
        names = [v.name for p in parts if not isinstance(p, str) for v in p.variables]
        self.repeats = len(set(names)) < len(names)
        self.dead: set[tuple[int, int]] = set()

    def run(self) -> Found | None:
        if not self.parts:
            return None if self.text else {}
        stack = [self._ends(0, 0)]
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
                    stack.append(self._ends(len(stack), step[0]))
            elif step[0] == len(self.text):
                found = _merge([*(values for _, values in path), step[1]])
                if found is not None:
                    return found
        return None

    def _ends(self, index: int, start: int) -> Iterator[tuple[int, Found]]:
        part = self.parts[index]
        if isinstance(part, str):
            if self.text.startswith(part, start):
                yield start + len(part), {}
            return
        first = part.operator.first
        if self.text.startswith(first, start):
            begin = start + len(first)
            reading = _READINGS[part.operator, self.strict]
            for end in self._candidates(index, begin, reading.run):
                if self._spent(end - begin):
                    return
                values = _read(part, self.text[begin:end], reading.value, self.strict)
                if values is not None:
                    yield end, values
        if first:
            yield start, {}

    def _spent(self, characters: int) -> bool:
        """Counts the work of looking at some text; True when it is enough."""
        self.steps += 1 + characters // 100
        return self.steps > _MAX_STEPS

    def _candidates(
        self, index: int, begin: int, run: re.Pattern[str]
    ) -> Iterator[int]:
        """Where the expression may end: nearest first, but only where the rest can go on."""
        matched = run.match(self.text, begin)
        limit = matched.end() if matched else begin
        if self._spent(limit - begin):
            return
        following = self.parts[index + 1] if index + 1 < len(self.parts) else None
        if following is None:
            if limit == len(self.text):
                yield limit
        elif isinstance(following, str):
            end = self.text.find(following, begin)
            while 0 <= end <= limit:
                yield end
                end = self.text.find(following, end + 1)
        else:
            yield from range(begin, limit + 1)


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
    separator = expression.operator.separator
    pieces = _split(expression.variables, text, separator)
    found: Found = {}
    for position, variable in enumerate(expression.variables):
        if not pieces:
            break
        if variable.explode:
            after = len(expression.variables) - position - 1
            count = max(len(pieces) - after, 1)
        else:
            count = 1
        taken, pieces = pieces[:count], pieces[count:]
        if not all(value.fullmatch(piece) for piece in taken):
            return None
        if variable.explode:
            found[variable.name] = [decode(piece) for piece in taken]
        else:
            found[variable.name] = _limited(variable, decode(taken[0]))
    return found


def _split(variables: Sequence[Variable], text: str, separator: str) -> list[str]:
    """One piece for each variable; the last takes what is left, a list takes many."""
    if any(variable.explode for variable in variables):
        return text.split(separator)
    return text.split(separator, len(variables) - 1) if len(variables) > 1 else [text]


def _limited(variable: Variable, text: str) -> str:
    if variable.prefix and len(text) > variable.prefix:
        raise ValueError("longer than the variable's prefix")
    return text
