"""Definitions whose aliases end.

Part of the protocol stage. Pyright refuses an alias that leads back to itself, as
`JSONValue` does, wherever it happens to meet another part of the circle first; and
`dict[str, Any]` takes a user's dict where `dict[str, JSONValue]` would not. The schema
still says what is valid.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import TypeAlias

from .walking import Document, mentioned, rebuilt, target

Definitions: TypeAlias = Mapping[str, Document]


def without_circles(definitions: Definitions) -> dict[str, Document]:
    """The definitions, with anything allowed where an alias would lead back to itself.

    `Object = dict[str, Value]` and `Value = Object | list[Value] | str` become
    `Object = dict[str, Any]` and `Value = Object | list[Any] | str`.
    """
    result = dict(definitions)
    for name in sorted(definitions):
        if not _is_class(result[name]):
            back = {
                other
                for other in mentioned(result[name])
                if other == name or name in _reach(other, result)
            }
            result[name] = rebuilt(result[name], partial(_opened, back))
    return result


def _opened(back: Collection[str], schema: Document) -> Document:
    return {} if target(schema) in back else schema


def _reach(start: str, definitions: Definitions) -> set[str]:
    """The aliases that an alias leads to through aliases alone."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        definition = definitions.get(waiting.pop(), {})
        if not _is_class(definition):
            new = set(mentioned(definition)) - found
            found |= new
            waiting.extend(new)
    return found


def _is_class(definition: Document) -> bool:
    return "properties" in definition or "allOf" in definition
