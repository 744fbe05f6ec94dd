"""`$ref` and everything that it can name inside one schema; nothing outside is read."""

from __future__ import annotations

from typing import Any

import pytest

from mcpgen.diagnostics import MCPGenError
from mcpgen.models import Root, generate
from mcpgen.runtime.core.model import Codec

from .loading import codec, load, source

CITY = {"type": "object", "properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("reference", "rest"),
    [
        ("#/$defs/City", {"$defs": {"City": CITY}}),
        ("#/definitions/City", {"definitions": {"City": CITY}}),
        ("#/properties/other", {}),
        ("#city", {"$defs": {"X": {**CITY, "$anchor": "city"}}}),
        ("#/$defs/a~1b%25~0", {"$defs": {"a/b%~": CITY}}),
        ("#/$defs/list/prefixItems/0", {"$defs": {"list": {"prefixItems": [CITY]}}}),
        ("#/x-shared/City", {"x-shared": {"City": CITY}}),
        ("city.json", {"$defs": {"X": {**CITY, "$id": "city.json"}}}),
        (
            "http://example.org/city.json",
            {
                "$id": "http://example.org/root.json",
                "$defs": {"X": {**CITY, "$id": "city.json"}},
            },
        ),
        (
            "urn:example:root#/$defs/City",
            {"$id": "urn:example:root", "$defs": {"City": CITY}},
        ),
    ],
)
def test_a_reference_inside_the_schema_is_followed(
    reference: str, rest: dict[str, Any]
) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"$ref": reference}, "other": CITY},
        **rest,
    }
    built = codec(schema).build({"city": {"name": "Oslo"}})
    assert built.city.name == "Oslo"


@pytest.mark.parametrize(
    "reference",
    [
        "#/$defs/Nothing",
        "#nothing",
        "other.json",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://127.0.0.1:1/schema.json",
        "//[",
        5,
    ],
)
def test_any_other_reference_is_an_error_that_names_it(reference: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": reference}}}
    with pytest.raises(MCPGenError) as caught:
        generate([Root("Thing", schema, "tool 'x', input")])
    (found,) = caught.value.diagnostics
    assert found.code == "MG311"
    assert found.message == (
        f"tool 'x', input: $ref {str(reference)!r} is not in this JSON Schema"
    )


def test_a_property_called_ref_is_a_property() -> None:
    thing = codec({"type": "object", "properties": {"$ref": {"type": "string"}}})
    assert thing.build({"$ref": "#/nowhere"}).ref == "#/nowhere"


def test_a_shared_definition_is_one_class_named_below_its_root() -> None:
    schema = {
        "type": "object",
        "properties": {
            "start": {"$ref": "#/$defs/City", "description": "Where from."},
            "end": {"allOf": [{"$ref": "#/$defs/City"}], "default": None},
        },
        "required": ["start"],
        "$defs": {"City": CITY},
    }
    assert (
        source(schema, "Travel")
        == '''\
class TravelCity(Model):
    name: str | None = absent()


class Travel(Model):
    start: TravelCity
    """Where from."""
    end: TravelCity | None = absent()
'''
    )


def test_an_object_may_contain_itself() -> None:
    schema = {
        "type": "object",
        "properties": {
            "value": {"type": "integer"},
            "children": {"type": "array", "items": {"$ref": "#"}},
        },
    }
    tree = {"value": 1, "children": [{"value": 2, "children": [{"x": None}]}]}
    thing = codec(schema)
    built = thing.build(tree)
    assert type(built.children[0]) is type(built)
    assert thing.dump(built) == tree


def test_a_root_that_is_a_reference_is_the_class_itself() -> None:
    schema = {
        "$ref": "#/$defs/Node",
        "$defs": {
            "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
        },
    }
    generated = generate([Root("List", schema, "x")])
    assert list(generated.models) == ["List"]
    assert generated.models["List"].fields[0].annotation == "List"


def test_types_that_are_no_objects_may_contain_themselves() -> None:
    schema = {
        "type": "object",
        "properties": {"json": {"$ref": "#/$defs/Json"}},
        "$defs": {
            "Json": {
                "anyOf": [
                    {"type": ["string", "null"]},
                    {"type": "array", "items": {"$ref": "#/$defs/Json"}},
                    {"$ref": "#/$defs/Object"},
                ]
            },
            "Object": {
                "type": "object",
                "additionalProperties": {"$ref": "#/$defs/Json"},
            },
        },
    }
    generated = generate([Root("Thing", schema, "x")])
    assert "from typing_extensions import TypeAliasType" in generated.imports
    thing = Codec[Any](load(generated).Thing)
    instance = {"json": {"a": [None, {"b": ["c"]}]}}
    assert thing.dump(thing.build(instance)) == instance


@pytest.mark.parametrize(
    "definition",
    [
        {"$ref": "#/$defs/A"},
        {"allOf": [{"$ref": "#/$defs/A"}]},
        {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "string"}]},
    ],
)
def test_a_definition_that_leads_only_to_itself_is_any_value(definition: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": definition},
    }
    assert codec(schema).build({"a": "x"}).a == "x"


def test_what_stands_beside_a_reference_counts_but_not_in_draft_07() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/definitions/A", "properties": {"y": {"type": "string"}}}
        },
        "definitions": {"A": {"type": "object", "properties": {"x": {}}}},
    }
    old = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
    assert hasattr(codec(schema).build({"a": {}}).a, "y")
    assert not hasattr(codec(old).build({"a": {}}).a, "y")
