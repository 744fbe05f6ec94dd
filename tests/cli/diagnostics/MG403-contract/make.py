"""A lock whose contract was edited by hand."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    manifest = project / "mcpgen.yaml"
    text = manifest.read_text("utf-8")
    manifest.write_text(f"{text}server: {{version: 0.2.0}}\n", "utf-8")
    lock = project / "mcpgen.lock"
    lock.write_text(lock.read_text("utf-8").replace('"tool greet"', '"toot greet"'))
    return ["generate"]
