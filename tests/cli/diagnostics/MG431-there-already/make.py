"""A tool of that name is there already."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Leave the project as it is; gives the command line that is refused."""
    assert project.is_dir()
    return ["add", "tool", "greet"]
