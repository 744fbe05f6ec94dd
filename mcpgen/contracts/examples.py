"""Values that one JSON Schema accepts and another refuses: examples of what breaks.

Middle of the contract stage. Only tries: examples of the one schema, with each keyword
of the other one violated in turn. What it finds is true, since both validators have
judged it; finding nothing means nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from mcpgen.examples import Steps, proposals

from .documents import Document, Json, Part, is_list, is_mapping, keywords

if TYPE_CHECKING:
    from jsonschema_rs import Validator

MOST: Final = 150
"""Violations that are tried for one pair of schemas."""
EACH: Final = 12
"""Values that are tried for one of them."""
_STEPS: Final = 30_000
"""Steps of the maker of examples for one pair: some 0.1 seconds."""
SHOWN: Final = 120
"""Characters of an example that are shown."""
_DEPTH: Final = 4
_TYPES: Final = ("null", "boolean", "string", "integer", "number", "array", "object")

_BEYOND: Final[Mapping[str, Callable[[Json], Json]]] = {
    "minimum": lambda edge: {"exclusiveMaximum": edge},
    "maximum": lambda edge: {"exclusiveMinimum": edge},
    "exclusiveMinimum": lambda edge: {"maximum": edge},
    "exclusiveMaximum": lambda edge: {"minimum": edge},
    "minLength": lambda edge: {"type": "string", "maxLength": edge - 1},
    "maxLength": lambda edge: {"type": "string", "minLength": edge + 1},
    "minItems": lambda edge: {"type": "array", "maxItems": edge - 1},
    "maxItems": lambda edge: {"type": "array", "minItems": edge + 1},
    "minProperties": lambda edge: {"type": "object", "maxProperties": edge - 1},
    "maxProperties": lambda edge: {"type": "object", "minProperties": edge + 1},
}
"""Schemas of what violates a keyword, by its value."""
_INSIDE: Final = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items"),
        *("allOf", "anyOf", "oneOf", "not", "$ref"),
    }
)
_PLAIN: Final[tuple[Json, ...]] = (
    {"enum": [None, True]},
    {"enum": ["", "a", "text"]},
    {"enum": [0, 0.25, -1]},
    {"enum": [[], [None], {}, {"undeclared": "text"}]},
)
"""Values of each type, for keywords whose violation is hard to make."""


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
    steps = Steps(_STEPS)
    for case in islice(chain([True], _violations(outer, _DEPTH)), MOST):
        wanted = {"allOf": [inner.schema, within, case]}
        found = proposals(wanted, inner.document.schema, steps)
        for value in islice(found, EACH):
            if _holds(refuses, value) is False and (
                _holds(accepts, value) and _holds(allows, value)
            ):
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


def _violations(part: Part, depth: int) -> Iterator[Json]:
    """Schemas of values that a part may well refuse, one for each of its demands."""
    part = part.resolved()
    schema = part.schema
    if not is_mapping(schema):
        if schema is False:
            yield True
        return
    types = schema.get("type")
    if types is not None:
        named = types if is_list(types) else [types]
        yield {"type": [kind for kind in _TYPES if kind not in named]}
        yield {"not": {"type": types}}
    for key in schema:
        if key in _BEYOND:
            yield _BEYOND[key](schema[key])
    if "not" in schema:
        yield part.below("not").resolved().schema
    others = keywords(schema) - _INSIDE - _BEYOND.keys()
    for key in schema:
        if key in others:
            yield {"not": {key: schema[key]}}
    yield from _PLAIN
    yield from _of_parts(part, schema, depth - 1)


def _of_parts(part: Part, schema: dict[str, Json], depth: int) -> Iterator[Json]:
    for name in schema.get("required", ()):
        yield {"type": "object", "properties": {name: False}}
    if depth < 0:
        return
    if "additionalProperties" in schema:
        further = part.below("additionalProperties")
        yield from _with("undeclared", _violations(further, depth))
    properties = schema.get("properties", {})
    for name in properties:
        below = part.below("properties", name)
        yield from _with(name, _violations(below, depth))
    if "items" in schema:
        for case in _violations(part.below("items"), depth):
            yield {"type": "array", "items": case, "minItems": 1}
    for key in ("allOf", "anyOf", "oneOf"):
        for place in range(len(schema.get(key, ()))):
            yield from _violations(part.below(key, place), depth)


def _with(name: str, cases: Iterator[Json]) -> Iterator[Json]:
    for case in cases:
        yield {"type": "object", "properties": {name: case}, "required": [name]}
