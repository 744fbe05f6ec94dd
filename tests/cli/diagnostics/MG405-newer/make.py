"""The lock of an mcpgen that does not exist yet."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    lock = project / "mcpgen.lock"
    lock.write_text(lock.read_text().replace('"format": 1', '"format": 2'))
    return ["generate"]
