"""Two schemas as one: what both admit, as far as keywords can say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from .values import Json, JsonObject, among, list_of, names_of, object_of

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
