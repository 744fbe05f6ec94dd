"""`mcpgen list`: what a live server offers."""

from __future__ import annotations

from typing import Any

from mcpgen.cli import servers
from mcpgen.cli.command import command_of


@servers.words_argument("URL")
@servers.server_options
def _list(words: tuple[str, ...], **options: Any) -> int:
    """Show the tools, prompts, resources and templates of a live server.

    A token is taken from the variable MCP_BEARER_TOKEN and further headers from
    MCP_HEADERS; in a terminal, you may sign in.
    """
    return servers.run("list", words, options)


command = command_of(
    "list",
    _list,
    "mcpgen list https://example.com/mcp",
    'mcpgen list --command "uvx mcp-server-time"',
    "mcpgen list --json http://127.0.0.1:8000/mcp",
)
