"""`mcpgen new client`: a project with the typed client of a server alone."""

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
@manifest_option(required=True)
@directory_option
@json_option
def _new_client(
    name: str, manifest: Path, directory: Path | None, as_json: bool
) -> int:
    """Make the project NAME: the typed client of a server alone.

    FILE is a manifest in YAML, JSON or TOML, or the JSON of a tools/list result.
    """
    with working(f"Generating {name} ..."):
        created = new.create(
            name, source=manifest, folder=directory, targets=("client",)
        )
    welcome.show(created, as_json=as_json)
    return OK


command = command_of(
    "client",
    _new_client,
    "mcpgen new client gh --manifest tools.json     from what a live server lists",
    "mcpgen new client gh --manifest gh.yaml --directory clients/gh",
)
