"""Two manifests side by side."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    (project / "mcpgen.toml").write_text("mcpgen = 1\n")
    return ["generate"]
