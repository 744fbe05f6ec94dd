"""A tool that went, and a version that tells of less."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    manifest = project / "mcpgen.yaml"
    text = manifest.read_text("utf-8").replace("  - name: greet", "  - name: welcome")
    manifest.write_text(f"{text}server: {{version: 0.1.1}}\n", "utf-8")
    return ["generate"]
