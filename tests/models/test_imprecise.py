"""Where a type is `Any`, somebody says so, and says why; and nowhere else."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from mcpgen.models import generate, imprecise_places
from mcpgen.models.imprecise import (
    CONTAINERS,
    DYNAMIC,
    FURTHER_KEYS,
    IMPOSSIBLE,
    ITSELF,
    NO_ITEMS,
    OTHER_BRANCHES,
    OTHER_KEYS,
    TOO_DEEP,
    TOO_MANY,
    UNEVALUATED,
)
from mcpgen.runtime.core.model import Codec
from mcpgen.runtime.core.schema.validator import SchemaValidator
from tests.shared_data import needs_shared

from .instances import sample
from .loading import load
from .test_corpus import MANIFESTS, roots

Path: TypeAlias = tuple[str | int, ...]

STRING = {"type": "string"}
OBJECT = {"type": "object", "properties": {"a": STRING}}
MAP = {
    "type": "object",
    "patternProperties": {"^a": STRING},
    "additionalProperties": False,
}
LISTS = {
    "$id": "urn:a",
    "$ref": "urn:b",
    "$defs": {
        "strings": {"$dynamicAnchor": "T", "type": "string"},
        "list": {
            "$id": "urn:b",
            "type": "array",
            "items": {"$dynamicRef": "#T"},
            "$defs": {"any": {"$dynamicAnchor": "T"}},
        },
    },
}


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = STRING
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


def list_of(number: int) -> dict[str, Any]:
    """A type of its own for each number."""
    return {"type": "array", "items": {"const": f"item {number}"}}


TOLD: list[dict[str, Any]] = [
    STRING,
    {"const": 1},
    {"enum": ["a", None]},
    {"enum": [{}, []]},
    {"type": ["string", "null"]},
    {"type": "object"},
    {"type": "object", "additionalProperties": True},
    {"type": "array", "items": True},
    {"type": "array", "items": {}},
    {"type": "array", "prefixItems": [STRING, {"type": "integer"}], "items": False},
    {"anyOf": [False, STRING]},
    {"type": "string", "anyOf": [{"type": "integer"}, {"minLength": 3}, STRING]},
    {"$ref": "https://json-schema.org/draft/2020-12/schema"},
    {"$dynamicRef": "#one", "$defs": {"x": {"$dynamicAnchor": "one", **STRING}}},
    {"type": "object", "oneOf": [OBJECT, {"properties": {"a": {"type": "integer"}}}]},
    {"items": MAP, "type": "array"},
    {"oneOf": [{"const": f"value {number}"} for number in range(200)]},
    {"anyOf": [list_of(number) for number in range(128)]},
]


@pytest.mark.parametrize("schema", TOLD, ids=str)
def test_what_a_type_says_needs_no_word(schema: dict[str, Any]) -> None:
    inside = {"type": "object", "properties": {"value": {"$id": "urn:x", **schema}}}
    assert imprecise_places(schema) == ()
    assert imprecise_places(inside) == ()


LESS: list[tuple[dict[str, Any], tuple[str | int, ...], str | None]] = [
    ({}, (), None),
    ({"minLength": 3}, (), None),
    ({"not": STRING}, (), None),
    ({"if": STRING, "then": {"minLength": 1}}, (), None),
    ({"anyOf": [STRING, {}]}, (), None),
    ({"$ref": "#/$defs/x", "$defs": {"x": {}}}, (), None),
    ({"properties": {"a": {"title": "A"}}}, ("properties", "a"), None),
    ({"items": {"properties": {"a": True}}}, ("items", "properties", "a"), None),
    ({"type": "array"}, (), NO_ITEMS),
    ({"type": "array", "contains": STRING}, (), NO_ITEMS),
    ({"type": "array", "unevaluatedItems": STRING}, (), UNEVALUATED),
    ({"type": "object", "unevaluatedProperties": STRING}, (), UNEVALUATED),
    (
        {"items": {"type": "object", "patternProperties": {"a": STRING}}},
        ("items",),
        OTHER_KEYS,
    ),
    ({**OBJECT, "additionalProperties": STRING}, (), FURTHER_KEYS),
    ({**OBJECT, "patternProperties": {"a": STRING}}, (), FURTHER_KEYS),
    ({"allOf": [STRING, {"type": "integer"}]}, (), IMPOSSIBLE),
    ({"type": "string", "enum": [1, 2]}, (), IMPOSSIBLE),
    ({"enum": [{"a": 1}, "b"]}, (), CONTAINERS),
    ({"const": ["a"]}, (), CONTAINERS),
    (
        {**OBJECT, "anyOf": [{"properties": {"b": STRING}}, {}]},
        ("anyOf", 0, "properties", "b"),
        OTHER_BRANCHES,
    ),
    ({"anyOf": [{"$ref": "#"}]}, (), ITSELF),
    (LISTS, ("$defs", "list", "items"), DYNAMIC),
    (deep(30), ("items",) * 25, TOO_DEEP),
    ({"anyOf": [{"properties": {f"p{n}": STRING}} for n in range(129)]}, (), TOO_MANY),
    (
        {"properties": {"a": {"anyOf": [list_of(n) for n in range(129)]}}},
        ("properties", "a"),
        TOO_MANY,
    ),
]


@pytest.mark.parametrize(("schema", "pointer", "reason"), LESS, ids=str)
def test_what_a_type_does_not_say_is_told_with_its_place(
    schema: dict[str, Any], pointer: tuple[str | int, ...], reason: str | None
) -> None:
    assert (pointer, reason) in [
        (u.pointer, u.reason) for u in imprecise_places(schema)
    ]


PROBES: list[Any] = [None, True, 1, 0.5, "", "x", "2026-01-01", [], ["x"], {}, {"x": 1}]


@needs_shared
@pytest.mark.parametrize("name", MANIFESTS)
def test_each_any_of_a_real_server_is_any_by_its_schema_or_is_told(name: str) -> None:
    chosen = random.Random(name)
    made = roots(name)
    module = load(generate(made))
    for root in made:
        assert isinstance(root.schema, dict)
        validator = SchemaValidator(root.schema)
        codec = Codec[Any](getattr(module, root.name))
        told = {str(u.pointer[-1]) for u in imprecise_places(root.schema) if u.pointer}
        for _ in range(20):
            instance = sample(root.schema, root.schema, chosen, 0)
            if not validator.is_valid(instance):
                continue
            for path in _anys(codec.build(instance), getattr(module, root.name)):
                if not any(str(step) in told for step in path):
                    refused = _refused_kinds(validator, instance, path)
                    assert not refused, (root.where, path, refused)


def _anys(value: Any, type_: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of what a built value has behind `Any`."""
    if type_ is Any:
        yield path
    for inner, part, steps in _parts(value, type_):
        yield from _anys(inner, part, (*path, *steps))


def _parts(value: Any, type_: Any) -> Iterator[tuple[Any, Any, Path]]:
    origin, arguments = get_origin(type_), get_args(type_)
    if isinstance(value, BaseModel):
        for name, about in type(value).model_fields.items():
            if name in value.model_fields_set:
                yield getattr(value, name), about.annotation, (about.alias or name,)
    elif origin in (UnionType, Union):
        yield from ((value, m, ()) for m in arguments if get_origin(m) is not Literal)
    elif isinstance(value, list) and origin is list:
        yield from ((item, arguments[0], (at,)) for at, item in enumerate(value))
    elif isinstance(value, dict) and origin is dict:
        yield from ((item, arguments[1], (key,)) for key, item in value.items())


def _refused_kinds(validator: SchemaValidator, instance: Any, path: Path) -> set[str]:
    """The kinds of JSON of which the schema admits no probe at a path."""
    kinds = {type(probe).__name__ for probe in PROBES}
    for probe in PROBES:
        changed: Any = copy.deepcopy([instance])
        holder: Any = changed
        last: str | int = 0
        for step in path:
            holder, last = holder[last], step
        holder[last] = probe
        if validator.is_valid(changed[0]):
            kinds.discard(type(probe).__name__)
    return kinds
