"""A merge that nobody finished."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    lock = project / "mcpgen.lock"
    lines = lock.read_text().splitlines()
    lines[3:3] = ["<<<<<<< ours", lines[3], "=======", lines[3], ">>>>>>> theirs"]
    lock.write_text("\n".join(lines))
    return ["generate"]
