"""The same JSON Schema in another draft is the same to callers."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from mcpgen.contracts.dialects import modernized
from mcpgen.contracts.values import argument_changes
from tests.cli.conftest import terminal as terminal
from tests.cli.terminal import Terminal

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_6 = "http://json-schema.org/draft-06/schema#"
YEAR_2019 = "https://json-schema.org/draft/2019-09/schema"
YEAR_2020 = "https://json-schema.org/draft/2020-12/schema"

TUPLE = {"items": [{"type": "string"}, {"type": "number"}], "additionalItems": False}
MANIFEST = """\
mcpgen: 1
name: shop
server: {{version: 1.0.0}}
tools:
  - name: find
    description: Finds something.
    inputSchema:
      $schema: {dialect}
      type: object
      properties:
        color: {{type: string}}
        box: {{$ref: "#/{definitions}/Box"}}
        pair: {pair}
      additionalProperties: {closed}
      {definitions}: {{Box: {{type: object, properties: {{x: {{type: integer}}}}}}}}
"""
OLD = MANIFEST.format(
    dialect=DRAFT_7,
    definitions="definitions",
    pair="{type: array, items: [{type: string}], additionalItems: {type: number}}",
    closed="false",
)
NEW = MANIFEST.format(
    dialect=YEAR_2020,
    definitions="$defs",
    pair="{type: array, prefixItems: [{type: string}], items: {type: number}}",
    closed="false",
)


def test_another_draft_alone_changes_nothing_for_callers(
    terminal: Terminal, tmp_path: Any
) -> None:
    (tmp_path / "old.yaml").write_text(OLD, "utf-8")
    (tmp_path / "new.yaml").write_text(NEW, "utf-8")

    for names in (("old.yaml", "new.yaml"), ("new.yaml", "old.yaml")):
        done = terminal.mcpgen("diff", *names)
        assert done.code == 0, done.out
        assert "`inputSchema` is written differently and says the same" in done.out


def test_what_changed_besides_the_draft_is_named(
    terminal: Terminal, tmp_path: Any
) -> None:
    (tmp_path / "old.yaml").write_text(OLD, "utf-8")
    new = NEW.replace("color: {type: string}", "color: {type: integer}")
    (tmp_path / "new.yaml").write_text(new, "utf-8")

    done = terminal.mcpgen("diff", "old.yaml", "new.yaml")

    (first, *_) = done.out.splitlines()
    assert "breaking[ARGUMENT_TYPE_CHANGED]" in first
    assert "argument `color` was string and is integer" in first
    assert "1 breaking\n" in done.out


@pytest.mark.parametrize("draft", [DRAFT_6, DRAFT_7, YEAR_2019])
@pytest.mark.parametrize(
    "schema",
    [
        {},
        TUPLE,
        {"items": {"type": "string"}, "additionalItems": False},
        {"items": [True, False]},
        {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}},
        {"dependentRequired": {"a": ["b"]}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"prefixItems": [{"type": "string"}]},
        {"properties": {"items": {"type": "array", **TUPLE}}},
        {
            "definitions": {"A": {"type": "string"}},
            "properties": {"a": {"$ref": "#/definitions/A", "maxLength": 1}},
        },
        {"enum": [{"items": []}, "x"]},
        {"contains": {"type": "string"}, "minContains": 2},
    ],
)
def test_the_translation_accepts_the_same_values(
    draft: str, schema: dict[str, Any]
) -> None:
    old = {"$schema": draft, **schema}
    made = modernized(old)
    assert made is not None
    first = jsonschema_rs.validator_for(old)
    second = jsonschema_rs.validator_for({"$schema": YEAR_2020, **made})

    for value in VALUES:
        assert first.is_valid(value) == second.is_valid(value), value


VALUES: list[Any] = [
    None,
    "x",
    "long",
    1,
    [],
    ["x"],
    ["x", 1],
    ["x", "y"],
    ["x", 1, 2],
    [1],
    {},
    {"a": "x"},
    {"a": "long"},
    {"a": 1},
    {"a": "x", "b": 1},
    {"c": 1},
    {"c": 1, "d": 1},
    {"items": []},
    {"items": ["x", "y"]},
]


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": "http://json-schema.org/draft-04/schema#"},
        {"$schema": YEAR_2019, "$recursiveRef": "#"},
        {"$schema": "https://example.org/own"},
    ],
)
def test_what_cannot_be_translated_stays_undecided(schema: dict[str, Any]) -> None:
    new = {"$schema": YEAR_2020, "type": "object"}

    assert modernized(schema) is None
    assert argument_changes({**schema, "type": "string"}, new)
