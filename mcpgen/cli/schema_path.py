"""`mcpgen schema path`: where the JSON Schema of manifests lies."""

from __future__ import annotations

from mcpgen import assets
from mcpgen.cli.command import OK, command_of, json_option
from mcpgen.cli.output import say, say_json
from mcpgen.ir import EDITOR_SCHEMA


@json_option
def _schema_path(as_json: bool) -> int:
    """Print the path of the JSON Schema by which editors complete manifests."""
    path = str(assets.schema().joinpath(EDITOR_SCHEMA))
    if as_json:
        say_json({"path": path})
    else:
        say(path)
    return OK


command = command_of("path", _schema_path, "mcpgen schema path")
