"""Values that one JSON Schema accepts and another refuses: examples of what breaks.

Middle of the contract stage. Only tries: the values at the edges of both schemas. What
it finds is true, since both validators have judged it; finding nothing means nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from .documents import Document, Json, Part, is_mapping

if TYPE_CHECKING:
    from jsonschema_rs import Validator

MOST: Final = 400
"""Values that are tried for one pair of schemas."""
LONGEST: Final = 300
"""Characters of a text, and elements of a list, that are tried."""
SHOWN: Final = 120
"""Characters of an example that are shown."""
_DEPTH: Final = 4
_FEW: Final = 12

_PLAIN: Final[dict[str, tuple[Json, ...]]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (0, 1, -1, 2, 1000),
    "number": (0.5, 0, 1, -1, 1.5, 1000),
    "string": ("", "a", "A", "0", " ", "-", "é", "text", "a b"),
    "array": ([], [None]),
    "object": ({}, {"undeclared": "text"}),
}
_KINDS: Final = tuple(_PLAIN)


def example(inner: Part, outer: Part, within: Json = True) -> tuple[Json] | None:
    """A value that `inner` accepts and `outer` refuses; None where none is found.

    Args:
        inner: The schema that accepts it.
        outer: The schema that refuses it.
        within: A further JSON Schema that accepts it.

    Returns:
        The value in a tuple, since it may be null.
    """
    accepts = inner.document.validator(inner.pointer)
    refuses = outer.document.validator(outer.pointer)
    allows = Document(within, "within").validator(())
    if accepts is None or refuses is None or allows is None:
        return None
    for value in islice(_values(inner, outer, _DEPTH), MOST):
        if not _holds(accepts, value) or not _holds(allows, value):
            continue
        if _holds(refuses, value) is False:
            return (value,)
    return None


def shown(value: Json) -> str:
    """An example for a message: JSON on one line, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _holds(validator: Validator, value: Json) -> bool | None:
    """Whether a value is valid; None where the validator gives up."""
    try:
        return validator.is_valid(value)
    except ValueError:
        return None


def _values(inner: Part, outer: Part, depth: int) -> Iterator[Json]:
    schemas = [*_forms(inner, depth), *_forms(outer, depth)]
    seen: set[str] = set()
    for value in _all_values(schemas, inner, depth):
        # Equal objects with their keys in another order are tried twice, at worst.
        text = repr(value)
        if text not in seen:
            seen.add(text)
            yield value


def _forms(part: Part, depth: int) -> list[Part]:
    """A part and its branches: the schemas whose edges are tried."""
    part = part.resolved()
    schema = part.schema
    if not is_mapping(schema) or depth <= 0:
        return [part]
    branches = [
        part.below(key, i)
        for key in ("anyOf", "oneOf", "allOf")
        for i in range(len(schema.get(key, ())))
    ]
    inner = (form for branch in branches for form in _forms(branch, depth - 1))
    return [part, *islice(inner, _FEW)]


def _all_values(forms: list[Part], inner: Part, depth: int) -> Iterator[Json]:
    found = [part.schema for part in forms if is_mapping(part.schema)]
    for schema in found:
        yield from schema.get("enum", ())
        if "const" in schema:
            yield schema["const"]
    yield from _numbers(found)
    yield from _texts(found)
    if depth > 0:
        yield from _objects(forms, inner, depth)
        yield from _lists(forms, depth)
    for kind in _KINDS:
        yield from _PLAIN[kind]


def _numbers(schemas: Iterable[dict[str, Json]]) -> Iterator[Json]:
    for schema in schemas:
        for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            edge = schema.get(key)
            if isinstance(edge, int | float) and not isinstance(edge, bool):
                yield from (edge, edge - 1, edge + 1, edge - 0.5, edge + 0.5)
        step = schema.get("multipleOf")
        if isinstance(step, int | float):
            yield from (step, step * 2, step * 3)


def _texts(schemas: Iterable[dict[str, Json]]) -> Iterator[Json]:
    for schema in schemas:
        for key in ("minLength", "maxLength"):
            edge = schema.get(key)
            if isinstance(edge, int | float):
                for size in (edge, edge - 1, edge + 1):
                    if 0 <= size <= LONGEST:
                        yield "a" * int(size)


def _objects(forms: list[Part], inner: Part, depth: int) -> Iterator[Json]:
    """Objects with one property varied at a time, the others as small as they may be."""
    records = [p for p in forms if is_mapping(_in(p, "properties"))]
    base: dict[str, Json] = {}
    for record in [*_forms(inner, depth), *records]:
        for name in _in(record, "required") or ():
            if name not in base:
                base[name] = _first(record, name, depth)
    yield base
    yield {**base, "undeclared": "text"}
    for record in records:
        for name in islice(record.schema["properties"], _FEW * 3):
            part = record.below("properties", name)
            other = next(
                (
                    r.below("properties", name)
                    for r in records
                    if r.document is not record.document
                    and name in r.schema["properties"]
                ),
                part,
            )
            yield {key: value for key, value in base.items() if key != name}
            for value in islice(_values(part, other, depth - 1), _FEW * 2):
                yield {**base, name: value}


def _lists(forms: list[Part], depth: int) -> Iterator[Json]:
    for part in forms:
        if not is_mapping(part.schema) or "items" not in part.schema:
            continue
        items = part.below("items")
        elements = list(islice(_values(items, items, depth - 1), _FEW))
        yield from ([element] for element in elements)
        for key in ("minItems", "maxItems"):
            edge = part.schema.get(key)
            for size in (edge, edge - 1, edge + 1) if isinstance(edge, int) else ():
                if 0 <= size <= LONGEST and elements:
                    yield from ([element] * size for element in elements[:3])
                    yield [elements[i % len(elements)] for i in range(size)]


def _first(record: Part, name: str, depth: int) -> Json:
    """A value that fits a required property; None where none is found."""
    properties = _in(record, "properties")
    if not is_mapping(properties) or name not in properties:
        return "text"
    part = record.below("properties", name)
    validator = part.document.validator(part.pointer)
    if validator is None:
        return None
    tried = islice(_values(part, part, depth - 1), _FEW * 4)
    return next((value for value in tried if _holds(validator, value)), None)


def _in(part: Part, key: str) -> Json:
    return part.schema.get(key) if is_mapping(part.schema) else None
