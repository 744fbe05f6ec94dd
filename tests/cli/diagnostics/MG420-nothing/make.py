"""A name that is no file and no revision."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    assert project.is_dir()
    return ["diff", "nowhere"]
