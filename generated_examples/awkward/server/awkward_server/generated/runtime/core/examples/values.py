"""JSON values at hand: their kinds, their parts, and which of them are the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Json]


def is_object(value: Json) -> TypeGuard[JsonObject]:
    """Whether a value is an object."""
    return isinstance(value, Mapping)


def is_array(value: Json) -> TypeGuard[Sequence[Json]]:
    """Whether a value is an array."""
    return isinstance(value, list | tuple)


def is_number(value: Json) -> TypeGuard[float]:
    """Whether a value is a number; Python counts true among them."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def object_of(value: Json) -> JsonObject:
    """The object, or an empty one for anything else."""
    return value if is_object(value) else {}


def list_of(value: Json) -> Sequence[Json]:
    """The array, or an empty one for anything else."""
    return value if is_array(value) else ()


def whole(schema: JsonObject, keyword: str, missing: int) -> int:
    """A count that a keyword gives."""
    value = schema.get(keyword)
    return int(value) if is_number(value) and math.isfinite(value) else missing


def among(values: Iterable[Json], wanted: Json) -> bool:
    """Whether a value is among others, as JSON sees it: true is not 1, but 1.0 is."""
    key = key_of(wanted)
    return any(key_of(value) == key for value in values)


def key_of(value: Json) -> str:
    """The same text for the same value."""
    if is_object(value):
        members = sorted((key, key_of(part)) for key, part in value.items())
        return f"{{{members!r}}}"
    if is_array(value):
        return f"[{','.join(map(key_of, value))}]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return repr(value)


def is_null(schema: Json) -> bool:
    """Whether a schema admits null alone."""
    return is_object(schema) and schema.get("type") == "null"


def names_of(types: Json) -> list[Json]:
    """What `type` names, be it one type or several."""
    return list(types) if is_array(types) else [types]
