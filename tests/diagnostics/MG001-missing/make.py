from __future__ import annotations

from pathlib import Path


def make(_folder: Path) -> str:
    """A file that nobody has written."""
    return "mcpgen.yaml"
