"""Where the schemas inside a JSON Schema stand, in every draft that MCP allows.

Shared by the generator, server and client; knows keywords and follows no reference.
https://json-schema.org/draft/2020-12/json-schema-core#name-a-vocabulary-for-applying-s
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..catalog import Json

ONE: Final = frozenset(
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
"""Keywords whose value is a schema."""

LIST: Final = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""

MAP: Final = frozenset(
    {
        "$defs",
        "definitions",
        "dependencies",
        "dependentSchemas",
        "patternProperties",
        "properties",
    }
)
"""Keywords whose value is an object of schemas."""

IN_PLACE: Final = frozenset(
    {"allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"}
)
"""Keywords whose schemas apply to the same value as the schema that they stand in."""


def below(keyword: str, value: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """The schemas behind a keyword, each with the keys that lead to it from there."""
    if isinstance(value, Mapping):
        if keyword in MAP:
            yield from (((name,), child) for name, child in value.items())
        elif keyword in ONE:
            yield (), value
    elif keyword in LIST and isinstance(value, list | tuple):
        yield from (((index,), child) for index, child in enumerate(value))
