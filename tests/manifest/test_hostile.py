"""Whatever comes in, a manifest comes out or an error with places: nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcpgen.diagnostics import MCPGenError
from mcpgen.lint import lint
from mcpgen.manifest import load, loads, to_yaml
from mcpgen.manifest.schemas import MOST_PROBLEMS

from .samples import JSON, TEXT, WEATHER, WEATHER_DATA, leaves

FILES = st.sampled_from(["a.yaml", "a.json", "a.toml", "a.txt", "a", ""])


def survives(text: str, file: str) -> None:
    """Load, lint and write; only the one error is allowed."""
    try:
        manifest = loads(text, file)
    except MCPGenError as error:
        if not error.diagnostics or not str(error):
            raise
        return
    lint(manifest)
    again = loads(to_yaml(manifest, "a"), "again.yaml")
    assert [d.definition for d in again.declarations()] == [
        d.definition for d in manifest.declarations()
    ]


@given(text=st.text(), file=FILES)
def test_any_text(text: str, file: str) -> None:
    survives(text, file)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200), suffix=st.sampled_from(["yaml", "json", "toml"])
)
def test_any_bytes(tmp_path: Path, content: bytes, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(content)
    try:
        load(file)
    except MCPGenError as error:
        if not all(d.span for d in error.diagnostics):
            raise


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), libyaml=st.booleans())
def test_a_damaged_manifest(
    monkeypatch: pytest.MonkeyPatch, data: st.DataObject, libyaml: bool
) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", libyaml)
    file, whole = data.draw(
        st.sampled_from(
            [("a.yaml", WEATHER), ("a.json", json.dumps(WEATHER_DATA, indent=1))]
        )
    )
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 20)))
    tokens = st.text("{}[]:,\"'&*!|>-#\n \t\\u0d8?%@1.eE<=\x00\ud800", max_size=8)
    survives(whole[:start] + data.draw(tokens) + whole[end:], file)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_manifest_with_any_value_in_any_place(data: st.DataObject) -> None:
    copy = json.loads(json.dumps(WEATHER_DATA))
    pointer, _ = data.draw(st.sampled_from(list(leaves(copy))[1:]))
    holder: Any = copy
    for step in pointer[:-1]:
        holder = holder[step]
    if isinstance(holder, dict) and data.draw(st.booleans()):
        holder[data.draw(TEXT)] = data.draw(JSON)
    else:
        holder[pointer[-1]] = data.draw(JSON)
    native = data.draw(st.booleans())
    if not native:
        copy.pop("mcpgen", None)
        copy.pop("server", None)
        copy["serverInfo"] = data.draw(JSON)
    survives(json.dumps(copy), "a.json")


KEYWORDS = st.sampled_from(
    ["$ref", "$id", "$anchor", "$dynamicRef", "$defs", "$schema", "type", "properties",
     "items", "pattern", "patternProperties", "enum", "const", "default", "anyOf", "if",
     "required", "minimum", "multipleOf", "format", "x-mcp-header", "dependencies"]
)  # fmt: skip
SCHEMA_TEXT = TEXT | st.sampled_from(
    ["object", "string", "#", "#/$defs/a", "#a", "(", "a{9999}", "../x", "http://x/y"]
)
SCHEMA = st.recursive(
    st.none() | st.booleans() | st.integers() | SCHEMA_TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYWORDS | TEXT, inner, max_size=5)
    ),
    max_leaves=15,
)


@settings(deadline=None, max_examples=200)
@given(schema=st.dictionaries(KEYWORDS, SCHEMA, max_size=6))
def test_any_json_schema(schema: dict[str, Any]) -> None:
    tool = {"name": "a", "inputSchema": {**schema, "type": "object"}}
    survives(json.dumps({"tools": [tool, {**tool, "outputSchema": schema}]}), "a.json")


def test_a_bounded_number_of_mistakes_in_a_json_schema_is_reported() -> None:
    wrong = {f"p{at}": {"type": "wrong", "minimum": ""} for at in range(1_200)}
    schema = {"type": "object", "properties": wrong}
    source = json.dumps({"tools": [{"name": "a", "inputSchema": schema}]})
    with pytest.raises(MCPGenError) as caught:
        loads(source, "input.json")
    assert 0 < len(caught.value.diagnostics) <= MOST_PROBLEMS
