"""`mcpgen call`: a tool of a live server is called."""

from __future__ import annotations

from typing import Any

from mcpgen.cli import servers
from mcpgen.cli.command import command_of


@servers.words_argument("URL TOOL [--ARGUMENT VALUE]... [JSON]")
@servers.server_options
def _call(words: tuple[str, ...], **options: Any) -> int:
    """Call a tool of a live server.

    Arguments are options by the tool's input schema, a JSON object, or - for one on
    standard input: `mcpgen call URL TOOL --help` shows them. The exit code is 0, or 1
    where the tool failed, or 2 where it could not be called.
    """
    return servers.run("call", words, options)


command = command_of(
    "call",
    _call,
    "mcpgen call http://127.0.0.1:8000/mcp get_forecast --city Oslo --days 3",
    'mcpgen call http://127.0.0.1:8000/mcp get_forecast \'{"city": "Oslo"}\'',
    "mcpgen call http://127.0.0.1:8000/mcp get_forecast --help",
    'mcpgen call --command "uvx mcp-server-time" get_current_time --timezone UTC',
    settings=servers.OPTIONS_FIRST,
)
