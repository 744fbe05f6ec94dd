"""`mcpgen logout`: a sign-in is forgotten."""

from __future__ import annotations

from typing import Any

from mcpgen.cli import servers
from mcpgen.cli.command import command_of


@servers.words_argument("URL")
@servers.server_options
def _logout(words: tuple[str, ...], **options: Any) -> int:
    """Forget the sign-in at a server, and revoke its token.

    It is the one of `mcpgen pull`, `list`, `call`, `read` and `prompt`.
    """
    return servers.run("logout", words, options)


command = command_of(
    "logout",
    _logout,
    "mcpgen logout https://example.com/mcp",
)
