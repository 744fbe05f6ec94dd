"""Schemas put together: two as one, and what the keywords say of one property."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from mcpgen.runtime.core.schema.document import is_array

from .plain import (
    Json,
    JsonObject,
    among,
    list_of,
    matching_strings,
    names_of,
    object_of,
)

_NOTHING: Final = object()


def merged(one: JsonObject, other: JsonObject) -> dict[str, Json] | None:
    """A schema for what two schemas admit, as far as keywords can say it; None: nothing."""
    both = dict(one)
    for keyword, value in other.items():
        if keyword not in both:
            both[keyword] = value
            continue
        join = _JOINS.get(keyword)
        joined = value if join is None else join(both[keyword], value)
        if joined is _NOTHING:
            return None
        both[keyword] = joined
    return both


def _both(one: Json, other: Json) -> Json:
    return one if one is other else {"allOf": [one, other]}


def _each(one: Json, other: Json) -> Json:
    left, right = object_of(one), object_of(other)
    return {
        **left,
        **{k: _both(left[k], v) if k in left else v for k, v in right.items()},
    }


def _in_step(one: Json, other: Json) -> Json:
    shorter, longer = sorted((list_of(one), list_of(other)), key=len)
    return [*map(_both, shorter, longer), *longer[len(shorter) :]]


def _all_names(one: Json, other: Json) -> Json:
    return [
        *list_of(one),
        *(name for name in list_of(other) if name not in list_of(one)),
    ]


def _common_types(one: Json, other: Json) -> Json:
    left, right = names_of(one), names_of(other)
    common = [kind for kind in left if kind in right]
    for some, others in ((left, right), (right, left)):
        if "integer" in some and "number" in others and "integer" not in common:
            common.append("integer")
    return common or _NOTHING


def _common_values(one: Json, other: Json) -> Json:
    return [v for v in list_of(one) if among(list_of(other), v)] or _NOTHING


def _same_value(one: Json, other: Json) -> Json:
    return one if among([one], other) else _NOTHING


def _more_open(one: Json, other: Json) -> Json:
    """The stricter of two rules for what is not declared."""
    if one is False or other is False:
        return False
    return _both(one, other)


_JOINS: Final[Mapping[str, Callable[[Json, Json], Json]]] = {
    "properties": _each,
    "patternProperties": _each,
    "required": _all_names,
    "type": _common_types,
    "enum": _common_values,
    "const": _same_value,
    "additionalProperties": _more_open,
    "items": _both,
    "prefixItems": _in_step,
    "contains": _both,
    "propertyNames": _both,
    "not": lambda one, other: {"anyOf": [one, other]},
    "dependentRequired": lambda one, other: {**object_of(one), **object_of(other)},
    **dict.fromkeys(
        (
            *("minimum", "exclusiveMinimum", "minLength", "minItems"),
            *("minProperties", "minContains"),
        ),
        max,
    ),
    **dict.fromkeys(
        (
            *("maximum", "exclusiveMaximum", "maxLength", "maxItems"),
            *("maxProperties", "maxContains"),
        ),
        min,
    ),
}


# --- properties ---------------------------------------------------------------


def dependent(schema: JsonObject) -> Iterator[Json]:
    """What must hold as soon as properties are there, as if they were."""
    for keyword in ("dependentSchemas", "dependencies"):
        for name, part in object_of(schema.get(keyword)).items():
            if not is_array(part) and _mentions(schema, name):
                yield part


def _mentions(schema: JsonObject, name: str) -> bool:
    declared = object_of(schema.get("properties"))
    return name in declared or name in list_of(schema.get("required"))


def closed_over(required: Iterable[Json], schema: JsonObject) -> list[str]:
    """The names that must be there, with those that they bring along."""
    rules = {
        **object_of(schema.get("dependentRequired")),
        **object_of(schema.get("dependencies")),
    }
    names = dict.fromkeys(map(str, required))
    waiting = list(names)
    while waiting:
        for name in map(str, list_of(rules.get(waiting.pop()))):
            if name not in names:
                names[name] = None
                waiting.append(name)
    return list(names)


@lru_cache(maxsize=64)
def _known_to_match(pattern: str) -> frozenset[str]:
    """Names that are made for a pattern."""
    return frozenset(matching_strings(pattern, 0))


def property_schema(schema: JsonObject, name: str) -> Json:
    """The schema of one property."""
    declared = object_of(schema.get("properties"))
    fitting = [
        part
        for pattern, part in object_of(schema.get("patternProperties")).items()
        if name in _known_to_match(pattern)
    ]
    if name in declared:
        fitting.insert(0, declared[name])
    if not fitting:
        return schema.get("additionalProperties", True)
    return fitting[0] if len(fitting) == 1 else {"allOf": fitting}
