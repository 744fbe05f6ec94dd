"""Schemas that several revisions share: required is what all of them require.

Part of the protocol stage. A class of the newest revision also has to hold what a peer of
an older one sends, so a property that the older one doesn't require is optional.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from .table import Shape, Table
from .walking import Document, target

Definitions: TypeAlias = Mapping[str, Document]


def relax(definitions: Definitions, tables: Iterable[Table]) -> None:
    """Make optional, in place, what one of the tables doesn't require.

    Definitions are compared with those of the same name, and then property by property
    with whatever stands there, be it described in place or under another name.
    """
    for table in tables:
        _compare(definitions, table)


def _compare(definitions: Definitions, table: Table) -> None:
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Document, Shape]] = [
        (definitions[name], shape)
        for name, shape in table.definitions.items()
        if shape is not None and name in definitions
    ]
    while waiting:
        schema, shape = waiting.pop()
        for part in _parts(schema, definitions):
            pair = (id(part), id(shape))
            if pair not in seen:
                seen.add(pair)
                _require_only(part, shape.required)
                waiting.extend(_properties(part, shape, table))


def _properties(
    part: Document, shape: Shape, table: Table
) -> Iterable[tuple[Document, Shape]]:
    """The objects that stand at the same property on both sides."""
    for name, value in part.get("properties", {}).items():
        older = shape.objects.get(name)
        if isinstance(older, str):
            older = table.definitions[older]
        if older is not None:
            yield value, older


def _parts(schema: Document, definitions: Definitions) -> Iterable[Document]:
    """The schema and everything that its `allOf` and `$ref` add to it, once."""
    seen: set[str] = set()
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        name = target(part)
        if name is None:
            yield part
            waiting.extend(part.get("allOf", ()))
        elif name not in seen:
            seen.add(name)
            waiting.append(definitions[name])


def _require_only(schema: Document, required: Iterable[str]) -> None:
    if "required" not in schema:
        return
    kept = [name for name in schema["required"] if name in set(required)]
    if kept:
        schema["required"] = kept
    else:
        del schema["required"]
