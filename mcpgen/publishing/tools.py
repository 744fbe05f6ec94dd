"""The tools of packaging that are used: each is run as a process of its own.

They belong to the extra `publish`. What they print comes back as text; they get no
terminal and no input, so none of them can wait for an answer.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from mcpgen.diagnostics import MCPGenError

SECONDS = 600.0
_ESCAPES: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))"
)
"""What colors text or makes it a link in a terminal."""
_TOOLS: Final = {
    "build": "build",
    "check_wheel_contents": "check-wheel-contents",
    "hatchling": "hatchling",
    "twine": "twine",
}


def require(*modules: str) -> None:
    """See that tools are installed.

    Raises:
        MCPGenError: MG601, with how to install them.
    """
    missing = [_TOOLS[name] for name in modules if find_spec(name) is None]
    if missing:
        raise MCPGenError.of(
            "MG601",
            f"not installed: {', '.join(missing)}",
            hint="pip install 'mcpgen[publish]'",
        )


def run(
    *arguments: str | Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> tuple[bool, str]:
    """Run `python -m ...` to its end: whether it went well, and what it printed.

    One that takes longer than `SECONDS` is ended and did not go well.
    """
    # A file, since the end of a pipe would be waited for, and processes that the one
    # that is ended has started may keep it open.
    with TemporaryFile() as printed:
        try:
            done = subprocess.run(
                [sys.executable, "-m", *map(str, arguments)],
                cwd=folder,
                env={
                    **os.environ,
                    "PYTHONUTF8": "1",
                    "NO_COLOR": "1",
                    # So that rich, which twine prints with, breaks no line.
                    "COLUMNS": "500",
                    **(environment or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return False, f"python -m {arguments[0]} timed out after {SECONDS:g} s"
        printed.seek(0)
        text = printed.read().decode("utf-8", "replace")
    # twine colors its messages whatever the environment asks for.
    lines = _ESCAPES.sub("", text).splitlines()
    return done.returncode == 0, "\n".join(line.rstrip() for line in lines).strip()


def ending(text: str, lines: int = 12) -> str:
    """The last lines of what a tool printed: that is where the reason stands."""
    return "\n".join(text.splitlines()[-lines:])
