"""Unions of objects that one property tells apart: the tag chooses, and nothing else
changes.
"""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from mcpgen.models import GeneratedModels, Root, generate
from mcpgen.runtime.core.model import Codec
from mcpgen.runtime.core.schema.validator import SchemaValidator

from .loading import load, same, source


def shape(kind: Any, required: tuple[str, ...] = ("kind",), **keys: Any) -> Any:
    """An object whose `kind` says what it is."""
    tag = kind if isinstance(kind, dict) else {"const": kind}
    properties = {"kind": tag, **keys}
    return {"type": "object", "properties": properties, "required": [*required]}


def said(schema: Any) -> list[str]:
    """The discriminators in the source, in its order."""
    return re.findall(r'discriminator="([^"]*)"', source(schema))


CIRCLE = shape("circle", r={"type": "number"})
SQUARE = shape("square", side={"type": "number"})


def test_the_source_says_which_property_is_the_tag() -> None:
    schema = {
        "type": "object",
        "properties": {"shape": {"oneOf": [CIRCLE, SQUARE, {"type": "null"}]}},
    }
    assert source(schema).endswith("""
class Thing(Model):
    shape: (
        Annotated[ThingShapeCircle | ThingShapeSquare, Field(discriminator="kind")]
        | None
    ) = None
""")


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [CIRCLE, SQUARE]},
        {"oneOf": [CIRCLE, shape({"enum": ["square", "rectangle"]})]},
        {"type": "array", "items": {"anyOf": [CIRCLE, SQUARE]}},
        {"type": "object", "additionalProperties": {"anyOf": [CIRCLE, SQUARE]}},
        {"anyOf": [CIRCLE, {"type": "string"}, SQUARE, {"type": "object"}]},
        {
            "anyOf": [{"$ref": "#/$defs/Circle"}, {"$ref": "#/$defs/Square"}],
            "$defs": {"Circle": CIRCLE, "Square": SQUARE},
        },
        {
            "anyOf": [{"$ref": "#/$defs/Circle"}, SQUARE],
            "$defs": {
                "Circle": shape({"$ref": "#/$defs/Kind"}),
                "Kind": {"type": "string", "const": "circle"},
            },
        },
        {"type": "object", "required": ["kind"], "oneOf": [
            {"type": "object", "allOf": [CIRCLE]}, SQUARE,
        ]},
    ],
)  # fmt: skip
def test_a_tag_is_found_wherever_the_branches_stand(schema: Any) -> None:
    inside: dict[str, Any] = {"type": "object", "properties": {"x": schema}}
    inside["$defs"] = schema.get("$defs", {})
    assert said(inside) == ["kind"]


@pytest.mark.parametrize(
    "branches",
    [
        pytest.param([CIRCLE, shape("square", ())], id="may be absent"),
        pytest.param([CIRCLE, CIRCLE | {"title": "Other"}], id="same in both"),
        pytest.param([CIRCLE, shape({"enum": ["square", "circle"]})], id="same in one"),
        pytest.param([CIRCLE, shape({"type": "string"})], id="any text"),
        pytest.param([CIRCLE, shape({"enum": ["a", None]})], id="or null"),
        pytest.param([shape(1), shape(2)], id="integers: 1.0 is 1"),
        pytest.param([shape(True), shape(False)], id="booleans"),
        pytest.param([CIRCLE, {"type": "object", "properties": {"r": {}}}], id="none"),
    ],
)
def test_without_a_tag_that_decides_the_union_stays_plain(branches: Any) -> None:
    assert said({"anyOf": branches}) == []


def test_a_tag_with_another_name_in_python_leaves_the_union_plain() -> None:
    def event(kind: str) -> Any:
        properties: dict[str, Any] = {"eventType": {"const": kind}}
        return {
            "type": "object",
            "properties": properties,
            "required": ["eventType"],
        }

    schema = {"oneOf": [event("opened"), event("closed")]}
    assert said(schema) == []
    # An unknown key that is called like the attribute is no tag.
    confusing = {"eventType": "opened", "event_type": "closed"}
    thing = Codec[Any](load(generate([Root("Thing", schema, "x")])).Thing)
    assert type(thing.build(confusing)).__name__ == "ThingOpened"
    assert thing.dump(thing.build(confusing)) == confusing


