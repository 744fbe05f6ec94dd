"""A folder without a manifest in it or above it."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    (project / "mcpgen.yaml").unlink()
    return ["generate"]
