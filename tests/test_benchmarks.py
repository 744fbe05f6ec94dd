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
    stdio,
    validation,
)
from benchmarks.__main__ import main
from benchmarks.scale import QUICK
from benchmarks.size import code_lines, part


def test_a_benchmark_that_there_is_not_is_refused_with_a_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sever"]) == 2
    assert "no such benchmark: sever; there are server," in capsys.readouterr().err


def test_code_lines_are_those_without_blanks_comments_and_docstrings() -> None:
    text = '''"""A module
over lines."""

X = 1  # a comment
"""About X."""

# another
TEXT = """two
lines"""
'''
    assert code_lines(text) == 3


def test_the_runtime_is_counted_folder_by_folder() -> None:
    assert part("server/x/generated/runtime/client/features/oauth/deep/y.py") == (
        "server/x/generated/runtime/client/features/oauth"
    )
    assert part("runtime/version.py") == "runtime"
    assert part("client/x/models.py") == "client/x"


@pytest.mark.slow
def test_the_cost_of_a_call_is_printed_beside_a_server_by_hand() -> None:
    printed = _printed(server)
    assert "by hand" in printed
    assert "mcpgen, legacy, uvloop" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", [auth, client, generation, growth, memory, startup, stdio, validation]
)
def test_the_others_run_in_small_too(module: object) -> None:
    assert "ratio" in _printed(module)


def _printed(module: object) -> str:
    out = io.StringIO()
    module.main(Console(file=out, width=100), QUICK)  # type: ignore[attr-defined]  # every benchmark has it
    return out.getvalue()
