"""What each definition of a schema document holds, in words that can be compared.

Part of the protocol stage. Types are written as TypeScript writes them, which is what the
specification is written in. Reads no files, knows no revision.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .table import definitions_of
from .walking import Document, Json, as_list, as_object, target

_PLAIN: Final = {
    "string": "string",
    "boolean": "boolean",
    "null": "null",
    "integer": "integer",
    "number": "number",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object.

    Attributes:
        type: Its type, as text; `object` where `fields` says more.
        required: Whether it must be there.
        fields: The properties of an object that is described in place.
    """

    type: str
    required: bool
    fields: Mapping[str, Field] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition: an object with fields, or a name for another type.

    Attributes:
        type: The type, as text; `object` where `fields` says more.
        fields: The properties of an object, those that it extends among them.
    """

    type: str
    fields: Mapping[str, Field] | None = None


def read_definitions(document: Json) -> dict[str, Definition]:
    """The definitions of a schema document by name, sorted.

    Raises:
        NotASchema: The document is something else.
    """
    definitions = definitions_of(document)
    return {
        name: _definition(definitions[name], definitions)
        for name in sorted(definitions)
    }


def to_json(definitions: Mapping[str, Definition]) -> dict[str, Json]:
    """The definitions as JSON: text for a type, an object for fields, `?` optional."""
    return {
        name: found.type if found.fields is None else _write(found.fields)
        for name, found in definitions.items()
    }


def from_json(data: Mapping[str, Json]) -> dict[str, Definition]:
    """Read what `to_json` gave; the data is mcpgen's own and not checked."""
    return {
        name: Definition(found)
        if isinstance(found, str)
        else Definition("object", _read(found))
        for name, found in data.items()
    }


def _write(fields: Mapping[str, Field]) -> dict[str, Json]:
    return {
        name if field.required else f"{name}?": field.type
        if field.fields is None
        else _write(field.fields)
        for name, field in fields.items()
    }


def _read(data: Mapping[str, Json]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for key, found in data.items():
        name = key.removesuffix("?")
        if isinstance(found, str):
            fields[name] = Field(found, name == key)
        else:
            fields[name] = Field("object", name == key, _read(found))
    return fields


def _definition(schema: Document, definitions: Mapping[str, Document]) -> Definition:
    if "allOf" not in schema and "properties" not in schema:
        return Definition(type_text(schema))
    return Definition("object", _fields(schema, definitions))


def _fields(schema: Document, definitions: Mapping[str, Document]) -> dict[str, Field]:
    """The properties of an object and of all that it extends."""
    required: set[str] = set()
    properties: dict[str, Json] = {}
    for part in _parts(schema, definitions):
        required.update(name for name in _list(part, "required"))
        for name, value in (as_object(part.get("properties")) or {}).items():
            properties.setdefault(name, value)
    return {
        name: _field(properties[name], name in required, definitions)
        for name in sorted(properties)
    }


def _field(schema: Json, required: bool, definitions: Mapping[str, Document]) -> Field:
    described = as_object(schema)
    if described and target(described) is None and "properties" in described:
        return Field("object", required, _fields(described, definitions))
    return Field(type_text(schema), required)


def _parts(schema: Document, definitions: Mapping[str, Document]) -> Iterator[Document]:
    seen: set[str] = set()
    waiting: list[Document] = [schema]
    while waiting:
        part = waiting.pop(0)
        name = target(part)
        if name is None:
            yield part
            members = map(as_object, _list(part, "allOf"))
            waiting.extend(member for member in members if member is not None)
        elif name not in seen and name in definitions:
            seen.add(name)
            waiting.append(definitions[name])


def type_text(schema: Json) -> str:
    """A JSON Schema as a TypeScript type, as near as it gets."""
    described = as_object(schema)
    if not described:
        return "never" if schema is False else "unknown"
    return target(described) or _constant(described) or _composed(described)


def _constant(schema: Document) -> str:
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    return " | ".join(json.dumps(v, ensure_ascii=False) for v in _list(schema, "enum"))


def _composed(schema: Document) -> str:
    for keyword, mark in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if keyword in schema:
            return mark.join(map(type_text, _list(schema, keyword)))
    types = _list(schema, "type") or [schema.get("type")]
    return " | ".join(_one(kind, schema) for kind in types)


def _one(kind: Json, schema: Document) -> str:
    if kind == "array":
        inner = type_text(schema.get("items", {}))
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if kind == "object":
        return _object(schema)
    return _PLAIN.get(kind, "unknown") if isinstance(kind, str) else "unknown"


def _object(schema: Document) -> str:
    required = _list(schema, "required")
    properties = as_object(schema.get("properties")) or {}
    parts = [
        f"{name}{'' if name in required else '?'}: {type_text(value)}"
        for name, value in sorted(properties.items())
    ]
    others = schema.get("additionalProperties")
    if as_object(others):
        parts.append(f"[key: string]: {type_text(others)}")
    return f"{{ {'; '.join(parts)} }}" if parts else "object"


def _list(schema: Document, keyword: str) -> list[Json]:
    return as_list(schema.get(keyword)) or []
