"""`mcpgen logout`: a sign-in is forgotten."""

from __future__ import annotations

import click

from mcpgen.cli import servers
from mcpgen.cli.command import command_of


@click.argument("url")
@servers.some_options("--json")
def _logout(url: str, as_json: bool) -> int:
    """Forget the sign-in at a server, and revoke its token.

    It is the one of `mcpgen pull`, `list`, `call`, `read` and `prompt`.
    """
    return servers.run("logout", (url,), {"as_json": as_json})


command = command_of(
    "logout",
    _logout,
    "mcpgen logout https://example.com/mcp",
)
