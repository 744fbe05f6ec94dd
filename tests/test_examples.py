"""Instances made from JSON Schemas are valid, plain, always the same; or there is an error."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from mcpgen.examples import NoExample, example
from mcpgen.examples.patterns import UnreadablePattern, matching
from mcpgen.runtime.core.schema.validator import InvalidSchema, SchemaValidator
from tests.pace import patient
from tests.shared_data import CORPUS, corpus, needs_shared
from tests.suite.data import DRAFTS, Group, groups

JsonObject = dict[str, Any]

NOT_FOUND = {
    "draft2020-12/not: collect annotations inside a 'not', "
    "even if collection is disabled",
    "draft2020-12/oneOf: oneOf with empty schema",
    "draft7/oneOf: oneOf with empty schema",
}
"""Schemas of the official suite that have instances which would take a search."""


def whole(group: Group) -> Any:
    if group.draft == "draft7" and isinstance(group.schema, dict):
        return {"$schema": DRAFTS["draft7"], **group.schema}
    return group.schema


def usable(schema: Any) -> bool:
    try:
        SchemaValidator(schema).compile()
    except InvalidSchema:
        return False
    return True


@pytest.mark.parametrize("draft", DRAFTS)
def test_schemas_of_the_official_suite_have_examples(draft: str) -> None:
    missed: set[str] = set()
    found = 0
    for group in groups(draft):
        schema = whole(group)
        if not usable(schema) or not any(valid for _, valid in group.tests):
            continue
        try:
            value = example(schema)
        except NoExample:
            missed.add(group.name)
            continue
        assert SchemaValidator(schema).is_valid(value), group.name
        found += 1
    assert missed == {name for name in NOT_FOUND if name.startswith(f"{draft}/")}
    assert found > 200


@needs_shared
def test_every_schema_of_every_real_server_has_examples() -> None:
    count = 0
    for name in corpus():
        for tool in json.loads((CORPUS / f"{name}.json").read_text("utf-8"))["tools"]:
            for key in ("inputSchema", "outputSchema"):
                if (schema := tool.get(key)) is not None:
                    for optional in (True, False):
                        value = example(schema, optional=optional)
                        assert SchemaValidator(schema).is_valid(value)
                        count += 1
    assert count > 3_000


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "example"),
        ({"type": "string", "minLength": 9, "maxLength": 10}, "examplexx"),
        ({"type": "string", "maxLength": 3}, "exa"),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        (
            {"type": "string", "format": "date", "minLength": 30},
            "example".ljust(30, "x"),
        ),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "integer", "maximum": -5}, -5),
        ({"type": "integer", "minimum": 10**30}, 10**30),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "number", "multipleOf": 0.1, "minimum": 0.25}, 0.3),
        ({"type": ["null", "boolean"]}, True),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"enum": [None, "a"]}, "a"),
        ({"const": {"a": None}}, {"a": None}),
        ({"type": "string", "default": "d", "examples": [1, "e"]}, "e"),
        ({"type": "string", "default": "d", "examples": [1]}, "d"),
        ({"type": ["string", "null"], "default": None}, "example"),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        (
            {"type": "array", "items": {"type": "integer"}, "minItems": 2},
            [1, 1],
        ),
        (
            {"items": {"enum": [1, 2]}, "minItems": 2, "uniqueItems": True},
            [1, 2],
        ),
        ({"prefixItems": [{"const": 1}, {"type": "string"}]}, [1, "example"]),
        ({"type": "array", "contains": {"const": 7}, "minContains": 2}, [7, 7]),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            {"example": 1},
        ),
        (
            {
                "type": "object",
                "patternProperties": {"^x-": {"type": "integer"}},
                "additionalProperties": False,
                "minProperties": 1,
            },
            {"x-": 1},
        ),
        (
            {"properties": {"a": {"type": "null"}, "b": {"type": "boolean"}}},
            {"a": None, "b": True},
        ),
        (
            {
                "type": "object",
                "properties": {"kind": {"enum": ["a", "b"]}},
                "required": ["kind"],
                "if": {"properties": {"kind": {"const": "a"}}},
                "then": {"properties": {"more": False}, "required": ["more"]},
            },
            {"kind": "b"},
        ),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}},
                "dependentRequired": {"a": ["b"]},
                "required": ["a"],
            },
            {"a": 1, "b": "example"},
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "number"}}, "required": ["a"]},
                    {"properties": {"a": {"type": "integer", "minimum": 3}}},
                ]
            },
            {"a": 3},
        ),
        (
            {
                "type": "object",
                "properties": {"next": {"$ref": "#"}, "id": {"type": "integer"}},
                "required": ["id"],
            },
            {"id": 1, "next": {"id": 1}},
        ),
        (True, "example"),
    ],
)
def test_an_example_is_what_a_person_would_write(schema: Any, value: Any) -> None:
    found = example(schema)
    assert found == value
    assert type(found) is type(value)


def test_optional_properties_can_be_left_out() -> None:
    schema = {"properties": {"a": {}, "b": {}}, "required": ["b"]}
    assert example(schema, optional=False) == {"b": "example"}
    assert example(schema) == {"b": "example", "a": "example"}


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{4}-\d{2}$",
        r"^[A-Z][a-z]+(-[0-9]{1,3})?$",
        r"^(?:foo|bar)+$",
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
        r"^#[0-9a-fA-F]{6}$",
        r"^\S(.*\S)?$",
        r"^[-+]?\d+(\.\d+)?$",
        r"^v?\d+\.\d+\.\d+(?:-[\w.]+)?$",
        r"^arn:aws:[a-z]+::\d{12}:role/.{1,64}$",
        r"[一-龥]{2}",
        r"^$",
        r"\bword\b",
        r"^[\]\\^-]$",
        r"\x41\u0042\/",
        r"^(?<year>\d{4})$",
    ],
)
@pytest.mark.parametrize("shortest", [0, 1])
def test_strings_match_their_pattern(pattern: str, shortest: int) -> None:
    if pattern != "^$" or shortest == 0:
        schema = {"type": "string", "pattern": pattern, "minLength": shortest}
        assert re.search(pattern.replace("(?<", "(?P<"), example(schema))


def test_a_pattern_and_a_length_hold_together() -> None:
    schema = {"type": "string", "pattern": "^[a-z]+$", "minLength": 50}
    assert len(example(schema)) >= 50


@pytest.mark.parametrize("pattern", ["(", "[a", r"(a)\1", "\\", "x" * 3_000, "[]"])
def test_a_pattern_that_cannot_be_read_says_so(pattern: str) -> None:
    with pytest.raises(UnreadablePattern):
        next(matching(pattern))


@pytest.mark.parametrize("pattern", ["^a{100000}$", "^(a{1000}){1000}$"])
def test_a_pattern_for_very_long_strings_is_given_up_in_time(pattern: str) -> None:
    start = time.process_time()
    with pytest.raises(UnreadablePattern):
        list(matching(pattern))
    assert time.process_time() - start < patient(2)


def nested(levels: int) -> JsonObject:
    schema: JsonObject = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


def doubling(levels: int) -> JsonObject:
    both = {"type": "object", "required": ["a", "b"]}
    definitions: JsonObject = {f"d{levels}": {"type": "string"}}
    for level in range(levels):
        below = {"$ref": f"#/$defs/d{level + 1}"}
        definitions[f"d{level}"] = {**both, "properties": {"a": below, "b": below}}
    return {"$defs": definitions, "$ref": "#/$defs/d0"}


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


ENDLESS = {"properties": {"n": {"$ref": "#"}}, "required": ["n"], "type": "object"}


@pytest.mark.parametrize(
    "schema",
    [
        False,
        ENDLESS,
        doubling(30),
        nested(200),
        {"$ref": "#"},
        {"type": "array", "minItems": 10**9},
        {"type": "string", "minLength": 10**9},
        {"type": "object", "minProperties": 10**9},
        {"type": "array", "items": {"const": 1}, "minItems": 2, "uniqueItems": True},
        {"type": "string", "pattern": "(a)\\1"},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "integer", "minimum": 1e300, "multipleOf": 1e-300},
        {"$ref": "https://example.com/"},
        {"type": 5},
        {"type": "array", "items": {"const": "x" * 1_000}, "minItems": 900},
        {"type": "array", "items": {"minLength": 1_000}, "minItems": 900},
        {"items": {"required": ["x" * 1_000]}, "type": "array", "minItems": 900},
        {"const": "x" * 1_000_000},
        {"const": 10**4_000},
        {"const": deep(150)},
        {"type": "number", "minimum": 1.7e308, "multipleOf": 0.9e308},
        {"type": "number", "minimum": 10**400, "exclusiveMaximum": 1e308},
    ],
    ids=lambda schema: repr(schema)[:80],
)
def test_where_nothing_is_found_there_is_an_error_in_time(schema: Any) -> None:
    began = time.process_time()
    with pytest.raises(NoExample):
        example(schema)
    assert time.process_time() - began < patient(5)


@pytest.mark.parametrize(
    "schema",
    [
        nested(80),
        {"enum": [f"v{n}" for n in range(50_000)]},
        {"properties": {f"p{n}": {"properties": {"x": {}}} for n in range(5_000)}},
        {"items": {"type": "integer"}, "uniqueItems": True, "minItems": 900},
        {"type": "string", "pattern": "^(a+)+$", "minLength": 40},
    ],
    ids=["deep", "enum", "wide", "unique", "pattern"],
)
def test_large_schemas_have_examples_in_time(schema: Any) -> None:
    began = time.process_time()
    assert SchemaValidator(schema).is_valid(example(schema))
    assert time.process_time() - began < patient(5)


def test_the_error_says_what_stands_against_it() -> None:
    unreadable = {"type": "string", "pattern": "(a)\\1"}
    schema = {"type": "object", "properties": {"x": unreadable}, "required": ["x"]}
    with pytest.raises(NoExample, match=r"must match the pattern \(a\)\\1"):
        example(schema)
    with pytest.raises(NoExample, match="can't be used"):
        example({"$ref": "https://example.com/other.json"})


def test_an_example_is_the_same_in_every_process() -> None:
    probe = (
        "from mcpgen.examples import example; print(example("
        "{'properties': {k: {'type': 'string', 'pattern': '^[^a-f]+$'} for k in 'cab'},"
        " 'enum': [{'c': 'x'}, {'b': 'y'}], 'required': []}))"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", probe],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            timeout=patient(60),
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert shown == {"{'c': 'x'}\n"}
