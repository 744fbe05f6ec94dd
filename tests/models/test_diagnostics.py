"""Every diagnostic of the models stage, exactly as a user reads it.

A case is a folder `<CODE>-<slug>` with a schema and the expected text.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpgen.diagnostics import MCPGenError
from mcpgen.models import Root, generate

CASES = sorted((Path(__file__).parent / "cases").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_user_reads_exactly_this(case: Path) -> None:
    schema = json.loads((case / "schema.json").read_text(encoding="utf-8"))
    root = Root("FindInput", schema, "tool 'find', inputSchema")
    with pytest.raises(MCPGenError) as caught:
        generate([root])
    said = f"{caught.value}\n"
    assert said == (case / "expected.txt").read_text(encoding="utf-8")
    assert f"[{case.name.partition('-')[0]}]" in said
