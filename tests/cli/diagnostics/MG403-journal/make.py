"""The journal of an unfinished run, damaged."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    (project / "mcpgen.lock.next").write_text("{\n")
    return ["generate"]
