"""What a manifest says, in each of the forms that it may have."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import tomlkit
import yaml

from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import Completion, Eras, load, loads
from tests.pace import patient

from .samples import WEATHER, WEATHER_DATA, exactly, said


def problems(text: str, file: str = "mcpgen.yaml", **options: Any) -> list[str]:
    """The codes of everything that is wrong with a manifest."""
    with pytest.raises(MCPGenError) as caught:
        loads(text, file, **options)
    return [finding.code for finding in caught.value.diagnostics]


def test_a_native_manifest_says_who_serves() -> None:
    manifest = loads(WEATHER, "mcpgen.yaml")
    assert manifest.native
    assert manifest.name == "weather"
    assert manifest.server_info == {
        "name": "weather",
        "title": "Weather",
        "version": "0.1.0",
        "description": "Forecasts from monthly climate normals.",
    }
    assert manifest.instructions == "Ask for a city by its English name."
    assert manifest.version == "0.1.0"
    assert manifest.description == "Forecasts from monthly climate normals."
    assert manifest.targets == ("server", "client")


def test_the_definition_is_the_entry_without_our_own_keys() -> None:
    (tool,) = loads(WEATHER, "mcpgen.yaml").tools
    assert tool.timeout == 2.5
    written = WEATHER_DATA["tools"][0]
    assert exactly(tool.definition) == exactly(
        {
            "name": "get_forecast",
            "title": "Forecast",
            "description": "The expected weather of the coming days in one city.",
            "inputSchema": written["inputSchema"],
            "annotations": {"readOnlyHint": True, "category": "forecasts"},
            "_meta": {"example.com/team": "climate"},
            "inputExamples": [{"city": "Oslo"}],
            "icons": [{"src": "https://example.com/sun.png", "sizes": ["48x48"]}],
        }
    )


def test_arguments_and_variables_carry_their_completion() -> None:
    manifest = loads(WEATHER, "mcpgen.yaml")
    (prompt,) = manifest.prompts
    assert [a.name for a in prompt.arguments] == ["city", "month", "style"]
    assert [a.required for a in prompt.arguments] == [True, False, False]
    assert prompt.completions == (
        Completion("city"),
        Completion("month", ("January", "February")),
    )
    assert prompt.definition["arguments"][0].keys() == {
        "name",
        "description",
        "required",
    }
    (template,) = manifest.resource_templates
    assert template.variables == ("city", "path")
    assert template.completions == (
        Completion("city"),
        Completion("path", ("a", "b/c")),
    )
    assert "complete" not in template.definition


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("mcpgen.json", json.dumps(WEATHER_DATA)),
        ("mcpgen.json", json.dumps(WEATHER_DATA, ensure_ascii=True, indent=4)),
        ("mcpgen.toml", tomlkit.dumps(WEATHER_DATA)),
        ("mcpgen.yml", yaml.safe_dump(WEATHER_DATA, sort_keys=False)),
        ("mcpgen.yaml", json.dumps(WEATHER_DATA, indent=2)),
        ("mcpgen.YAML", "\ufeff" + WEATHER),
        ("mcpgen.yaml", WEATHER.replace("\n", "\r\n")),
        ("without-suffix", json.dumps(WEATHER_DATA)),
    ],
    ids=["json", "indented", "toml", "pyyaml", "json-as-yaml", "bom", "crlf", "bare"],
)
def test_every_format_says_the_same(file: str, text: str) -> None:
    assert said(loads(text, file)) == said(loads(WEATHER, "mcpgen.yaml"))


@pytest.mark.parametrize("backend", ["libyaml", "python"])
def test_yaml_means_what_yaml_1_2_says(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", backend == "libyaml")
    text = (
        "mcpgen: 1\nname: weather\nx-values:\n"
        "  [no, on, yes, 010, 0o10, 0x10, 1e3, 1_000, 2025-11-25, 12:30:00, .5, -1.,"
        " ~, null, Null, True, 'true', 1.0, +1]\n"
    )
    values = loads(text, "mcpgen.yaml").source.data["x-values"]
    assert exactly(values) == exactly(
        ["no", "on", "yes", 10, 8, 16, 1000.0, "1_000", "2025-11-25", "12:30:00", 0.5,
         -1.0, None, None, None, True, "true", 1.0, 1]
    )  # fmt: skip


@pytest.mark.parametrize("backend", ["libyaml", "python"])
def test_both_yaml_parsers_read_alike(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = said(loads(WEATHER, "mcpgen.yaml"))
    monkeypatch.setattr(yaml, "__with_libyaml__", backend == "libyaml")
    manifest = loads(WEATHER, "mcpgen.yaml")
    assert said(manifest) == expected
    span = manifest.source.span(("tools", 0, "timeout"))
    assert (span.line, span.column) == (24, 14)


def test_aliases_repeat_a_value() -> None:
    text = """\
