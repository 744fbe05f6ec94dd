"""A lock without a format."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    (project / "mcpgen.lock").write_text("{}")
    return ["generate"]
