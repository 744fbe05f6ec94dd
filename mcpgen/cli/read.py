"""`mcpgen read`: a resource of a live server is printed."""

from __future__ import annotations

from typing import Any

from mcpgen.cli import servers
from mcpgen.cli.command import command_of


@servers.words_argument("URL URI [--VARIABLE VALUE]...")
@servers.server_options
def _read(words: tuple[str, ...], **options: Any) -> int:
    """Print a resource of a live server, or save it with --output behind its URI.

    The variables of a URI template are options.
    """
    return servers.run("read", words, options)


command = command_of(
    "read",
    _read,
    "mcpgen read http://127.0.0.1:8000/mcp weather://cities",
    "mcpgen read http://127.0.0.1:8000/mcp 'weather://cities/{city}' --city Oslo",
    "mcpgen read http://127.0.0.1:8000/mcp weather://cities --output cities.json",
    settings=servers.OPTIONS_FIRST,
)
