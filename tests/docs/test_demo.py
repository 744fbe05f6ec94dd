"""The demonstration shows the same server over both transports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.pace import patient

ROOT = Path(__file__).parents[2]


def test_it_calls_over_http_and_over_stdio() -> None:
    shown = subprocess.run(
        [sys.executable, "docs/demo.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        encoding="utf-8",
        timeout=patient(60),
    ).stdout

    assert shown.count("progress 3 of 3: Done") == 2
    assert shown.count("Lima: 15 °C in July") == 2