def two_tags(discriminator: Any) -> Any:
    """Branches that differ in both `kind` and `version`."""
    branches = [
        {
            "type": "object",
            "properties": {"kind": {"const": f"k{n}"}, "version": {"const": f"v{n}"}},
            "required": ["kind", "version"],
        }
        for n in range(3)
    ]
    return {"oneOf": branches, "discriminator": discriminator}


@pytest.mark.parametrize(
    ("discriminator", "tag"),
    [
        ({"propertyName": "version"}, "version"),
        ({"propertyName": "version", "mapping": {"v0": "#/nowhere"}}, "version"),
        ({"propertyName": "kind"}, "kind"),
        ({"propertyName": "nothing"}, "kind"),
        ({"propertyName": 5}, "kind"),
        ({}, "kind"),
        ("version", "kind"),
        (None, "kind"),
    ],
)
def test_a_discriminator_is_followed_where_it_agrees(
    discriminator: Any, tag: str
) -> None:
    assert said(two_tags(discriminator)) == [tag]
    nullable = {"anyOf": [two_tags(discriminator), {"type": "null"}]}
    assert said(nullable) == [tag]


def test_a_discriminator_alone_is_no_law() -> None:
    either = [{"type": "object", "properties": {"kind": {"type": "string"}}}] * 2
    schema = {"oneOf": either, "discriminator": {"propertyName": "kind"}}
    assert said(schema) == []


TREE: dict[str, Any] = {
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/Node"}},
    "required": ["root"],
    "$defs": {
        "Node": {
            "anyOf": [
                shape("leaf", ("kind", "value"), value={"type": "integer"}),
                shape(
                    {"enum": ["list", "set"]},
                    items={"type": "array", "items": {"$ref": "#/$defs/Node"}},
                    value={"type": "number"},
                ),
                shape("value", value={"$ref": "#/$defs/Node"}),
                {"type": "string"},
                {"type": "null"},
            ]
        }
    },
}


@pytest.mark.parametrize(
    ("root", "chosen"),
    [
        ({"kind": "leaf", "value": 1}, "Leaf"),
        ({"kind": "leaf", "value": 1.0, "items": [50.0]}, "Leaf"),
        ({"kind": "set", "value": 50.0}, "Option2"),
        ({"kind": "list", "items": [None, "leaf", {"kind": "leaf", "value": 2.0}]}, ""),
        ({"kind": "value", "value": {"kind": "leaf", "value": 3.0, "x": 4.0}}, "Value"),
        ({"value": None, "kind": "value", "unknown": {"kind": "leaf"}}, "Value"),
        ("leaf", "str"),
        (None, "NoneType"),
    ],
)
def test_the_tag_chooses_and_the_value_comes_back_unchanged(
    root: Any, chosen: str
) -> None:
    assert said(TREE) == ["kind"]
    thing = Codec[Any](load(generate([Root("Thing", TREE, "x")])).Thing)
    instance = {"root": root}
    assert SchemaValidator(TREE).is_valid(instance)
    built = thing.build(instance)
    assert type(built.root).__name__.endswith(chosen)
    assert same(thing.dump(built), instance)
    assert repr(thing.dump(built)).count("50.0") == repr(instance).count("50.0")


def wide(width: int) -> GeneratedModels:
    """A list of one of many kinds of objects that share all keys but one."""
    common = {f"key{n}": {"type": "string"} for n in range(5)}
    kinds = [
        shape(
            f"kind{n}", ("kind", f"own{n}"), **common, **{f"own{n}": {"type": "number"}}
        )
        for n in range(width)
    ]
    schema = {"type": "array", "items": {"anyOf": kinds}}
    return generate([Root("Things", schema, "x")])


@pytest.mark.parametrize(("width", "most"), [(2, 1.1), (40, 0.3)])
def test_choosing_by_tag_is_no_slower_and_far_faster_in_wide_unions(
    width: int, most: float
) -> None:
    generated = wide(width)
    plain = load(generated)
    tagged = Codec[Any](load(generated).Things)
    untagged = Codec[Any](list.__class_getitem__(plain.Things.__args__[0].__args__[0]))
    value = [
        {"kind": f"kind{n}", f"own{n}": 1.5, **{f"key{k}": "x" for k in range(5)}}
        for n in range(width)
    ] * (400 // width)
    assert tagged.dump(tagged.build(value)) == untagged.dump(untagged.build(value))

    def seconds(codec: Codec[Any]) -> float:
        start = time.process_time()
        codec.build(value)
        return time.process_time() - start

    ratios = sorted(seconds(tagged) / seconds(untagged) for _ in range(25))
    assert ratios[12] < most
