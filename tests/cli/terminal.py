"""Run the command as a user does, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcpgen import cli
from tests.pace import patient

SECONDS = patient(120)


@dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@dataclass
class Terminal:
    """A place to type commands."""

    capture: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def go(self, folder: Path) -> None:
        self.monkeypatch.chdir(folder)

    def mcpgen(self, *arguments: str) -> Result:
        self.capture.readouterr()
        code = cli.run(arguments)
        out, err = self.capture.readouterr()
        return Result(code, out, err)


def process(
    *arguments: str, folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`python -m mcpgen` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mcpgen", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
