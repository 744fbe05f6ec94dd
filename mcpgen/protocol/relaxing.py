"""Schemas that several revisions share: required is what all of them require.

Part of the protocol stage. A class of the newest revision also has to hold what a peer of
an older one sends, so a property that the older one doesn't require is optional.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from .table import Document, Shape, Table, target

Json: TypeAlias = Any
Definitions: TypeAlias = Mapping[str, Document]


def relax(definitions: Definitions, tables: Iterable[Table]) -> None:
    """Make optional, in place, what one of the tables doesn't require.

    Definitions are compared with those of the same name, and then property by property
    with whatever stands there, be it described in place or under another name.
    """
    for table in tables:
        comparison = _Comparison(definitions, table)
        for name, shape in table.definitions.items():
            if shape is not None and name in definitions:
                comparison.compare(definitions[name], shape)


class _Comparison:
    """The definitions beside one table; each pair is looked at once."""

    def __init__(self, definitions: Definitions, table: Table) -> None:
        self._definitions = definitions
        self._table = table
        self._seen: set[tuple[int, int]] = set()

    def compare(self, schema: Json, shape: Shape) -> None:
        for part in self._parts(schema, set()):
            pair = (id(part), id(shape))
            if pair in self._seen:
                continue
            self._seen.add(pair)
            _require_only(part, shape.required)
            for name, value in part.get("properties", {}).items():
                older = self._shape(shape.objects.get(name))
                if older is not None:
                    self.compare(value, older)

    def _shape(self, found: str | Shape | None) -> Shape | None:
        return self._table.definitions[found] if isinstance(found, str) else found

    def _parts(self, schema: Json, seen: set[str]) -> Iterable[Document]:
        name = target(schema)
        if name is not None:
            if name not in seen:
                seen.add(name)
                yield from self._parts(self._definitions[name], seen)
            return
        yield schema
        for part in schema.get("allOf", ()):
            yield from self._parts(part, seen)


def _require_only(schema: Document, required: Iterable[str]) -> None:
    if "required" not in schema:
        return
    kept = [name for name in schema["required"] if name in set(required)]
    if kept:
        schema["required"] = kept
    else:
        del schema["required"]
