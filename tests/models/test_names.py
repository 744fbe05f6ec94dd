"""Attribute names: valid, unique, close to the wire name, stable."""

from __future__ import annotations

import keyword
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from mcpgen.models.names import ClassNames, field_names, pascal_case, snake_case

from .loading import codec, same


@pytest.mark.parametrize(
    ("wire", "python"),
    [
        ("city", "city"),
        ("userName", "user_name"),
        ("HTTPServer", "http_server"),
        ("If-Match", "if_match"),
        ("from", "from_"),
        ("None", "none"),
        ("class", "class_"),
        ("schema", "schema_"),
        ("copy", "copy_"),
        ("json", "json_"),
        ("model_config", "model_config_"),
        ("model_name", "model_name"),
        ("self", "self_"),
        ("list", "list_"),
        ("_meta", "meta"),
        ("__class__", "class_"),
        ("$eq", "eq"),
        ("{{userName}}", "user_name"),
        ("+1", "plus_1"),
        ("-1", "minus_1"),
        ("2fa", "field_2fa"),
        ("", "field"),
        ("!?", "field"),
        ("größe", "größe"),
        ("ﬁle", "file"),
        ("名前", "名前"),
        ("a\u202eb", "a_b"),
        ("A\u0308", "ä"),
        ("a.b[0]", "a_b_0"),
    ],
)
def test_an_attribute_resembles_its_property(wire: str, python: str) -> None:
    assert snake_case(wire) == python


@given(st.text())
def test_every_attribute_name_is_safe(wire: str) -> None:
    name = snake_case(wire)
    assert name.isidentifier()
    assert not keyword.iskeyword(name)
    assert not name.startswith("_")
    assert unicodedata.normalize("NFKC", name) == name
    assert not hasattr(BaseModel, name)


@given(st.text())
def test_every_part_of_a_class_name_can_stand_behind_another(wire: str) -> None:
    name = ClassNames([]).unique(["A", pascal_case(wire), pascal_case(wire)])
    assert name.isidentifier()
    assert unicodedata.normalize("NFKC", name) == name


def test_a_property_keeps_a_name_that_another_would_be_given() -> None:
    assert field_names(["userName", "user_name", "user-name"]) == {
        "userName": "user_name_2",
        "user_name": "user_name",
        "user-name": "user_name_3",
    }
    assert field_names(["class", "class_"]) == {"class": "class_2", "class_": "class_"}


def test_a_further_property_does_not_rename_those_before_it() -> None:
    before = ["from", "If-Match", "a-b", "a.b"]
    names = field_names(before)
    assert {k: field_names([*before, "a b", "z"])[k] for k in before} == names


@given(st.lists(st.text(max_size=6), unique=True, max_size=12))
def test_names_are_unique_and_never_another_propertys(wires: list[str]) -> None:
    names = field_names(wires)
    assert list(names) == wires
    assert len(set(names.values())) == len(wires)
    for wire, name in names.items():
        assert name == wire or name not in names


@settings(deadline=None)
@given(st.lists(st.text(max_size=4), unique=True, min_size=1, max_size=8))
def test_instances_with_any_property_names_come_back_unchanged(
    wires: list[str],
) -> None:
    thing = codec(
        {"type": "object", "properties": {wire: {"type": "string"} for wire in wires}}
    )
    instance = {wire: f"v{n}" for n, wire in enumerate(wires)}
    assert same(thing.dump(thing.build(instance)), instance)


def test_properties_that_differ_in_case_do_not_fill_each_other() -> None:
    properties = {"Item": {"type": "string"}, "item": {"type": "string"}}
    thing = codec({"type": "object", "properties": properties})
    built = thing.build({"Item": "a"})
    assert built.item is None
    assert thing.dump(built) == {"Item": "a"}


def test_an_unknown_key_with_an_attributes_name_stays_what_it_is() -> None:
    thing = codec({"type": "object", "properties": {"userName": {"type": "string"}}})
    instance = {"user_name": 5}
    built = thing.build(instance)
    assert built.user_name is None
    assert thing.dump(built) == instance


def test_class_names_are_short_and_unique_beyond_case() -> None:
    names = ClassNames([])
    long = ["Root", *["Branch"] * 40, "Leaf"]
    first, second = names.unique(long), names.unique(long)
    assert len(first) <= 72
    assert first.startswith("Root")
    assert first.endswith("BranchLeaf")
    assert second == f"{first}2"
    assert names.unique(["ROOT", *long[1:]]).casefold() not in (first, second)
    assert names.unique(["Value", "Error"]) == "ValueErrorModel"
    assert names.unique(["1"]) == "Model1"
