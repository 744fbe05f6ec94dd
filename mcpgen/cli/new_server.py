"""`mcpgen new server`: a project with a server and the client that goes with it."""

from __future__ import annotations

from pathlib import Path

import click

from mcpgen import new
from mcpgen.cli import welcome
from mcpgen.cli.command import (
    OK,
    command_of,
    directory_option,
    json_option,
    manifest_option,
)
from mcpgen.cli.output import working


@click.argument("name")
@manifest_option(required=False)
@directory_option
@json_option
def _new_server(
    name: str, manifest: Path | None, directory: Path | None, as_json: bool
) -> int:
    """Make the project NAME: a server, and the client that goes with it.

    Without --manifest it starts from a small real example. FILE is a manifest in YAML,
    JSON or TOML, or the JSON of a tools/list result.
    """
    with working(f"Generating {name} ..."):
        created = new.create(name, source=manifest, folder=directory)
    welcome.show(created, as_json=as_json)
    return OK


command = command_of(
    "server",
    _new_server,
    "mcpgen new server weather                      from the example",
    "mcpgen new server gh --manifest tools.json     from what a live server lists",
    "mcpgen new server gh --manifest gh.yaml --directory services/gh",
)
