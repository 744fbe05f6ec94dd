"""Every benchmark runs, in small; what it measures is judged where it is a ratio."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks import (
    auth,
    client,
    generation,
    growth,
    memory,
    server,
    startup,
    validation,
)
from benchmarks.__main__ import main
from benchmarks.scale import QUICK


def test_a_benchmark_that_there_is_not_is_refused_with_a_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sever"]) == 2
    assert "no such benchmark: sever; there are server," in capsys.readouterr().err


@pytest.mark.slow
def test_the_cost_of_a_call_is_printed_beside_a_server_by_hand() -> None:
    printed = _printed(server)
    assert "by hand" in printed
    assert "mcpgen, legacy, uvloop" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", [auth, client, generation, growth, memory, startup, validation]
)
def test_the_others_run_in_small_too(module: object) -> None:
    assert "ratio" in _printed(module)


def test_schema_and_model_together_cost_at_most_twice_what_pydantic_costs() -> None:
    steady = replace(QUICK, rounds=20)
    for what, values in validation.measured(steady).items():
        alone, ours = values.values()
        assert ours <= validation.GOAL * alone, what


def _printed(module: object) -> str:
    out = io.StringIO()
    module.main(Console(file=out, width=100), QUICK)  # type: ignore[attr-defined]  # every benchmark has it
    return out.getvalue()
