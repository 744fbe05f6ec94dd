"""Projects and git repositories to compare."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

QUIET = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", *arguments], cwd=folder, env=QUIET, check=True, capture_output=True
    )


def manifest(*tools: str, version: str = "1.0.0", more: str = "") -> str:
    """A manifest with some tools, each with one argument of its own name."""
    lines = [f"mcpgen: 1\nname: shop\nserver: {{version: {version}}}\n{more}tools:\n"]
    lines += [
        f"  - name: {name}\n"
        f"    description: Does what {name} does.\n"
        "    inputSchema:\n"
        "      type: object\n"
        f"      properties: {{{name}: {{type: string, description: A text.}}}}\n"
        for name in tools
    ]
    return "".join(lines)
