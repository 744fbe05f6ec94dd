"""Manifests and data for the tests of the manifest stage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from hypothesis import strategies as st

from mcpgen.manifest import Manifest, Pointer, loads
from mcpgen.manifest.reading import parts

WEATHER: Final = """\
# The manifest of a small weather service.
mcpgen: 1
name: weather
server:
  title: Weather
  version: 0.1.0
  description: Forecasts from monthly climate normals.
  instructions: Ask for a city by its English name.

tools:
  - name: get_forecast
    title: Forecast
    description: The expected weather of the coming days in one city.
    inputSchema:
      type: object
      properties:
        city: {type: string, description: The city's English name., minLength: 1}
        days:
          type: integer
          description: How many days, today included.
          default: 3
      required: [city]
    annotations: {readOnlyHint: true, extra: {category: forecasts}}
    timeout: 2.5
    _meta: {"example.com/team": climate}
    extra:
      inputExamples: [{city: Oslo}]
    icons:
      - {src: "https://example.com/sun.png", sizes: [48x48]}

prompts:
  - name: plan_trip
    description: Plan what to pack for a trip.
    arguments:
      - {name: city, description: Where the trip goes., required: true, complete: true}
      - {name: month, description: When., complete: [January, February]}
      - {name: style, complete: false}

resources:
  - uri: weather://cities
    name: cities
    description: All cities that are known.
    mimeType: application/json

resourceTemplates:
  - uriTemplate: weather://cities/{city}/{+path}
    name: city_climate
    description: The climate normals of one city.
    complete: {city: true, path: [a, b/c]}
"""

WEATHER_DATA: Final[dict[str, Any]] = loads(WEATHER, "mcpgen.yaml").source.data

TEXT: Final = st.text(st.characters(codec="utf-8"), max_size=30)
SCALAR: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.sampled_from(
        ["no", "on", "1e3", "0o7", "010", "0x1F", "~", "null", "2025-11-25", "<<", "=",
         "a: b", "a #b", "- a", "? a", "a:", ":", "*a", "&a", "!a", "%a", "@a", "`a",
         " a", "a ", "\n", "a\n", "a\n\n", "\na", " a\nb", "a\n b\n  \n", "\ta\nb",
         "a\r\nb", "a\tb\nc", "😀\nb", "\x85\n", "\u2028", "\ufeff", "---", "...",
         "a\n---\nb", "#", "# a\nb", "|", ">", "'", '"', "\\", "{", "[", "a,b", "1_000"]
    ),
)  # fmt: skip
JSON: Final = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=20,
)
MAPPING: Final = st.dictionaries(TEXT, JSON, max_size=5)


def exactly(value: Any) -> str:
    """A JSON value as text: tells 1 from 1.0 and true, and keeps the order of keys."""
    return json.dumps(value)


def said(manifest: Manifest) -> list[Any]:
    """What a manifest says, without where it stands and in which order of keys."""
    return [
        manifest.name,
        manifest.server_info,
        manifest.instructions,
        manifest.revisions,
        manifest.targets,
        [json.dumps(d.definition, sort_keys=True) for d in manifest.declarations()],
        [(tool.name, tool.timeout) for tool in manifest.tools],
        [(p.name, p.arguments, p.completions) for p in manifest.prompts],
        [(r.name, r.uri) for r in manifest.resources],
        [(t.variables, t.completions) for t in manifest.resource_templates],
    ]


def leaves(data: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Every value of a document with its path, containers included."""
    yield pointer, data
    for step, part in parts(data):
        yield from leaves(part, (*pointer, step))


def text_at(text: str, line: int | None, column: int | None) -> str:
    """The text from a place on."""
    assert line is not None
    assert column is not None
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    return text[starts[line - 1] + column - 1 :]
