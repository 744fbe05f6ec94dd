"""Every diagnostic of building a project, exactly as a user reads it.

A case is a folder `<CODE>-<slug>` with a manifest and the expected text.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpgen.build import build
from mcpgen.diagnostics import MCPGenError
from mcpgen.manifest import load

CASES = sorted(Path(__file__).parent.joinpath("cases").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_user_reads_exactly_this(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)
    (manifest,) = (p for p in Path().iterdir() if p.name != "expected.txt")
    with pytest.raises(MCPGenError) as error:
        build(load(manifest))
    expected = case.joinpath("expected.txt").read_text("utf-8")
    assert f"{error.value}\n" == expected
    assert f"[{case.name.partition('-')[0]}]" in expected
