"""Lint beyond one example per rule (those are in tests/diagnostics)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from mcpgen.diagnostics import Severity
from mcpgen.lint import lint
from mcpgen.manifest import load, loads
from tests.manifest.samples import WEATHER
from tests.pace import patient
from tests.shared_data import CORPUS, corpus, needs_shared


def codes(schema: dict[str, Any], **tool: Any) -> list[str]:
    """What lint says of one tool whose text is beyond reproach."""
    entry = {
        "name": "get_forecast",
        "description": "The expected weather in one city.",
        "inputSchema": {"type": "object", **schema},
        **tool,
    }
    findings = lint(loads(json.dumps({"tools": [entry]}), "tools.json"))
    assert all(finding.severity is Severity.WARNING for finding in findings)
    return [finding.code for finding in findings]


def test_a_careful_manifest_gets_no_warning() -> None:
    assert lint(loads(WEATHER, "mcpgen.yaml")) == []


ELSEWHERE: list[dict[str, Any]] = [
    {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"properties": {}, "required": ["a"], "allOf": [{"properties": {"a": {}}}]},
    {"properties": {}, "required": ["ab"], "patternProperties": {"^a": {}}},
]


@pytest.mark.parametrize("schema", ELSEWHERE, ids=list)
def test_required_names_may_be_properties_elsewhere(schema: dict[str, Any]) -> None:
    assert "MG907" not in codes(schema)


@pytest.mark.parametrize(
    "schema",
    [{"const": 1}, {"enum": [1]}, {"$ref": "#"}, {"anyOf": [{"type": "null"}]}],
    ids=str,
)
def test_a_type_can_be_told_in_many_ways(schema: dict[str, Any]) -> None:
    assert codes({"properties": {"a": {**schema, "description": "It."}}}) == []


def test_a_default_is_judged_with_the_definitions_of_its_document() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"n": {"type": "integer"}},
        "properties": {
            "good": {"allOf": [{"$ref": "#/definitions/n"}], "default": 1},
            "bad": {"allOf": [{"$ref": "#/definitions/n"}], "default": "1"},
            "unknown": {"allOf": [{"$ref": "#/properties/good"}], "default": "1"},
        },
    }
    assert codes(schema).count("MG905") == 1


def test_properties_named_like_keywords_are_no_schemas() -> None:
    inner = {"type": "string", "description": "A text."}
    assert codes({"properties": {"default": inner, "pattern": inner}}) == []


def test_output_schemas_are_looked_at_too() -> None:
    found = codes({}, outputSchema={"type": "object", "properties": {"a": True}})
    assert found == ["MG906"]


def test_findings_come_in_order_of_position() -> None:
    text = WEATHER.replace("  - name: get_forecast", "  - name: get forecast").replace(
        "Plan what to pack for a trip.", "Plan."
    )
    assert [f.code for f in lint(loads(text, "a.yaml"))] == ["MG903", "MG902"]


@needs_shared
@pytest.mark.parametrize("name", corpus())
def test_real_manifests_are_linted_fast_and_every_finding_has_a_place(
    name: str,
) -> None:
    manifest = load(CORPUS / f"{name}.json")
    start = time.process_time()
    findings = lint(manifest)
    assert time.process_time() - start < patient(2)
    assert all(finding.span and finding.span.line for finding in findings)


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": "#/$defs/A"}, {"properties": {}, "required": ["a"]}]},
        {"properties": {"a": {}}, "anyOf": [{"properties": {}, "required": ["a"]}]},
    ],
    ids=str,
)
def test_required_names_may_be_those_of_the_schema_around(schema: Any) -> None:
    defs: dict[str, Any] = {"$defs": {"A": {"properties": {"a": {}}}}}
    assert "MG907" not in codes({**schema, **defs})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["integer", "null"], "minimum": 1},
        {"type": "integer", "format": "int64"},
        {"type": "number", "minimum": 1, "maximum": 1},
        {"type": "integer", "enum": [1.0, 2]},
        {"enum": [1, "a", None]},
        {"type": "string", "x-anything": None, "markdownDescription": "It."},
        {"type": "string", "customKey": 1},
        {"$ref": "#/$defs/A", "minimum": 3},
        {"const": None, "default": None},
    ],
    ids=str,
)
def test_what_is_meant_is_not_reported(schema: dict[str, Any]) -> None:
    prop = {**schema, "description": "It."}
    defs = {"A": {"type": "integer"}}
    assert codes({"properties": {"a": prop}, "$defs": defs}) == []


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ({"Type": "string"}, "MG915"),
        ({"min_length": 1}, "MG915"),
        ({"type": "string", "additionalProperties": False}, "MG917"),
        ({"minLength": 3, "maxLength": 2}, "MG919"),
        ({"exclusiveMinimum": 1, "maximum": 1}, "MG919"),
        ({"type": "boolean", "enum": ["true"]}, "MG919"),
        ({"patternProperties": {r"\A": {}}}, "MG923"),
    ],
    ids=str,
)
def test_slips_are_reported(schema: dict[str, Any], code: str) -> None:
    assert code in codes({"properties": {"a": schema}})
