"""What the readers of all formats share: words for places, and checks of parsed data.

Bottom of the manifest stage, beside `source`. Knows no format.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeGuard

from mcpgen.diagnostics import Diagnostic, MCPGenError, Span

from . import limits
from .declarations import Json, Pointer
from .source import Place

_SURROGATE_ESCAPE: Final = re.compile(r"\\[uU](?:0000)?[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def span(file: str, place: Place | None) -> Span:
    """The span of a place that may be unknown."""
    return Span(file, *place) if place else Span(file)


def refusal(
    file: str, place: Place | None, code: str, message: str, hint: str | None = None
) -> MCPGenError:
    """An error with one diagnostic."""
    return MCPGenError.of(code, message, span=span(file, place), hint=hint)


def twice(file: str, key: str, again: Place | None, first: Place | None) -> Diagnostic:
    """The diagnostic for a key that one mapping has twice."""
    return Diagnostic(
        "MG013",
        f"the key {quoted(key)} is there twice",
        span(file, again),
        f"the first one is at {span(file, first)}; keep one of them",
    )


def too_many_digits(text: str) -> bool:
    """Whether a number is longer than anyone can mean (and slow to convert)."""
    return len(text) > limits.DIGITS


def quoted(text: object, limit: int = 60) -> str:
    """A text from the input for a message: in quotes, cut where it is long."""
    return f'"{shown(text, limit)}"'


def shown(text: object, limit: int) -> str:
    """A text from the input on one line, cut where it is long."""
    whole = str(text)
    part = whole if len(whole) <= limit else whole[: limit - 1] + "…"
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in part
    )


class Lines:
    """From an offset in a text to its place; lines end with a line feed."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def place(self, offset: int) -> Place:
        """Line and column of the character at `offset`."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def is_mapping(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def parts(value: Json) -> Iterable[tuple[str | int, Json]]:
    """The keys or indexes of a container, each with its value; none of a scalar."""
    if is_mapping(value):
        return value.items()
    return enumerate(value) if is_list(value) else ()


def containers(data: Json) -> Iterator[tuple[Pointer, Json]]:
    """Every list and mapping of a document with its path, down to the depth limit."""
    stack: list[tuple[Pointer, Json]] = [((), data)]
    while stack:
        pointer, value = stack.pop()
        if not (is_mapping(value) or is_list(value)):
            continue
        yield pointer, value
        if len(pointer) <= limits.DEPTH:
            stack.extend(
                ((*pointer, step), part)
                for step, part in parts(value)
                if is_mapping(part) or is_list(part)
            )


def levels(data: Json) -> Iterator[list[Json]]:
    """The values of a document, level by level, without paths: the fast walk."""
    level = [data]
    while level:
        yield level
        level = [part for whole in level for part in _values(whole)]


def _values(value: Json) -> Iterable[Json]:
    if is_mapping(value):
        return value.values()
    return value if is_list(value) else ()


def too_deep(data: Json) -> Pointer | None:
    """The path of a value that lies deeper than `limits.DEPTH`, or None."""
    if sum(1 for _ in islice(levels(data), limits.DEPTH + 2)) <= limits.DEPTH:
        return None
    return next((p for p, _ in containers(data) if len(p) > limits.DEPTH), None)


def lone_surrogate(text: str, data: Json) -> Pointer | None:
    """The path of a string that is not Unicode text (half a pair), or None.

    Only an escape can make one, so a text without such escapes costs one search.
    """
    if not _SURROGATE_ESCAPE.search(text):
        return None
    for pointer, value in containers(data):
        for step, part in parts(value):
            for candidate in (step, part):
                if isinstance(candidate, str) and _SURROGATE.search(candidate):
                    return (*pointer, step)
    return None
