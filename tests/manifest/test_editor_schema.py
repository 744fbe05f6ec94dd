"""The JSON Schema for editors says what the loader says."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import editor_schema, load, loads, native_data
from tests.shared_data import CORPUS, corpus, needs_shared

from .samples import WEATHER_DATA

VALIDATOR = jsonschema_rs.validator_for(json.loads(editor_schema.render()))


def test_the_file_is_fresh() -> None:
    assert editor_schema.HOME.read_text(encoding="utf-8") == editor_schema.render(), (
        "run: python -m mcpgen.manifest.editor_schema"
    )


def test_it_accepts_a_manifest_that_uses_everything() -> None:
    assert [e.message for e in VALIDATOR.iter_errors(WEATHER_DATA)] == []


SCHEMAS: list[dict[str, Any]] = [
    {"type": "string"},
    {"required": "a"},
    {"properties": []},
    {"properties": {"a": {"type": "text"}}},
    {"properties": {"a": {"items": {"minLength": -1}}}},
    {"$defs": {"a": {"enum": "x"}}},
    {"anyOf": []},
]
WRONG: list[dict[str, Any]] = [
    {"mcpgen": 2},
    {"name": "../x"},
    {"tool": []},
    {"tools": {}},
    {"tools": [{"name": "a"}]},
    {"tools": [{"name": "a", "inputSchema": {}, "timeout": 0}]},
    {"tools": [{"name": "a", "inputSchema": {}, "annotations": {"readOnly": True}}]},
    {"prompts": [{"name": "a", "arguments": [{"name": "b", "complete": "c"}]}]},
    {"resources": [{"name": "a"}]},
    {"resourceTemplates": [{"name": "a", "uriTemplate": "x:{a}", "complete": []}]},
    {"protocol": "newest"},
    {"protocol": []},
    {"targets": ["servers"]},
    {"server": {"title": None}},
    *(
        {"tools": [{"name": "a", "inputSchema": {"type": "object", **schema}}]}
        for schema in SCHEMAS
    ),
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_it_refuses_what_the_loader_refuses(change: dict[str, Any]) -> None:
    data = {**WEATHER_DATA, **change}
    assert not VALIDATOR.is_valid(data)
    with pytest.raises(MCPGenError):
        loads(json.dumps(data), "a.json")


def test_every_key_is_explained() -> None:
    schema = json.loads(editor_schema.render())
    for part in (schema, *schema["$defs"].values()):
        for name, inner in part["properties"].items():
            assert "description" in inner or "$ref" in inner, name


@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": False, "x-vendor": 1},
        {"properties": {"a": True, "b": {"type": ["string", "null"]}}},
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": {"a": {"items": [{}, {}]}},
        },
    ],
    ids=str,
)
def test_it_accepts_other_json_schemas(schema: dict[str, Any]) -> None:
    tool = {"name": "a", "inputSchema": {"type": "object", **schema}}
    assert VALIDATOR.is_valid({**WEATHER_DATA, "tools": [tool]})


@needs_shared
def test_it_accepts_the_schemas_of_real_servers() -> None:
    for name in corpus():
        data = native_data(load(CORPUS / f"{name}.json"), "real")
        assert [e.message for e in VALIDATOR.iter_errors(data)] == [], name
