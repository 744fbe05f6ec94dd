"""A host's file has another entry of the project's name."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Write the file; gives the command line that is refused."""
    (project / "mcp.json").write_text(
        '{\n  "mcpServers": {\n    "hello": {"url": "http://a.example/mcp"}\n  }\n}\n'
    )
    return ["install", "mcp-json", "--url", "http://b.example/mcp", "--yes"]
