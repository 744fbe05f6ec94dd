"""JSON values, by type and rebuilt; the lowest layer of the protocol stage.

Knows JSON Schema's `$ref` and nothing of MCP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast

Json: TypeAlias = Any
Document: TypeAlias = dict[str, Json]


class NotASchema(Exception):
    """The document is not a schema of the protocol; the text says what is missing."""


def as_object(value: Json) -> Document | None:
    """The value, if it is a JSON object."""
    return cast(Document, value) if isinstance(value, dict) else None


def as_list(value: Json) -> list[Json] | None:
    """The value, if it is a JSON array."""
    return cast("list[object]", value) if isinstance(value, list) else None


def is_deeper(value: Json, limit: int) -> bool:
    """Whether arrays and objects are nested more than `limit` levels deep."""
    level: list[Json] = [value]
    for _ in range(limit + 1):
        level = [
            part
            for item in level
            for part in (*(as_object(item) or {}).values(), *(as_list(item) or ()))
        ]
        if not level:
            return False
    return True


def target(schema: Json) -> str | None:
    """The name of the definition that a schema refers to, if it is a reference.

    Raises:
        NotASchema: The reference leads somewhere else.
    """
    reference = (as_object(schema) or {}).get("$ref")
    if not isinstance(reference, str):
        return None
    for prefix in ("#/$defs/", "#/definitions/"):
        if reference.startswith(prefix):
            return reference.removeprefix(prefix)
    raise NotASchema(f"the reference {reference!r} leads out of the definitions")


def mentioned(schema: Json) -> Iterator[str]:
    """The names of all definitions that a schema refers to, at any depth."""
    name = target(schema)
    if name is not None:
        yield name
        return
    for value in [*(as_object(schema) or {}).values(), *(as_list(schema) or ())]:
        yield from mentioned(value)


def rebuilt(value: Json, change: Callable[[Document], Json]) -> Json:
    """A copy with every object in it changed, the innermost ones first."""
    items, members = as_list(value), as_object(value)
    if items is not None:
        return [rebuilt(item, change) for item in items]
    if members is not None:
        return change({key: rebuilt(part, change) for key, part in members.items()})
    return value
