"""An entry of a host's file is the user's own."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Write the file; gives the command line that is refused."""
    (project / "mcp.json").write_text('{"mcpServers": {"hello": {"command": "a"}}}\n')
    return ["install", "mcp-json", "--undo", "--yes"]
