"""What users hold: one class per object, named by its place, fields that tell."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from mcpgen import ir
from mcpgen.models import Root, generate, generate_definitions
from mcpgen.runtime.core.model import Codec, Model

from .loading import codec, load, model, source

FORECAST = {
    "type": "object",
    "description": "What to forecast.",
    "properties": {
        "city": {"type": "string", "description": "The city's English name."},
        "days": {"type": "integer", "default": 3, "minimum": 1},
        "unit": {"enum": ["celsius", "kelvin"]},
        "note": {"type": ["string", "null"]},
        "If-Match": {"type": "string"},
        "places": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"lat": {"type": "number"}},
                "required": ["lat"],
            },
        },
    },
    "required": ["city"],
}


def test_a_schema_reads_like_a_model_that_a_person_wrote() -> None:
    assert (
        source(FORECAST, "GetForecastInput")
        == '''\
class GetForecastInputPlacesItem(Model):
    lat: int | float


class GetForecastInput(Model):
    """What to forecast."""

    city: str
    """The city's English name."""
    days: int = 3
    unit: Literal["celsius", "kelvin"] | None = absent()
    note: str | None = None
    if_match: Annotated[str | None, Field(alias="If-Match")] = absent()
    places: list[GetForecastInputPlacesItem] | None = absent()
