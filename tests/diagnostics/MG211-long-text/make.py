from __future__ import annotations

from pathlib import Path


def make(folder: Path) -> str:
    """A description of ten million characters."""
    lines = [
        "mcpgen: 1",
        "name: weather",
        "tools:",
        "  - name: get_forecast",
        "    inputSchema: {type: object}",
        f"    description: {'a' * 10_000_000}",
    ]
    (folder / "mcpgen.yaml").write_text("\n".join(lines), encoding="utf-8")
    return "mcpgen.yaml"
