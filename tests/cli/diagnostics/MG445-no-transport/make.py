"""A server that is to be started over a transport that it does not serve."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Choose the other transport; gives the command line that is refused."""
    manifest = project / "mcpgen.yaml"
    manifest.write_text(f"{manifest.read_text()}transports: [http]\n")
    return ["install", "mcp-json", "--yes"]
