"""`mcpgen prompt`: a prompt of a live server is printed."""

from __future__ import annotations

from typing import Any

from mcpgen.cli import servers
from mcpgen.cli.command import command_of


@servers.words_argument("URL NAME [--ARGUMENT VALUE]...")
@servers.server_options
def _prompt(words: tuple[str, ...], **options: Any) -> int:
    """Print a prompt of a live server.

    Its arguments are options.
    """
    return servers.run("prompt", words, options)


command = command_of(
    "prompt",
    _prompt,
    "mcpgen prompt http://127.0.0.1:8000/mcp plan_trip --city Oslo",
    "mcpgen prompt --json http://127.0.0.1:8000/mcp plan_trip --city Oslo",
    settings=servers.OPTIONS_FIRST,
)
