"""List results of other people's servers: corrected, reduced, with the right places."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import Manifest, loads
from mcpgen.manifest.corrections import corrected
from mcpgen.runtime.core.schema.validator import SchemaValidator


def listed(*tools: Any) -> Manifest:
    return loads(json.dumps({"tools": list(tools)}), "tools.json")


def tool(**schema: Any) -> dict[str, Any]:
    return {"name": "t", "inputSchema": {"type": "object", **schema}}


@pytest.mark.parametrize(
    ("schema", "meant"),
    [
        ({"properties": []}, {"properties": {}}),
        ({"$defs": []}, {"$defs": {}}),
        ({"properties": None}, {}),
        ({"required": None}, {}),
        ({"required": "a"}, {"required": ["a"]}),
        ({"required": {}}, {}),
        ({"required": ["a", "a"]}, {"required": ["a"]}),
        ({"additionalProperties": None}, {}),
        ({"additionalProperties": "False"}, {"additionalProperties": False}),
        ({"description": ["a", "b"]}, {"description": "a\nb"}),
        (
            {"properties": {"a": {"type": "INTEGER", "required": True}}},
            {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
        ),
        (
            {"properties": {"a": {"type": "int", "minimum": "1.5"}}},
            {"properties": {"a": {"type": "integer", "minimum": 1.5}}},
        ),
        (
            {"properties": {"a": {"type": "any"}, "b": None}},
            {"properties": {"a": {}, "b": {}}},
        ),
        (
            {"properties": {"a": {"type": ["string", "str", "None"]}}},
            {"properties": {"a": {"type": ["string", "null"]}}},
        ),
        (
            {"properties": {"a": {"exclusiveMinimum": True, "minimum": 1}}},
            {"properties": {"a": {"exclusiveMinimum": 1}}},
        ),
        (
            {"properties": {"a": {"items": [{"type": "string"}]}}},
            {"properties": {"a": {"prefixItems": [{"type": "string"}]}}},
        ),
        (
            {"properties": {"a": {"$ref": "#/definitions/A"}}, "$defs": {"A": {}}},
            {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {}}},
        ),
        (
            {"properties": {"a": {"$ref": "#/$defs/A"}}, "definitions": {"A": {}}},
            {
                "properties": {"a": {"$ref": "#/definitions/A"}},
                "definitions": {"A": {}},
            },
        ),
    ],
)
def test_a_mistake_with_one_meaning_is_read_that_way(
    schema: dict[str, Any], meant: dict[str, Any]
) -> None:
    found = listed(tool(**schema))

    assert found.tools[0].input_schema == {"type": "object", **meant}
    assert {note.code for note in found.notes} == {"MG704"}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"const": None, "default": None, "enum": [None]}}},
        {"properties": {"required": {"type": "string"}, "type": {}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{}]},
        {"$schema": "http://json-schema.org/schema#"},
        {"x-vendor": None},
    ],
)
def test_what_is_right_stays_as_it_is(schema: dict[str, Any]) -> None:
    assert corrected(schema) == (schema, [])
    found = listed(tool(**schema))
    assert found.tools[0].input_schema == {"type": "object", **schema}
    assert found.notes == ()


def test_one_bad_tool_leaves_the_others() -> None:
    good = {"name": "good", "inputSchema": {"type": "object"}}
    gone = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Gone"}}}

    found = listed({"name": "bad", "inputSchema": gone}, 7, good)

    assert [each.name for each in found.tools] == ["good"]
    assert [note.code for note in found.notes] == ["MG702", "MG702"]
    assert found.left_out == {"tools": {"bad": frozenset()}}


def test_a_list_without_a_usable_tool_is_an_error() -> None:
    with pytest.raises(MCPGenError, match="MG310"):
        listed(tool(properties={"a": {"$ref": "#/$defs/Gone"}}))


@pytest.mark.parametrize("key", ["annotations", "execution", "icons", "title", "_meta"])
def test_an_unusable_member_is_left_out_alone(key: str) -> None:
    found = listed({**tool(), key: 7})

    assert found.tools[0].definition == tool()
    assert [note.code for note in found.notes] == ["MG702"]


def test_places_are_those_of_the_file() -> None:
    text = """{"tools": [
 1,
 {"name": "a", "inputSchema": {"type": "object"}},
 {"name": "a", "inputSchema": {"type": "object"}},
 {"name": "b", "inputSchema": {"type": "object"}}
]}"""
    found = loads(text, "tools.json")

    assert [note.span and note.span.line for note in found.notes] == [2, 4]
    places = [found.source.span(each.pointer) for each in found.tools]
    assert [place.line for place in places] == [3, 5]


@pytest.mark.parametrize(
    "document",
    [
        [tool()],
        {"tools": [tool()], "name": "shop", "version": "2", "total": 1},
        {"server": {"url": "https://example.com"}, "tools": [tool()]},
        {"result": {"tools": [tool()]}, "id": 1},
    ],
)
def test_list_results_come_in_many_forms(document: Any) -> None:
    found = loads(json.dumps(document), "tools.json")

    assert [each.definition for each in found.tools] == [tool()]
    assert not found.native


@pytest.mark.parametrize("name", ["状态", "last status", "a[b]", "100%", "a/b", "é~"])
def test_fragments_may_have_names_as_they_are(name: str) -> None:
    step = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    schema = {
        "type": "object",
        "properties": {
            name: {"type": "string"},
            "same": {"type": "array", "items": {"$ref": f"#/properties/{step}"}},
        },
    }
    found = listed({"name": "t", "inputSchema": schema})

    assert found.notes == ()
    assert found.tools[0].input_schema == schema
    validator = SchemaValidator(schema)
    assert validator.is_valid({"same": ["a"]})
    assert not validator.is_valid({"same": [1]})


def test_what_was_corrected_is_valid_json_schema() -> None:
    schema: dict[str, Any] = {
        "properties": [],
        "required": "a",
        "items": [{"type": "Str"}],
        "additionalItems": "true",
        "maxItems": "3",
        "allOf": [None, {"uniqueItems": "true"}],
    }
    made, found = corrected(schema)

    jsonschema_rs.meta.validate(made)
    assert found
    assert corrected(made) == (made, [])
