"""`mcpgen add`: a further entry in the manifest, comments and layout kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from mcpgen import project
from mcpgen.cli.command import OK, command_of, json_option
from mcpgen.cli.output import say, say_json

if TYPE_CHECKING:
    from mcpgen.addition import Kind


@click.argument("kind", type=click.Choice(["tool", "prompt", "resource", "template"]))
@click.argument("name")
@click.option("--description", metavar="TEXT", help="What it is for.")
@click.option(
    "--uri",
    metavar="URI",
    help="The URI of a resource, or the URI template of a template.",
)
@click.option(
    "--manifest",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The manifest; without it, that of the project in or above this folder.",
)
@json_option
def _add(
    kind: str,
    name: str,
    description: str | None,
    uri: str | None,
    file: Path | None,
    as_json: bool,
) -> int:
    """Add a tool, prompt, resource or resource template to the manifest.

    Comments and layout stay as they are. Afterwards, `mcpgen generate --add-stubs` makes
    the handler.
    """
    from mcpgen.addition import add

    if (uri is None) == (kind in ("resource", "template")):
        needed = "needs" if uri is None else "has no"
        raise click.UsageError(f"a {kind} {needed} --uri")
    path = project.find(Path()).manifest_path if file is None else file
    add(path, cast("Kind", kind), name, description=description, uri=uri)
    if as_json:
        say_json({"file": str(path), "kind": kind, "name": name})
    else:
        say(f"{path}: added the {kind} {name}")
        say("Next: edit it, then mcpgen generate --add-stubs")
    return OK


command = command_of(
    "add",
    _add,
    "mcpgen add tool get_forecast",
    'mcpgen add prompt plan_trip --description "Plan a trip by the weather."',
    "mcpgen add resource cities --uri weather://cities",
    "mcpgen add template climate --uri 'weather://cities/{city}'",
)