'''
    )


def test_fields_are_told_as_a_signature_needs_them() -> None:
    fields = generate([Root("In", FORECAST, "x")]).models["In"].fields
    assert fields[:5] == (
        ir.Field("city", "city", "str", True, "The city's English name."),
        ir.Field("days", "days", "int", False, None),
        ir.Field("unit", "unit", "Literal['celsius', 'kelvin']", False, None),
        ir.Field("note", "note", "str | None", False, None),
        ir.Field("If-Match", "if_match", "str", False, None),
    )


def test_only_the_imports_that_are_needed_are_named() -> None:
    generated = generate([Root("In", FORECAST, "x")])
    assert generated.imports == (
        "from typing import Annotated, Literal",
        "from pydantic import Field",
    )
    assert generated.base_names == ("Model", "absent")
    plain = generate([Root("Empty", {"type": "object"}, "x")])
    assert (plain.imports, plain.base_names) == ((), ("Model",))


def test_an_object_without_properties_is_a_class_that_keeps_all_keys() -> None:
    thing = model({"type": "object"})
    assert issubclass(thing, Model)
    assert Codec[Any](thing).dump(Codec[Any](thing).build({"a": [1, None]})) == {
        "a": [1, None]
    }


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        ({"type": "array", "items": {"type": "string"}}, "list[str]"),
        ({"type": ["string", "null"]}, "str | None"),
        ({"type": "number"}, "int | float"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "int | float"),
        ({"enum": ["a", None, 1]}, 'Literal["a", 1] | None'),
        ({"const": True}, "Literal[True]"),
        ({"enum": [1, True, "x"]}, 'Literal["x"] | int | bool'),
        ({"enum": [1.5, 2]}, "int | float"),
        ({"enum": [2**63, 1]}, "int"),
        ({"enum": [2**63 - 1, 5]}, f"Literal[{2**63 - 1}, 5]"),
        ({"enum": [[1], {"a": 1}]}, "dict[str, Any] | list[Any]"),
        ({"type": "integer", "enum": [1, "x"]}, "Literal[1]"),
        (True, "Any"),
        (False, "Any"),
        ({}, "Any"),
        ({"minLength": 3}, "Any"),
        ({"type": "string", "anyOf": [{"minLength": 3}, {"pattern": "a"}]}, "str"),
        ({"oneOf": [{"type": "string"}, {"type": "boolean"}]}, "str | bool"),
        (
            {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
            "list[str]",
        ),
        ({"items": {"type": "string"}}, "Any"),
        ({"allOf": [{"type": ["string", "integer"]}, {"type": "string"}]}, "str"),
        ({"type": "array", "items": {"type": "array"}}, "list[list[Any]]"),
        (
            {"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]},
            'Literal["a", "b"]',
        ),
    ],
)
def test_what_is_no_object_is_an_alias(schema: Any, annotation: str) -> None:
    generated = generate([Root("Thing", schema, "x")])
    assert generated.source == f"Thing: TypeAlias = {annotation}\n"
    assert generated.models["Thing"] == ir.Model("Thing", (), is_class=False)


def test_a_map_is_a_dict_with_typed_values() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "a": {"type": "object", "additionalProperties": {"type": "integer"}},
            "b": {
                "type": "object",
                "patternProperties": {"^x": {"type": "string"}},
                "additionalProperties": False,
            },
            "c": {"type": "object"},
        },
        "required": ["a", "b", "c"],
    }
    fields = generate([Root("Thing", schema, "x")]).models["Thing"].fields
    assert [field.annotation for field in fields] == [
        "dict[str, int]",
        "dict[str, str]",
        "dict[str, Any]",
    ]


def test_an_object_that_may_be_something_else_does_not_hide_that() -> None:
    thing = codec({"properties": {"a": {"type": "string"}}})
    assert thing.build({"a": "x"}).a == "x"
    assert thing.build(5) == 5
    assert thing.build([1]) == [1]


def test_absent_reads_none_and_is_never_sent() -> None:
    thing = model({"type": "object", "properties": {"a": {"type": "string"}}})
    assert thing().a is None
    assert Codec[Any](thing).dump(thing()) == {}
    assert Codec[Any](thing).dump(thing(a=None)) == {}
    assert Codec[Any](thing).dump(thing(a="x")) == {"a": "x"}


def test_null_is_told_apart_from_absent_where_it_is_a_value() -> None:
    thing = model({"type": "object", "properties": {"a": {"type": ["string", "null"]}}})
    assert Codec[Any](thing).dump(thing()) == {}
    assert Codec[Any](thing).dump(thing(a=None)) == {"a": None}
    assert "a" not in Codec[Any](thing).build({}).model_fields_set
    assert "a" in Codec[Any](thing).build({"a": None}).model_fields_set


def test_a_default_is_read_but_not_sent() -> None:
    thing = model(
        {"type": "object", "properties": {"a": {"type": "integer", "default": 3}}}
    )
    assert thing().a == 3
    assert Codec[Any](thing).dump(thing()) == {}
    assert Codec[Any](thing).dump(thing(a=3)) == {"a": 3}


def test_a_default_that_can_change_is_new_in_each_object() -> None:
    items = {"type": "array", "items": {"type": "string"}, "default": ["a"]}
    thing = model({"type": "object", "properties": {"items": items}})
    thing().items.append("b")
    assert thing().items == ["a"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "default": None},
        {"type": "string", "default": 5},
        {"type": "integer", "default": True},
        {"enum": ["a"], "default": "b"},
        {"type": "array", "items": {"type": "string"}, "default": [1]},
        {"type": "object", "properties": {"x": {}}, "default": {"x": 1}},
        {"type": "string", "default": "x" * 5000},
    ],
)
def test_a_default_that_does_not_fit_is_left_out(schema: Any) -> None:
    assert model({"type": "object", "properties": {"a": schema}})().a is None


def test_a_constant_that_must_be_there_is_always_sent() -> None:
    thing = model(
        {
            "type": "object",
            "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
            "required": ["type", "text"],
        }
    )
    assert Codec[Any](thing).dump(thing(text="hi")) == {"type": "text", "text": "hi"}
    fields = (
        generate(
            [
                Root(
                    "T",
                    {
                        "type": "object",
                        "properties": {"k": {"const": 1}},
                        "required": ["k"],
                    },
                    "x",
                )
            ]
        )
        .models["T"]
        .fields
    )
    assert fields[0].required


def test_objects_inside_unions_are_named_by_title_tag_or_number() -> None:
    def shape(**keys: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {"x": {}, **keys}}

    union = {
        "anyOf": [
            {**shape(), "title": "Open polygon"},
            shape(kind={"const": "circle"}),
            shape(),
            {"type": "null"},
        ]
    }
    schema: dict[str, Any] = {"type": "object", "properties": {"shape": union}}
    generated = generate([Root("Draw", schema, "x")])
    assert list(generated.models) == [
        "Draw",
        "DrawShapeOpenPolygon",
        "DrawShapeCircle",
        "DrawShapeOption3",
    ]


def test_one_object_or_null_needs_no_further_name() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"filter": {"anyOf": [inner, {"type": "null"}]}},
    }
    generated = generate([Root("Find", schema, "x")])
    assert list(generated.models) == ["Find", "FindFilter"]
    assert generated.models["Find"].fields[0].annotation == "FindFilter | None"


def test_a_tagged_union_builds_the_class_of_its_tag() -> None:
    def shape(kind: str, key: str) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"kind": {"const": kind}, key: {"type": "number"}},
            "required": ["kind", key],
        }

    module = load(
        generate(
            [
                Root(
                    "Shape",
                    {"oneOf": [shape("circle", "r"), shape("square", "side")]},
                    "x",
                )
            ]
        )
    )
    built = Codec[Any](module.Shape).build({"kind": "square", "side": 2, "r": 1})
    assert type(built).__name__ == "ShapeSquare"
    union, _ = get_args(module.Shape)
    assert [c.__name__ for c in get_args(union)] == ["ShapeCircle", "ShapeSquare"]


def test_parts_that_all_hold_are_one_class() -> None:
    schema: dict[str, Any] = {
        "allOf": [
            {"$ref": "#/$defs/Named"},
            {"type": "object", "properties": {"age": {"type": "integer"}}},
        ],
        "$defs": {
            "Named": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "age": {}},
                "required": ["name"],
            }
        },
    }
    fields = generate([Root("Person", schema, "x")]).models["Person"].fields
    assert [(f.wire_name, f.annotation, f.required) for f in fields] == [
        ("name", "str", True),
        ("age", "int", False),
    ]


def test_properties_of_branches_are_fields_that_may_be_absent() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"properties": {"extra": {"type": "string"}}},
        "anyOf": [{"required": ["kind"]}, {"properties": {"other": {}}}],
    }
    fields = generate([Root("Thing", schema, "x")]).models["Thing"].fields
    assert [f.wire_name for f in fields] == ["kind", "other", "extra"]
    assert codec(schema).build({"kind": "b", "extra": 5}).extra == 5


def test_whoever_constructs_a_model_is_checked_by_pydantic() -> None:
    with pytest.raises(ValidationError, match="city"):
        model(FORECAST)(days=3)


def test_classes_of_different_roots_never_meet() -> None:
    def tool(kind: str) -> dict[str, Any]:
        place = {"type": "object", "properties": {"at": {"type": kind}}}
        return {
            "type": "object",
            "properties": {"place": {"$ref": "#/$defs/Place"}},
            "$defs": {"Place": place},
        }

    generated = generate([Root("A", tool("string"), "a"), Root("B", tool("null"), "b")])
    assert generated.models["APlace"].fields[0].annotation == "str"
    assert generated.models["BPlace"].fields[0].annotation == "None"


def test_reserved_names_and_names_that_differ_in_case_are_not_given() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "place": {"type": "object", "properties": {"x": {}}},
            "Place": {"type": "object", "properties": {"x": {}}},
            "other": {"type": "object", "properties": {"x": {}}},
        },
    }
    generated = generate([Root("Go", schema, "x")], reserved=["GoOther"])
    assert list(generated.models) == ["Go", "GoPlace", "GoPlace2", "GoOther2"]


@pytest.mark.parametrize("name", ["Any", "Model", "class", "1x", "a b", "", "ﬁ"])
def test_a_root_with_an_impossible_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name for a class"):
        generate([Root(name, {"type": "object"}, "x")])


def test_definitions_keep_their_names_and_links() -> None:
    document: dict[str, Any] = {
        "$defs": {
            "Cursor": {"type": "string", "description": "Where to go on."},
            "Page": {
                "type": "object",
                "properties": {"next": {"$ref": "#/$defs/Cursor"}},
            },
            "EmptyPage": {"$ref": "#/$defs/Page"},
            "Annotated": {"type": "object", "properties": {"a": {}}},
            "Meta": {"type": "object"},
        }
    }
    generated = generate_definitions(document, {"Page": "PageOfResults"})
    assert generated.models["PageOfResults"].fields[0].annotation == "Cursor"
    assert "EmptyPage: TypeAlias = PageOfResults" in generated.source
    assert generated.models["AnnotatedModel"].is_class
    assert "Meta: TypeAlias = dict[str, Any]" in generated.source


def test_nothing_gives_nothing() -> None:
    generated = generate([])
    assert (generated.source, generated.imports, generated.models) == ("", (), {})
