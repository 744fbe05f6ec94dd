"""A generated file that was edited, and one that is stale besides."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    for path in ("client/README.md", "server/hello_server/generated/service.py"):
        (project / path).write_text("by hand\n")
    with (project / "mcpgen.yaml").open("a") as manifest:
        manifest.write("targets: [server]\n")
    return ["generate"]
