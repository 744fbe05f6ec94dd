"""A schema that makes no models is reported with its place in the manifest."""

from __future__ import annotations

import json

import pytest

from mcpgen.build import build
from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import loads


def test_the_place_of_a_schema_that_multiplies_is_named() -> None:
    names = "abcdefgh"
    schema = {
        "type": "object",
        "properties": {"x": {"$ref": "#/$defs/a"}},
        "$defs": {
            one: {"allOf": [{"$ref": f"#/$defs/{other}"}] * 6}
            for one, other in zip(names, [*names[1:], "end"], strict=True)
        }
        | {"end": {"type": "integer"}},
    }
    text = f"""{{
 "mcpgen": 1, "name": "a", "tools": [
  {{"name": "t", "inputSchema": {json.dumps(schema)}}}
]}}"""

    with pytest.raises(MCPGenError) as caught:
        build(loads(text, "mcpgen.json"))

    (found,) = caught.value.diagnostics
    assert found.code == "MG312"
    assert found.span is not None
    assert (found.span.line, found.span.column) == (3, 32)
