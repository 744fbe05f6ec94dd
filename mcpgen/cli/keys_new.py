"""`mcpgen keys new`: an API key for a caller, and the entry for the server."""

from __future__ import annotations

import click

from mcpgen.cli.command import CANT, OK, command_of, json_option
from mcpgen.cli.output import note, say, say_json


@click.argument("name")
@click.argument("scopes", nargs=-1)
@json_option
def _keys_new(name: str, scopes: tuple[str, ...], as_json: bool) -> int:
    """Make an API key for the caller NAME.

    The server keeps the entry, which holds a hash and the SCOPES (without any: all that
    the server has); the caller keeps the key. The key is shown once and stored nowhere.
    """
    from mcpgen.runtime.server.features.auth.api_key import make_api_key

    try:
        key, entry = make_api_key(name, scopes or ("*",))
    except ValueError as error:
        note(f"error: {error}")
        return CANT
    if as_json:
        say_json({"key": key, "entry": str(entry)})
        return OK
    say(f"key:    {key}")
    say(f"entry:  {entry}")
    note("The caller sends the key as `X-API-Key` or as a bearer token.")
    note(
        "Put the entry into MCP_AUTH_API_KEYS, or as a line into MCP_AUTH_API_KEYS_PATH."
    )
    return OK


command = command_of(
    "new",
    _keys_new,
    "mcpgen keys new robot                        all scopes",
    "mcpgen keys new robot weather:read --json    one scope, for scripts",
)
