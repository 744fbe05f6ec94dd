"""A lock that wants files outside of the project deleted."""

from __future__ import annotations

from pathlib import Path


def make(project: Path) -> list[str]:
    """Spoil a project; gives the command line that finds it."""
    lock = project / "mcpgen.lock"
    entry = '{"owner": "generated", "sha256": "0"}'
    files = f'"files": {{"../a.py": {entry}, ".git/config": {entry}, '
    lock.write_text(lock.read_text().replace('"files": {', files))
    return ["generate", "--force"]
