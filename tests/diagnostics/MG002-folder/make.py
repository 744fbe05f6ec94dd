from __future__ import annotations

from pathlib import Path


def make(folder: Path) -> str:
    """A folder with a manifest's name."""
    (folder / "mcpgen.yaml").mkdir()
    return "mcpgen.yaml"
