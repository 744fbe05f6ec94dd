"""A release that is none."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    (project / "old").mkdir()
    return ["generate", "--since", str(project / "old")]
