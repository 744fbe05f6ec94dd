"""`mcpgen schema list`: the protocol revisions that can be served."""

from __future__ import annotations

from dataclasses import asdict

from mcpgen.cli.command import OK, command_of, json_option
from mcpgen.cli.output import say, say_json
from mcpgen.cli.schema_diff import known_here


@json_option
def _schema_list(as_json: bool) -> int:
    """List the protocol revisions that can be served, oldest first.

    What each of them has is read from its official schema.
    """
    from mcpgen.protocol import describe

    revisions = describe(known_here())
    if as_json:
        say_json({"revisions": [asdict(revision) for revision in revisions]})
        return OK
    say(_ROW.format("revision", "era", "definitions", "requests", "notifications"))
    for found in revisions:
        counts = (found.definitions, found.requests, found.notifications)
        say(_ROW.format(found.revision, found.era, *counts))
    return OK


_ROW = "{:<13}  {:<6}  {:>11}  {:>8}  {:>13}"

command = command_of(
    "list",
    _schema_list,
    "mcpgen schema list",
    "mcpgen schema list --json    with sources and checksums",
)
