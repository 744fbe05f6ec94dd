"""The generated client passes the suite's client scenarios, each judged by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import suite

CLIENT = Path(__file__).parents[2] / "generated_examples/everything/run-client"
SCENARIOS = [
    (revision, scenario)
    for revision, floor in sorted(suite.FLOOR["client"].items())
    for scenario in floor
]


@pytest.mark.parametrize(("revision", "scenario"), SCENARIOS)
async def test_the_generated_client_passes_the_official_suite(
    revision: str, scenario: str, tmp_path: Path
) -> None:
    found = await suite.run_client(f"python {CLIENT}", scenario, revision, tmp_path)

    floor = {scenario: suite.FLOOR["client"][revision][scenario]}
    assert suite.shortcomings(found, floor) == []
