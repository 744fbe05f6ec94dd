"""Environments of their own for software that can't share ours, such as an older SDK.

Made once per virtual environment, below its folder; several test processes may ask at
the same time.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from filelock import FileLock

SDK1: Final = "mcp==1.30.0"
"""The last official SDK before 2.0."""

TIME: Final = "mcp-server-time==2026.10.19"
"""A published server that is a program."""

INSTALL_SECONDS: Final = 300


def environment(name: str, *requirements: str) -> Path:
    """The Python of the environment `name` with the requirements installed."""
    home = Path(sys.prefix) / "peers" / name
    python = home / "bin" / "python"
    wanted = "\n".join(requirements)
    ready = home / "ready"
    home.parent.mkdir(exist_ok=True)
    with FileLock(home.with_suffix(".lock"), timeout=INSTALL_SECONDS):
        if not ready.exists() or ready.read_text("utf-8") != wanted:
            venv.create(home, with_pip=True, clear=True)
            subprocess.run(
                [python, "-m", "pip", "install", "-q", *requirements],
                check=True,
                timeout=INSTALL_SECONDS,
            )
            ready.write_text(wanted, "utf-8")
    return python