mcpgen: 1
name: weather
x-schema: &city {type: object, properties: {city: {type: string}}}
tools:
  - {name: a, inputSchema: *city}
  - {name: b, inputSchema: *city}
"""
    first, second = loads(text, "mcpgen.yaml").tools
    assert first.input_schema == second.input_schema
    assert first.input_schema["properties"] == {"city": {"type": "string"}}


RAW: dict[str, Any] = {
    "tools": [
        {
            "name": "a",
            "title": None,
            "annotations": None,
            "timeout": 5,
            "complete": "x",
            "extra": {"y": 1},
            "vendor": {"z": [1]},
            "inputSchema": {"type": "object"},
        }
    ],
    "nextCursor": None,
}


@pytest.mark.parametrize(
    "data",
    [
        RAW,
        {"jsonrpc": "2.0", "id": 1, "result": RAW},
        {"package": "p==1", "notes": {"x": 1}, "instructions": None, **RAW},
    ],
    ids=["result", "response", "several results"],
)
def test_raw_tools_pass_key_for_key(data: dict[str, Any]) -> None:
    manifest = loads(json.dumps(data), "tools.json")
    assert not manifest.native
    assert manifest.name is None
    (tool,) = manifest.tools
    assert exactly(tool.definition) == exactly(RAW["tools"][0])
    assert tool.timeout is None
    assert manifest.source.span(tool.pointer).line == 1


def test_a_raw_manifest_takes_the_project_name_only_where_it_has_none() -> None:
    nameless = loads(json.dumps(RAW), "tools.json")
    assert nameless.server_info == {"version": "0.1.0"}
    assert nameless.named("gh").server_info == {"name": "gh", "version": "0.1.0"}
    info = {"name": "GitHub", "version": "3", "vendor": 1}
    named = loads(json.dumps({"serverInfo": info, **RAW}), "tools.json").named("gh")
    assert named.name == "gh"
    assert named.server_info == info


def test_a_project_that_is_renamed_renames_its_server_unless_that_has_a_name() -> None:
    text = "mcpgen: 1\nname: old\n"
    assert loads(text, "a.yaml").named("new").server_info["name"] == "new"
    text += "server: {name: fixed}\n"
    assert loads(text, "a.yaml").named("new").server_info["name"] == "fixed"


ERAS: dict[str, Any] = {
    "2026-07-28": "modern",
    "2025-11-25": "legacy",
    "2024-11-05": "legacy",
}


@pytest.mark.parametrize(
    ("protocol", "revisions"),
    [
        (None, ["2024-11-05", "2025-11-25", "2026-07-28"]),
        ("dual-era", ["2024-11-05", "2025-11-25", "2026-07-28"]),
        ("modern", ["2026-07-28"]),
        ("legacy", ["2024-11-05", "2025-11-25"]),
        ("2025-11-25", ["2025-11-25"]),
        (["2026-07-28", "2024-11-05", "2026-07-28"], ["2024-11-05", "2026-07-28"]),
    ],
)
def test_protocol_selects_revisions(protocol: Any, revisions: list[str]) -> None:
    data = {"mcpgen": 1, "name": "a"} | ({"protocol": protocol} if protocol else {})
    manifest = loads(json.dumps(data), "a.json", eras=Eras(ERAS))
    assert list(manifest.revisions) == revisions


def test_targets_keep_one_order() -> None:
    text = "mcpgen: 1\nname: a\ntargets: [client, server]\n"
    assert loads(text, "a.yaml").targets == ("server", "client")
    assert loads(text.replace(", server", ""), "a.yaml").targets == ("client",)


def test_everything_is_told_at_once_in_order_of_position() -> None:
    text = """\
