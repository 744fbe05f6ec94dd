"""Every place that a source gives points at the very token."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import tomlkit
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpgen.manifest import yaml_text
from mcpgen.manifest.loading import read_source
from mcpgen.manifest.source import Source

from .samples import MAPPING, WEATHER, WEATHER_DATA, leaves, text_at

DECODER = json.JSONDecoder()


def values_point_at_themselves(source: Source, data: Any) -> None:
    """In a text whose tokens are JSON's, each place starts the value and the key."""
    for pointer, value in leaves(data):
        span = source.span(pointer)
        found, _ = DECODER.raw_decode(text_at(source.text, span.line, span.column))
        assert json.dumps(found) == json.dumps(value)
        if pointer and isinstance(pointer[-1], str):
            span = source.span(pointer, key=True)
            key, _ = DECODER.raw_decode(text_at(source.text, span.line, span.column))
            assert key == pointer[-1]


@given(data=MAPPING, indent=st.sampled_from([None, 0, 1, 4]), escaped=st.booleans())
def test_json(data: dict[str, Any], indent: int | None, escaped: bool) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=escaped)
    values_point_at_themselves(read_source(text, "a.json"), data)


@pytest.mark.parametrize("libyaml", [True, False], ids=["libyaml", "python"])
@settings(deadline=None)
@given(data=MAPPING)
def test_yaml_in_flow_style(libyaml: bool, data: dict[str, Any]) -> None:
    text = "\n# a comment\n" + json.dumps(data, indent=1, ensure_ascii=False)
    text = re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]",
        lambda found: f"\\u{ord(found[0]):04x}",
        text,
    )
    before = yaml.__with_libyaml__
    yaml.__with_libyaml__ = libyaml  # type: ignore[misc] # hypothesis forbids monkeypatch
    try:
        source = read_source(text, "a.yaml")
        values_point_at_themselves(source, source.data)
    finally:
        yaml.__with_libyaml__ = before  # type: ignore[misc] # see above


@settings(deadline=None)
@given(data=MAPPING)
def test_yaml_in_block_style(data: dict[str, Any]) -> None:
    source = read_source(yaml_text.dump(data), "a.yaml")
    for pointer, value in leaves(data):
        if isinstance(value, dict | list) or not pointer:
            continue
        span = source.span(pointer)
        rest = text_at(source.text, span.line, span.column)
        alone = yaml_text.dump({"k": value}).removeprefix("k: ").split("\n")[0]
        listed = yaml_text.dump({"k": [value]}).removeprefix("k: [").split("]\n")[0]
        assert rest.startswith((alone, listed))


def test_toml() -> None:
    text = """\
# comment
mcpgen = 1
name = 'weather'
server.title = "Weather"
[server.extra]
"a.b" = [ 1, "two", { three = 3, "four five" = [4] }, # x
  \"\"\"many
lines "" \"\"\"\"\", '''it's''' ]
[[tools]]
name = "one"
[tools.inputSchema]
type = "object"
[tools.inputSchema.properties.city]
type = "string"
[[tools]]
name = "two"
inputSchema = { type = "object" }
"""
    source = read_source(text, "a.toml")
    places = {
        ("mcpgen",): (2, 10),
        ("server", "title"): (4, 16),
        ("server", "extra", "a.b"): (6, 9),
        ("server", "extra", "a.b", 1): (6, 14),
        ("server", "extra", "a.b", 2, "four five", 0): (6, 49),
        ("server", "extra", "a.b", 3): (7, 3),
        ("server", "extra", "a.b", 4): (8, 17),
        ("tools", 0): (9, 1),
        ("tools", 0, "name"): (10, 8),
        ("tools", 0, "inputSchema", "type"): (12, 8),
        ("tools", 0, "inputSchema", "properties", "city", "type"): (14, 8),
        ("tools", 1, "name"): (16, 8),
        ("tools", 1, "inputSchema", "type"): (17, 24),
    }
    found = {p: (s.line, s.column) for p in places for s in [source.span(p)]}
    assert found == places
    key = source.span(("tools", 1, "name"), key=True)
    assert (key.line, key.column) == (16, 1)


def test_toml_that_tomlkit_writes_has_a_place_for_every_value() -> None:
    source = read_source(tomlkit.dumps(WEATHER_DATA), "a.toml")
    for pointer, value in leaves(WEATHER_DATA):
        if isinstance(value, str) and "\n" not in value:
            span = source.span(pointer)
            rest = text_at(source.text, span.line, span.column)
            assert rest.startswith(json.dumps(value, ensure_ascii=False)), pointer


def test_a_path_that_leads_nowhere_gives_the_place_around_it() -> None:
    source = read_source(WEATHER, "a.yaml")
    around = source.span(("tools", 0))
    assert source.span(("tools", 0, "nothing", "at", "all")) == around
    assert source.span(("tools", 0, 7)) == around
    assert str(source.span(("tools", 99))) == str(source.span(("tools",)))
