"""Values, paths and kinds as messages show them: short, whatever their size."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias, TypeGuard

Json: TypeAlias = Any

MAX_VALUE: Final = 80
"""Characters of a value that a message shows."""
MAX_PATH: Final = 1_000
"""Characters of a path that a message shows; its middle is cut."""
MAX_OPTIONS: Final = 30
"""Allowed values that a message lists."""
_SHORT: Final = 60
_SHOWN_PARTS: Final = 40

_NOUNS: Final[dict[str, str]] = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_INTEGER: Final = ("integer", "number")
_TYPES: Final = (
    (str, ("string",)),
    (dict, ("object",)),
    (list, ("array",)),
    (tuple, ("array",)),
    (bool, ("boolean",)),
    (int, _INTEGER),
    (float, ("number",)),
    (type(None), ("null",)),
)
"""The types that values have, of which the first counts."""


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a value is an array."""
    return isinstance(value, list)


def is_dict(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a value is an object."""
    return isinstance(value, dict)


def parts(value: Json) -> Collection[Json]:
    """The elements of an array or the values of an object; none of a scalar."""
    if is_dict(value):
        return value.values()
    return value if is_list(value) else ()


def count_values(value: Json, limit: int) -> int:
    """How many values a value holds, at any depth; more than `limit` is not counted."""
    waiting: list[Json] = [value]
    count = 0
    while waiting and count <= limit:
        inner = parts(waiting.pop())
        count += len(inner)
        waiting.extend(islice(inner, limit + 1))
    return count


def pointer(path: Iterable[str | int]) -> str:
    """A path as people write it: `items[3].name`, `headers["If-Match"]`.

    Long keys are cut, and so is the middle of a long path.
    """
    text = ""
    for key in path:
        part = cut(key, MAX_VALUE) if isinstance(key, str) else key
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{shown(part)}]"
    if len(text) > MAX_PATH:
        half = MAX_PATH // 2
        return f"{text[:half]}…{text[-half:]}"
    return text


def most_similar(name: str, known: Iterable[Json], most: int) -> tuple[str, int]:
    """The most similar of the known names; empty where none is similar.

    Args:
        name: The unknown name.
        known: What to compare it with; whatever is no short text is skipped.
        most: Characters of them to compare at most.

    Returns:
        The name, and how many characters were compared.
    """
    from difflib import get_close_matches

    compared = 0
    candidates: list[str] = []
    for candidate in known:
        if isinstance(candidate, str) and len(candidate) <= _SHORT:
            compared += len(candidate)
            if compared > most:
                break
            candidates.append(candidate)
    close = get_close_matches(name[:_SHORT], candidates, n=1)
    return close[0] if close else "", compared


def mistyped(value: Json, wanted: str | Sequence[str]) -> Sequence[str]:
    """The types of which a value should have one; none where it has."""
    names = [wanted] if isinstance(wanted, str) else wanted
    own = next((types for kind, types in _TYPES if isinstance(value, kind)), ())
    if isinstance(value, float) and value.is_integer():
        own = _INTEGER
    return () if any(name in own for name in names) else names


def of_type(types: Iterable[str], value: Json) -> str:
    """That a value has none of some types: "must be an array or null, got 3".

    Where there are no types, none is allowed.
    """
    names = sorted(dict.fromkeys(types), key=lambda name: name == "null")
    if not names:
        return "is not allowed"
    *words, last = [_NOUNS.get(name, name) for name in names]
    listed = f"{', '.join(words)} or {last}" if words else last
    return f"must be {listed}, got {shown(value)}"


def options_in_words(options: Sequence[Json]) -> str:
    """The first of the allowed values, and how many more there are."""
    listed = ", ".join(map(shown, options[:MAX_OPTIONS]))
    more = len(options) - MAX_OPTIONS
    return f"{listed} and {more} more" if more > 0 else listed


def shown(value: Json) -> str:
    """A value as JSON, cut to a sane length; containers by their kind and size."""
    size = len(parts(value))
    most = 3 if is_dict(value) else 6
    if size > most or count_values(value, _SHOWN_PARTS) > _SHOWN_PARTS:
        kind, part = ("object", "key") if most == 3 else ("array", "item")
        return f"an {kind} {'with' if most == 3 else 'of'} {count_of(size, part)}"
    text = json.dumps(
        _shortened(value), ensure_ascii=False, sort_keys=True, default=repr
    )
    return cut(text, MAX_VALUE + 2)


def count_of(number: Json, noun: str) -> str:
    """A number of things in words: "1 item", "2 items"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shortened(value: Json) -> Json:
    """The same value without the ends of its long strings."""
    if isinstance(value, str):
        return cut(value, MAX_VALUE)
    if is_dict(value):
        return {cut(k, MAX_VALUE): _shortened(v) for k, v in value.items()}
    return [_shortened(item) for item in value] if is_list(value) else value


def cut(text: str, length: int) -> str:
    """A text of at most `length` characters."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
