"""Forms: the part of JSON Schema in which a person can be asked for values.

Shared by server and client. A form is a flat object of strings, numbers, booleans and
choices; each revision has a few more kinds of choices than the one before.
https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation#requested-schema
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..catalog import Json, JsonObject
from .document import Document, is_array, is_object

CHOICES_SINCE: Final = "2025-11-25"
"""The first revision with titled choices, several choices, and defaults of any kind."""

_FORMATS: Final = frozenset({"date", "date-time", "email", "uri"})
_TEXTS: Final = ("title", "description")
_LENGTHS: Final = ("minLength", "maxLength")
_LIMITS: Final = ("minimum", "maximum")
_COUNTS: Final = ("minItems", "maxItems")
_ALLOWED: Final = (
    "a string, a number, a boolean, one of several strings, or some of them"
)


class FormError(ValueError):
    """A form has a field that no client can show.

    Attributes:
        field: The field's name; empty for the form as a whole.
    """

    def __init__(self, field: str, reason: str) -> None:
        about = f"the field {field!r}" if field else "the form"
        super().__init__(f"{about} {reason}")
        self.field = field


def form(schema: JsonObject, version: str) -> dict[str, Json]:
    """A JSON Schema as a revision allows it in forms.

    Optional values may be written as a union with null; they become fields that are not
    required. References into `$defs` are replaced by what they name. Keywords that forms
    do not have are left out.

    Args:
        schema: An object schema, such as that of a pydantic model.
        version: The protocol revision.

    Raises:
        FormError: It cannot be expressed as a form.
    """
    properties = schema.get("properties", {})
    if schema.get("type", "object") != "object" or not is_object(properties):
        raise FormError("", "must be an object schema with `properties`")
    required = schema.get("required")
    names = [str(name) for name in required] if is_array(required) else []
    fields: dict[str, Json] = {}
    document = Document(schema)
    for name, written in properties.items():
        field, is_optional = _plain(name, written, document)
        fields[name] = _field(name, field, version)
        if is_optional and name in names:
            names.remove(name)
    made: dict[str, Json] = {"type": "object", "properties": fields}
    if names:
        made["required"] = names
    return made


def _plain(name: str, written: Json, document: Document) -> tuple[JsonObject, bool]:
    """A field without references and without null, and whether null was allowed."""
    field = _resolved(name, written, document)
    optional = False
    for keyword in ("anyOf", "oneOf"):
        branches = field.get(keyword)
        if not is_array(branches):
            continue
        plain = [_resolved(name, branch, document) for branch in branches]
        if _titled(plain):
            continue
        others = [branch for branch in plain if branch.get("type") != "null"]
        optional = len(others) < len(plain)
        if len(others) == 1:
            around = {k: v for k, v in field.items() if k != keyword}
            field = {**others[0], **around}
    kinds = field.get("type")
    if is_array(kinds):
        left = [kind for kind in kinds if kind != "null"]
        optional = optional or len(left) < len(kinds)
        field = {**field, "type": left[0] if len(left) == 1 else left}
    items = field.get("items")
    if is_object(items):
        field = {**field, "items": _resolved(name, items, document)}
    return field, optional


def _resolved(name: str, schema: Json, document: Document) -> JsonObject:
    """A schema with what its `$ref`, or its only `allOf`, names in its place."""
    for _ in range(8):
        if not is_object(schema):
            raise FormError(name, f"must be {_ALLOWED}")
        reference, parts = schema.get("$ref"), schema.get("allOf")
        if isinstance(reference, str):
            target = next(iter(document.targets(reference)), None)
        elif is_array(parts) and len(parts) == 1:
            target = parts[0]
        else:
            return schema
        if not is_object(target):
            raise FormError(name, f"refers to {reference!r}, which does not exist")
        around = {k: v for k, v in schema.items() if k not in ("$ref", "allOf")}
        schema = {**target, **around}
    raise FormError(name, "refers to itself")


def _field(name: str, field: JsonObject, version: str) -> dict[str, Json]:
    kind = field.get("type")
    has_choices = version >= CHOICES_SINCE
    texts = _some(field, _TEXTS, str)
    made: dict[str, Json]
    if kind == "array":
        if not has_choices:
            reason = f"is a list, which forms have since {CHOICES_SINCE} only"
            raise FormError(name, reason)
        counts = _some(field, _COUNTS, int)
        made = {"type": "array", **texts, **counts, "items": _items(name, field)}
    elif kind in ("integer", "number"):
        made = {"type": kind, **texts, **_limits(field, whole=kind == "integer")}
    elif kind == "boolean":
        made = {"type": "boolean", **texts}
    elif (choices := _choices(field, titled=has_choices)) is not None:
        made = {"type": "string", **texts, **choices}
    elif kind == "string":
        made = {"type": "string", **texts, **_some(field, _LENGTHS, int)}
        if field.get("format") in _FORMATS:
            made["format"] = field["format"]
    else:
        raise FormError(name, f"must be {_ALLOWED}")
    default = field.get("default")
    if default is not None and (has_choices or kind == "boolean"):
        made["default"] = default
    return made


def _some(field: JsonObject, keywords: Iterable[str], kind: type) -> dict[str, Json]:
    return {k: field[k] for k in keywords if isinstance(field.get(k), kind)}


def _limits(field: JsonObject, *, whole: bool) -> dict[str, Json]:
    """Inclusive limits; exclusive ones become inclusive where that is exact."""
    made = {k: field[k] for k in _LIMITS if isinstance(field.get(k), int | float)}
    if whole:
        low, high = field.get("exclusiveMinimum"), field.get("exclusiveMaximum")
        if isinstance(low, int):
            made.setdefault("minimum", low + 1)
        if isinstance(high, int):
            made.setdefault("maximum", high - 1)
    return made


def _items(name: str, field: JsonObject) -> dict[str, Json]:
    """The elements of a list: some of several strings."""
    items = field.get("items")
    if is_object(items):
        values = _strings(items.get("enum"))
        if values is not None:
            return {"type": "string", "enum": values}
        for keyword in ("anyOf", "oneOf"):
            titled = items.get(keyword)
            if is_array(titled) and _titled(titled):
                return {"anyOf": [dict(each) for each in titled]}
    raise FormError(name, "is a list whose elements are not one of several strings")


def _choices(field: JsonObject, *, titled: bool) -> dict[str, Json] | None:
    """The keywords of a field that is one of several strings; None for others."""
    for keyword in ("oneOf", "anyOf"):
        options = field.get(keyword)
        if is_array(options) and _titled(options):
            if titled:
                return {"oneOf": [dict(option) for option in options]}
            names = [option["title"] for option in options]
            return {"enum": [o["const"] for o in options], "enumNames": names}
    constant = field.get("const")
    values = _strings([constant] if "const" in field else field.get("enum"))
    if values is None:
        return None
    titles = _strings(field.get("enumNames"))
    if titles is None:
        return {"enum": values}
    return {"enum": values, "enumNames": titles}


def _strings(values: Json) -> list[str] | None:
    if not is_array(values) or not values:
        return None
    found = [value for value in values if isinstance(value, str)]
    others = len(values) - len(found) - sum(value is None for value in values)
    return None if others else found


def _titled(options: Sequence[Any]) -> bool:
    """Whether each option is a string with a title."""
    return all(
        is_object(option)
        and isinstance(option.get("const"), str)
        and isinstance(option.get("title"), str)
        for option in options
    )
