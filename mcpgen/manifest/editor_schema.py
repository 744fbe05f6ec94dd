"""The JSON Schema of native manifests, for editors; rendered from `model`.

JSON Schemas inside a manifest are checked as well, where they are of the default dialect:
by what 2020-12's meta-schema says, in one piece, since editors do not follow its dynamic
references.

    python -m mcpgen.manifest.editor_schema [FILE]

writes it, by default to the checkout's schema/mcpgen.schema.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from mcpgen import disk

from .model import NativeManifest
from .schemas import DIALECT

HOME: Final = Path(__file__).parents[2] / "schema" / "mcpgen.schema.json"


_INSIDE: Final[dict[str, Any]] = {
    "if": {
        "required": ["$schema"],
        "not": {"properties": {"$schema": {"const": DIALECT}}},
    },
    "else": {"$ref": "#/$defs/JsonSchema"},
}
_INPUT: Final[dict[str, Any]] = {
    "required": ["type"],
    "properties": {"type": {"const": "object"}},
}
_ONE: Final[dict[str, Any]] = {"$ref": "#/$defs/JsonSchema"}
_MANY: Final[dict[str, Any]] = {"type": "array", "minItems": 1, "items": _ONE}
_NAMED: Final[dict[str, Any]] = {"type": "object", "additionalProperties": _ONE}
_COUNT: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}
_NAMES: Final[dict[str, Any]] = {
    "type": "array",
    "items": {"type": "string"},
    "uniqueItems": True,
}
_TYPE: Final[dict[str, Any]] = {
    "enum": ["array", "boolean", "integer", "null", "number", "object", "string"]
}
_ANY: Final[dict[str, Any]] = {}
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_FLAG: Final[dict[str, Any]] = {"type": "boolean"}
_NUMBER: Final[dict[str, Any]] = {"type": "number"}

_KEYWORDS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "$anchor": (_TEXT, "A name of this schema, for `$ref: '#name'`."),
    "$comment": (_TEXT, "A remark for those who edit the schema."),
    "$defs": (_NAMED, "Schemas for `$ref: '#/$defs/NAME'`."),
    "$dynamicAnchor": (_TEXT, "A name that `$dynamicRef` finds."),
    "$dynamicRef": (_TEXT, "A reference that is resolved while validating."),
    "$id": (_TEXT, "The URI of this schema."),
    "$ref": (_TEXT, "A schema of this document, such as `#/$defs/City`."),
    "$schema": (_TEXT, "The dialect. Default: 2020-12."),
    "additionalProperties": (_ONE, "The schema of other properties; false: none."),
    "allOf": (_MANY, "Schemas that all have to accept the value."),
    "anyOf": (_MANY, "Schemas of which one at least has to accept the value."),
    "const": (_ANY, "The only value."),
    "contains": (_ONE, "A schema that some element has to match."),
    "contentEncoding": (_TEXT, "How a string encodes bytes, such as base64."),
    "contentMediaType": (_TEXT, "What a string holds, such as image/png."),
    "contentSchema": (_ONE, "The schema of what a string holds."),
    "default": (_ANY, "The value that stands for a missing one."),
    "definitions": (_NAMED, "Older name of `$defs`."),
    "dependentRequired": (
        {"type": "object", "additionalProperties": _NAMES},
        "Properties that are required where another one is there.",
    ),
    "dependentSchemas": (_NAMED, "Schemas that apply where a property is there."),
    "deprecated": (_FLAG, "Whether callers should avoid it."),
    "description": (_TEXT, "What the value means, for models and people."),
    "else": (_ONE, "Applies where `if` does not match."),
    "enum": ({"type": "array"}, "The allowed values."),
    "examples": ({"type": "array"}, "Values that show what is meant."),
    "exclusiveMaximum": (_NUMBER, "Values are less."),
    "exclusiveMinimum": (_NUMBER, "Values are more."),
    "format": (_TEXT, "A hint, such as date-time or email."),
    "if": (_ONE, "Chooses between `then` and `else`."),
    "items": (_ONE, "The schema of a list's elements."),
    "maxContains": (_COUNT, "At most so many elements match `contains`."),
    "maxItems": (_COUNT, "At most so many elements."),
    "maxLength": (_COUNT, "At most so many characters."),
    "maxProperties": (_COUNT, "At most so many properties."),
    "maximum": (_NUMBER, "Values are at most this."),
    "minContains": (_COUNT, "At least so many elements match `contains`."),
    "minItems": (_COUNT, "At least so many elements."),
    "minLength": (_COUNT, "At least so many characters."),
    "minProperties": (_COUNT, "At least so many properties."),
    "minimum": (_NUMBER, "Values are at least this."),
    "multipleOf": (
        {"type": "number", "exclusiveMinimum": 0},
        "Values are a multiple of this.",
    ),
    "not": (_ONE, "A schema that must not accept the value."),
    "oneOf": (_MANY, "Schemas of which exactly one has to accept the value."),
    "pattern": (_TEXT, "An ECMA-262 regular expression that strings match."),
    "patternProperties": (_NAMED, "Schemas of properties whose names match."),
    "prefixItems": (_MANY, "The schemas of the first elements, by position."),
    "properties": (_NAMED, "The schemas of properties by their names."),
    "propertyNames": (_ONE, "The schema of property names."),
    "readOnly": (_FLAG, "Whether the value is for reading only."),
    "required": (_NAMES, "Names of properties that have to be there."),
    "then": (_ONE, "Applies where `if` matches."),
    "title": (_TEXT, "A name for people; names the Python class."),
    "type": (
        {"anyOf": [_TYPE, {"type": "array", "items": _TYPE, "minItems": 1}]},
        "The type, or a list of types.",
    ),
    "unevaluatedItems": (_ONE, "The schema of elements that no other one is about."),
    "unevaluatedProperties": (
        _ONE,
        "The schema of properties that no other one is about.",
    ),
    "uniqueItems": (_FLAG, "Whether no two elements are equal."),
    "writeOnly": (_FLAG, "Whether the value is for writing only."),
    "x-mcp-header": (_TEXT, "The HTTP header `Mcp-Param-NAME` that repeats a value."),
}
_JSON_SCHEMA: Final[dict[str, Any]] = {
    "description": "A JSON Schema of 2020-12.",
    "type": ["object", "boolean"],
    "properties": {
        keyword: {"description": text, **schema}
        for keyword, (schema, text) in _KEYWORDS.items()
    },
}


def render() -> str:
    """The schema as JSON text, the same at every time."""
    made = TypeAdapter(NativeManifest).json_schema(by_alias=True)
    for part in (made, *made["$defs"].values()):
        del part["title"]
        for schema in part["properties"].values():
            # Made by pydantic of the property's name: says nothing new.
            schema.pop("title", None)
    tool = made["$defs"]["Tool"]["properties"]
    tool["inputSchema"]["allOf"] = [_INPUT, _INSIDE]
    tool["outputSchema"]["allOf"] = [_INSIDE]
    made["$defs"]["JsonSchema"] = _JSON_SCHEMA
    head = {"$schema": DIALECT, "title": "mcpgen manifest"}
    order = ("description", "type", "properties")
    whole = head | {key: made[key] for key in order} | made
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> None:
    """Write the schema to the file that is named, or to its home."""
    file = Path(arguments[0]) if arguments else HOME
    disk.put(file, render().encode(), root=file.parent)


if __name__ == "__main__":
    main(sys.argv[1:])
