"""Mistakes in other people's JSON Schemas that have only one possible meaning.

Part of the manifest stage; pure functions from data to data. Applied to list results
only: who writes a manifest by hand is better served by an error with its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mcpgen.runtime.core.schema.document import LIST, MAP, ONE

from .declarations import Json, Pointer
from .reading import is_list, is_mapping, quoted
from .references import references

_TYPES: Final = {
    "array": "array",
    "arr": "array",
    "bool": "boolean",
    "boolean": "boolean",
    "dict": "object",
    "double": "number",
    "float": "number",
    "int": "integer",
    "integer": "integer",
    "list": "array",
    "long": "integer",
    "none": "null",
    "null": "null",
    "number": "number",
    "obj": "object",
    "object": "object",
    "str": "string",
    "string": "string",
}
"""What a name of a type, in lower case, can only mean."""

_NUMBERS: Final = frozenset(
    {
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
    }
)
_NOT_NULL: Final = (
    MAP
    | ONE
    | LIST
    | _NUMBERS
    | {
        "$anchor",
        "$comment",
        "$id",
        "$ref",
        "$schema",
        "dependentRequired",
        "deprecated",
        "description",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "pattern",
        "readOnly",
        "required",
        "title",
        "type",
        "uniqueItems",
        "writeOnly",
    }
)
"""Keywords whose value is never null, so that null means that they are absent."""
_BOOLEANS: Final = {"true": True, "false": False}
_ARRAY_ITEMS: Final = ("draft-04", "draft-06", "draft-07", "2019-09")
"""Dialects in which `items` may be a list."""
_PAIRS: Final = {"#/definitions/": "#/$defs/", "#/$defs/": "#/definitions/"}


class _Gone:
    """The type of `_GONE`, in place of a value that is removed."""


_GONE: Final = _Gone()


@dataclass(frozen=True, slots=True)
class Correction:
    """One mistake, and how it was read.

    Attributes:
        pointer: Where it is, from the schema's root on.
        message: What is wrong and what it was taken for.
    """

    pointer: Pointer
    message: str


def corrected(schema: dict[str, Json]) -> tuple[dict[str, Json], list[Correction]]:
    """A JSON Schema with its unambiguous mistakes corrected.

    Returns:
        The schema itself where there is nothing to correct, else a changed copy; and
        the corrections, outermost first.
    """
    dialect = schema.get("$schema")
    has_array_items = isinstance(dialect, str) and any(
        name in dialect for name in _ARRAY_ITEMS
    )
    work = _Work(has_array_items, "draft-04" in str(dialect))
    made = work.schema(schema, ())
    made = _with_found_references(made, work.found)
    return (made, work.found) if work.found else (schema, [])


@dataclass(slots=True)
class _Work:
    has_array_items: bool
    has_boolean_limits: bool
    found: list[Correction] = field(default_factory=list[Correction])

    def schema(self, schema: dict[str, Json], at: Pointer) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for keyword, value in schema.items():
            new = self._keyword(keyword, value, (*at, keyword))
            if not isinstance(new, _Gone):
                made[keyword] = self._below(keyword, new, (*at, keyword))
        self._items(made, at)
        self._limits(made, at)
        self._required_below(schema, made, at)
        return made

    def _note(self, at: Pointer, message: str) -> None:
        self.found.append(Correction(at, message))

    def _keyword(self, keyword: str, value: Json, at: Pointer) -> Json | _Gone:
        if value is None and keyword in _NOT_NULL:
            self._note(at, "null was ignored")
            return _GONE
        rule = _RULES.get(keyword)
        if rule is None and keyword in MAP and value == [] and is_list(value):
            rule = _empty_mapping
        if rule is None and keyword in _NUMBERS:
            rule = _number
        new = value if rule is None else rule(value)
        if isinstance(new, _Gone):
            self._note(at, f"{_shown(value)} was ignored")
        elif new is not value:
            self._note(at, f"{_shown(value)} was read as {_shown(new)}")
        return new

    def _below(self, keyword: str, value: Json, at: Pointer) -> Json:
        """The value of a keyword with the schemas inside it corrected."""
        if keyword in MAP and is_mapping(value):
            return {name: self._inner(v, (*at, name)) for name, v in value.items()}
        if keyword in LIST and is_list(value):
            return [self._inner(v, (*at, index)) for index, v in enumerate(value)]
        if keyword in ONE:
            return self._inner(value, at)
        return value

    def _inner(self, value: Json, at: Pointer) -> Json:
        if value is None:
            self._note(at, "null was read as {}")
            return {}
        return self.schema(value, at) if is_mapping(value) else value

    def _items(self, made: dict[str, Json], at: Pointer) -> None:
        """A list of schemas below `items`, which 2020-12 calls `prefixItems`."""
        items = made.get("items")
        if not is_list(items) or self.has_array_items or "prefixItems" in made:
            return
        del made["items"]
        if items:
            made["prefixItems"] = items
        if "additionalItems" in made:
            made["items"] = made.pop("additionalItems")
        self._note((*at, "items"), "a list was read as `prefixItems`")

    def _limits(self, made: dict[str, Json], at: Pointer) -> None:
        """`exclusiveMinimum: true` of draft-04, and its counterpart."""
        if self.has_boolean_limits:
            return
        for keyword, limit in (
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ):
            flag = made.get(keyword)
            if not isinstance(flag, bool):
                continue
            del made[keyword]
            if flag and limit in made:
                made[keyword] = made.pop(limit)
            message = f"{_shown(flag)} was read as in draft-04"
            self._note((*at, keyword), message)

    def _required_below(
        self, schema: dict[str, Json], made: dict[str, Json], at: Pointer
    ) -> None:
        """`required: true` inside properties, as draft-03 had it."""
        properties = schema.get("properties")
        names = (
            [
                name
                for name, value in properties.items()
                if is_mapping(value) and value.get("required") is True
            ]
            if is_mapping(properties)
            else []
        )
        if names:
            known = made.get("required")
            known = known if is_list(known) else []
            made["required"] = list(dict.fromkeys([*known, *names]))
            self._note((*at, "required"), f"{', '.join(map(quoted, names))} was added")


def _empty_mapping(value: Json) -> Json | _Gone:
    return {}


def _required(value: Json) -> Json | _Gone:
    if isinstance(value, str):
        return [value] if value else _GONE
    if isinstance(value, bool) or value == {}:
        return _GONE
    if is_list(value) and all(isinstance(name, str) for name in value):
        once = list(dict.fromkeys(value))
        return value if len(once) == len(value) else once
    return value


def _type(value: Json) -> Json | _Gone:
    if isinstance(value, str):
        if value.lower() in ("any", ""):
            return _GONE
        known = _TYPES.get(value.lower(), value)
        return value if known == value else known
    if not is_list(value):
        return value
    if value == []:
        return _GONE
    names = [_TYPES.get(v.lower(), v) if isinstance(v, str) else v for v in value]
    names = [name for at, name in enumerate(names) if name not in names[:at]]
    return value if names == value else names


def _boolean(value: Json) -> Json | _Gone:
    return _BOOLEANS.get(value.lower(), value) if isinstance(value, str) else value


def _number(value: Json) -> Json | _Gone:
    if not isinstance(value, str) or len(value) > 30:
        return value
    try:
        return int(value)
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        return value
    return number if number - number == 0 else value


def _description(value: Json) -> Json | _Gone:
    if is_list(value) and all(isinstance(part, str) for part in value):
        return "\n".join(value)
    return value


_RULES: Final[dict[str, Callable[[Json], Json | _Gone]]] = {
    "additionalItems": _boolean,
    "additionalProperties": _boolean,
    "description": _description,
    "required": _required,
    "type": _type,
    "uniqueItems": _boolean,
}


def _with_found_references(
    schema: dict[str, Json], found: list[Correction]
) -> dict[str, Json]:
    """A schema whose lost references lead to `$defs` instead of `definitions`, or back."""
    if not {"$defs", "definitions"} & schema.keys():
        return schema
    for reference in list(references(schema, ())):
        other = renamed(schema, reference.text) if reference.is_lost else None
        if other is None:
            continue
        schema = _replaced(schema, reference.pointer, other)
        message = f"{quoted(reference.text)} was read as {quoted(other)}"
        found.append(Correction(reference.pointer, message))
    return schema


def renamed(schema: Json, reference: str) -> str | None:
    """A lost reference under the other name of its definitions, if it exists there."""
    for old, new in _PAIRS.items():
        if not reference.startswith(old):
            continue
        other = new + reference.removeprefix(old)
        trial = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
        found = references({**trial, "$ref": other}, ())
        if not any(r.is_lost for r in found if r.pointer == ("$ref",)):
            return other
    return None


def _replaced(value: Json, pointer: Pointer, new: Json) -> Json:
    if not pointer:
        return new
    step, *rest = pointer
    if is_list(value) and isinstance(step, int):
        made = list(value)
        made[step] = _replaced(value[step], tuple(rest), new)
        return made
    if not is_mapping(value):
        return value
    return {**value, str(step): _replaced(value[str(step)], tuple(rest), new)}


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value in ([], {}):
        return str(value)
    return quoted(value) if not isinstance(value, int | float) else str(value)
