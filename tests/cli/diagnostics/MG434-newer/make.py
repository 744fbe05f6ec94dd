"""A project that a newer mcpgen generated."""

from __future__ import annotations

import json
from pathlib import Path


def make(project: Path) -> list[str]:
    """Make the lock one of a newer mcpgen; gives the command line that is refused."""
    lock = project / "mcpgen.lock"
    text = lock.read_text("utf-8")
    known = json.loads(text)["mcpgen"]
    newer = {"version": "99.0.0", "sha256": "0" * 64}
    lock.write_text(text.replace(json.dumps(known), json.dumps(newer)), "utf-8")
    with (project / "mcpgen.yaml").open("a", encoding="utf-8") as file:
        file.write("    title: Greeting\n")
    return ["generate"]
