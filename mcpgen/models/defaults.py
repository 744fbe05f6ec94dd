"""Defaults that a JSON Schema proposes, as source text, where the field's type fits.

Part of the models stage. A default is an annotation and may be anything; what the
type does not admit is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from mcpgen import pycode
from mcpgen.ir import Json

from .documents import is_array, is_object
from .facts import is_unicode
from .layout import is_long
from .types import (
    Absent,
    Alias,
    Anything,
    Definition,
    Either,
    ListOf,
    Literals,
    MapOf,
    Ref,
    Scalar,
    Type,
    admits_null,
)

MAX_DEFAULT: Final = 2_000
"""Characters of source that a default may take."""

_PYTHON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def default_source(
    type_: Type, default: Json | Absent, definitions: Mapping[str, Definition]
) -> str | None:
    """What stands behind the `=` of a field; None where the default can't be used."""
    if isinstance(default, Absent) or not fits(type_, default, dict(definitions)):
        return None
    if default is None:
        return "None" if admits_null(type_, dict(definitions)) else None
    if not isinstance(default, (dict, list)):
        is_text = isinstance(default, str)
        line = pycode.string(default) if is_text else pycode.literal(default)
        if len(line) > MAX_DEFAULT:
            return None
        # Formatters differ about what to do with a value that no line can hold.
        return f"Field(default={line})" if is_long(line, 8) else line
    # Pydantic copies a default that can change for each instance.
    text = " ".join(pycode.literal(default).split("\n"))
    return f"Field(default={text})" if len(text) <= MAX_DEFAULT else None


def fits(type_: Type, value: Json, definitions: dict[str, Definition]) -> bool:
    """Whether a value is one that the type's Python form admits as it stands.

    Objects of a generated class never are: a plain dict is no instance of it.
    """
    match type_:
        case Anything():
            return not isinstance(value, (dict, list))
        case Scalar(kind):
            return type(value) in _PYTHON_TYPES[kind] and _can_be_written(value)
        case Literals(values):
            return (type(value), value) in values if _is_hashable(value) else False
        case ListOf(item):
            return is_array(value) and all(
                fits(item, member, definitions) for member in value
            )
        case MapOf(inner):
            return is_object(value) and all(
                fits(inner, member, definitions) for member in value.values()
            )
        case Either(members):
            return any(fits(member, value, definitions) for member in members)
        case Ref(name):
            target = definitions[name]
            return (
                isinstance(target, Alias)
                and not isinstance(value, (dict, list))
                and fits(target.type, value, definitions)
            )


def _is_hashable(value: Json) -> bool:
    return not isinstance(value, (dict, list))


def _can_be_written(value: Json) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or is_unicode(value)
