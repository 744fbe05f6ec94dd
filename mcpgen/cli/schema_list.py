"""`mcpgen schema list`: the protocol revisions that can be served."""

from __future__ import annotations

from mcpgen.cli.command import OK, command_of, json_option
from mcpgen.cli.output import say, say_json


@json_option
def _schema_list(as_json: bool) -> int:
    """List the protocol revisions that can be served, oldest first."""
    from mcpgen.protocol import describe

    say(str(describe()))
    return OK
