"""Another name, which renames packages."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Rename a project; gives the command line that is refused."""
    manifest = project / "mcpgen.yaml"
    text = manifest.read_text("utf-8")
    manifest.write_text(text.replace("name: hello", "name: hi"), "utf-8")
    return ["generate"]
