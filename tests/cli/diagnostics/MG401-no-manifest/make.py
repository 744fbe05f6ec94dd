"""A folder that was named and has no manifest, though one lies above it."""

from __future__ import annotations

from pathlib import Path


def make(_project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    return ["generate", "server"]
