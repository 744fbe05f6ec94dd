"""Where JSON Schemas lie inside a JSON Schema, in every dialect that mcpgen knows.

Helper of the manifest stage and of lint; keyword positions only, so that a property
named `$ref` or a default that looks like a schema is not taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .declarations import Json, Pointer
from .reading import is_list, is_mapping

_ONE: Final = frozenset(
    {
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_LIST: Final = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
_MAP: Final = frozenset(
    {
        "$defs",
        "definitions",
        "dependencies",
        "dependentSchemas",
        "patternProperties",
        "properties",
    }
)
_HOLDERS: Final = _ONE | _LIST | _MAP


def walk(schema: Json, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Json]]:
    """Every schema object in a schema, itself first, with its path; follows no `$ref`."""
    stack: list[tuple[Pointer, Json]] = [(pointer, schema)]
    while stack:
        at, found = stack.pop()
        yield at, found
        inner = [
            (path, child)
            for keyword in found
            if keyword in _HOLDERS
            for path, child in _below(keyword, found[keyword], at)
            if is_mapping(child)
        ]
        stack.extend(reversed(inner))


def _below(keyword: str, value: Json, at: Pointer) -> Iterator[tuple[Pointer, Json]]:
    if is_list(value):
        if keyword in _LIST:
            yield from (((*at, keyword, i), child) for i, child in enumerate(value))
    elif is_mapping(value):
        if keyword in _MAP:
            yield from (((*at, keyword, name), v) for name, v in value.items())
        elif keyword in _ONE:
            yield (*at, keyword), value
