"""A lock that ends in the middle."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    lock = project / "mcpgen.lock"
    lock.write_text(lock.read_text()[:120])
    return ["generate"]
