"""Native manifests that are written say what the first one said."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import tomlkit
import yaml
from hypothesis import given, settings

from mcpgen.manifest import load, loads, to_yaml, yaml_text
from mcpgen.manifest.loading import read_source
from mcpgen.manifest.reading import is_list, is_mapping
from tests.pace import patient
from tests.shared_data import CORPUS, corpus, needs_shared

from .samples import MAPPING, WEATHER, WEATHER_DATA, exactly, said


@settings(deadline=None, max_examples=300)
@given(data=MAPPING)
def test_data_survive_yaml_exactly(data: dict[str, Any]) -> None:
    text = yaml_text.dump(data)
    assert exactly(read_source(text, "a.yaml").data) == exactly(data)


@settings(deadline=None)
@given(data=MAPPING)
def test_other_yaml_readers_take_it_alike(data: dict[str, Any]) -> None:
    text = yaml_text.dump(data)
    assert yaml.compose(text, Loader=yaml.CSafeLoader) is not None
    assert yaml.compose(text, Loader=yaml.SafeLoader) is not None
    whole = json.loads(json.dumps(data), parse_float=str, parse_int=str)
    assert yaml.load(text, Loader=yaml.BaseLoader) == _as_texts(whole)


def _as_texts(value: Any) -> Any:
    """What a reader without types sees: every scalar as its text."""
    if is_mapping(value):
        return {key: _as_texts(part) for key, part in value.items()}
    if is_list(value):
        return [_as_texts(part) for part in value]
    return value if isinstance(value, str) else json.dumps(value)


@settings(deadline=None)
@given(data=MAPPING)
def test_elements_with_empty_lines_between_them_stay_the_same(
    data: dict[str, Any],
) -> None:
    text = yaml_text.paragraphs({"a": data}, {"b": [data, data], "c": []})
    expected = {"a": data, "b": [data, data], "c": []}
    assert exactly(read_source(text, "a.yaml").data) == exactly(expected)


@pytest.mark.parametrize("file", ["a.yaml", "a.json", "a.toml"])
def test_a_native_manifest_keeps_what_it_says(file: str) -> None:
    text = {
        "a.yaml": WEATHER,
        "a.json": json.dumps(WEATHER_DATA),
        "a.toml": tomlkit.dumps(WEATHER_DATA),
    }[file]
    manifest = loads(text, file)
    written = to_yaml(manifest)
    assert said(loads(written, "mcpgen.yaml")) == said(manifest)
    assert to_yaml(loads(written, "mcpgen.yaml")) == written


def test_another_name_and_other_targets_are_written() -> None:
    manifest = loads(WEATHER, "a.yaml")
    assert loads(to_yaml(manifest, "climate"), "b.yaml").name == "climate"
    text = WEATHER + "targets: [client]\n"
    assert loads(to_yaml(loads(text, "a.yaml")), "b.yaml").targets == ("client",)


def test_a_raw_manifest_needs_a_name() -> None:
    manifest = loads('{"tools": []}', "a.json")
    with pytest.raises(ValueError, match="give one"):
        to_yaml(manifest)


def test_it_reads_like_written_by_hand() -> None:
    raw: dict[str, Any] = {
        "serverInfo": {"name": "Weather 2", "version": "1.0"},
        "instructions": "Be brief.\nBe polite. 😀\n",
        "tools": [
            {
                "name": "get-forecast",
                "description": "One city.\n\n  Indented: yes\n",
                "inputSchema": {
                    "type": "object",
                    "properties": {"on": {"type": ["string", "null"], "default": ""}},
                    "required": ["on"],
                },
                "vendor": {"a": []},
            },
            {"name": "ping", "inputSchema": {"type": "object", "properties": {}}},
        ],
    }
    manifest = loads(json.dumps(raw), "tools.json").named("weather")
    assert (
        to_yaml(manifest)
        == """\
mcpgen: 1
name: weather
server:
  name: Weather 2
  version: "1.0"
  instructions: |
    Be brief.
    Be polite. 😀

tools:
  - name: get-forecast
    description: |
      One city.

        Indented: yes
    inputSchema:
      type: object
      properties:
        "on":
          type: [string, "null"]
          default: ""
      required: ["on"]
    extra:
      vendor:
        a: []

  - name: ping
    inputSchema:
      type: object
      properties: {}
"""
    )


@needs_shared
@pytest.mark.parametrize("name", corpus())
def test_real_manifests_load_to_the_same_definitions(name: str) -> None:
    path = CORPUS / f"{name}.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    manifest = load(path).named(name)
    assert [exactly(tool.definition) for tool in manifest.tools] == [
        exactly(tool) for tool in raw["tools"]
    ]
    start = time.process_time()
    text = to_yaml(manifest)
    assert time.process_time() - start < patient(2)
    written = loads(text, "mcpgen.yaml")
    assert written.server_info == manifest.server_info
    assert written.instructions == manifest.instructions
    assert [d.definition for d in written.declarations()] == [
        d.definition for d in manifest.declarations()
    ]
    assert to_yaml(written) == text
