"""A rule that does not exist."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    return ["diff", "--except", "TOOL_GONE", str(project), str(project)]
