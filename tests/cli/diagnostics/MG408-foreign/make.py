"""A file where a generated one belongs, in a project that lost its lock."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    (project / "mcpgen.lock").unlink()
    (project / "client/README.md").write_text("mine\n")
    return ["generate"]
