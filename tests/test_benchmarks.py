"""Every benchmark runs, in small; what it measures, people judge."""

from __future__ import annotations

import io

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


def _printed(module: object) -> str:
    out = io.StringIO()
    module.main(Console(file=out, width=100), QUICK)  # type: ignore[attr-defined]  # every benchmark has it
    return out.getvalue()
