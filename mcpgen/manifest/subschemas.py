"""Where JSON Schemas lie inside a JSON Schema, in every dialect that mcpgen knows.

Helper of the manifest stage and of lint; keyword positions only, so that a property
named `$ref` or a default that looks like a schema is not taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcpgen.runtime.core.schema.document import below

from .declarations import Json, Pointer
from .reading import is_mapping


def walk(schema: Json, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Json]]:
    """Every schema object in a schema, itself first, with its path; follows no `$ref`."""
    stack: list[tuple[Pointer, Json]] = [(pointer, schema)]
    while stack:
        at, found = stack.pop()
        yield at, found
        inner = [
            ((*at, keyword, *keys), child)
            for keyword, value in found.items()
            for keys, child in below(keyword, value)
            if is_mapping(child)
        ]
        stack.extend(reversed(inner))