mcpgen: 1
name: weather
prompts:
  - {name: a, nmae: b}
protocol: 2020-01-01
tools:
  - name: x
    inputSchema: {type: array}
  - {inputSchema: {type: object, properties: {a: {type: sting}}}}
resources:
  - {uri: x, name: y}
"""
    assert problems(text) == ["MG104", "MG110", "MG301", "MG105", "MG302", "MG207"]


def test_json_that_chooses_authentication_is_never_taken_for_a_list_result() -> None:
    text = '{"tools": [], "auth": {"kind": "jwt", "issuer": "https://x.example"}}'

    assert problems(text) == ["MG105"]


def test_keys_of_one_s_own_are_free_everywhere() -> None:
    text = """\
mcpgen: 1
name: weather
_private: 1
x-notes: {a: b}
$schema: ./mcpgen.schema.json
tools:
  - name: a
    inputSchema: {type: object}
    x-vendor: 1
    annotations: {_a: 1}
"""
    (tool,) = loads(text, "a.yaml").tools
    assert tool.definition["x-vendor"] == 1
    assert tool.definition["annotations"] == {"_a": 1}


def test_own_keys_may_go_on_the_wire_below_extra() -> None:
    text = """\
mcpgen: 1
name: weather
tools:
  - name: a
    inputSchema: {type: object}
    timeout: 1
    extra: {timeout: soon, title: null}
"""
    (tool,) = loads(text, "a.yaml").tools
    assert tool.timeout == 1
    assert tool.definition["timeout"] == "soon"
    assert tool.definition["title"] is None


def test_a_reference_is_only_one_where_a_schema_stands() -> None:
    schema = {
        "type": "object",
        "properties": {
            "$ref": {"type": "string", "default": {"$ref": "http://x/y"}},
            "a": {"$ref": "#/$defs/b%20c/anyOf/0"},
        },
        "$defs": {"b c": {"anyOf": [{"type": "string"}]}},
    }
    data = {"tools": [{"name": "a", "inputSchema": schema}]}
    assert loads(json.dumps(data), "a.json").tools[0].input_schema == schema


@pytest.mark.parametrize(
    "uri",
    [
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2019-09/schema#",
        "http://json-schema.org/draft-07/schema#",
        "http://json-schema.org/draft-07/schema",
        "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-04/schema#",
    ],
)
def test_every_known_dialect_is_checked_by_its_own_rules(uri: str) -> None:
    def text(minimum: Any) -> str:
        part = {"type": "number", "minimum": 1, "exclusiveMinimum": minimum}
        schema = {"$schema": uri, "type": "object", "properties": {"a": part}}
        tools = [{"name": "a", "inputSchema": schema}]
        return json.dumps({"mcpgen": 1, "name": "a", "tools": tools})

    old = "draft-04" in uri
    assert loads(text(True if old else 3), "a.json").tools
    assert problems(text(3 if old else True), "a.json") == ["MG302"]


def test_a_schema_never_reaches_for_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    hidden = {"type": "object", "$ref": "#/x-a", "x-a": {"$ref": "http://127.0.0.1:9/"}}
    data = {"tools": [{"name": "a", "inputSchema": hidden}]}
    assert problems(json.dumps(data), "a.json") == ["MG308"]


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "mcpgen.yaml"
    file.write_text(WEATHER, encoding="utf-8")
    assert said(load(file)) == said(loads(WEATHER, "mcpgen.yaml"))


def test_a_thousand_tools_load_in_well_under_a_second() -> None:
    tool = WEATHER_DATA["tools"][0]
    data = {
        **WEATHER_DATA,
        "tools": [{**tool, "name": f"tool_{at}"} for at in range(1000)],
    }
    for file, text in (
        ("a.json", json.dumps(data)),
        ("a.yaml", yaml.dump(data, Dumper=yaml.CSafeDumper)),
    ):
        loads(WEATHER, "warm-up.yaml")
        start = time.process_time()
        assert len(loads(text, file).tools) == 1000
        assert time.process_time() - start < patient(2), file
