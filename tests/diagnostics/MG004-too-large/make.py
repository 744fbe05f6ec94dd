from __future__ import annotations

from pathlib import Path


def make(folder: Path) -> str:
    """A sparse file, one byte over the limit."""
    with (folder / "mcpgen.yaml").open("wb") as file:
        file.truncate(32 * 1024 * 1024 + 1)
    return "mcpgen.yaml"
