"""`mcpgen schema add`: make a further protocol revision known."""

from __future__ import annotations

from pathlib import Path

import click

from mcpgen import project, schemas
from mcpgen.cli.command import OK, command_of, json_option
from mcpgen.cli.output import say, say_json


@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--revision",
    metavar="NAME",
    help="What stands on the wire; by default the name of the file or its folder.",
)
@click.option("--source", metavar="TEXT", help="Where the file came from, for people.")
@click.option(
    "--user",
    is_flag=True,
    help="For all your projects that name it, in place of the project around here.",
)
@click.option(
    "--replace",
    is_flag=True,
    help="Take the place of a revision that is known with another schema.",
)
@json_option
def _schema_add(
    file: Path,
    revision: str | None,
    source: str | None,
    user: bool,
    replace: bool,
    as_json: bool,
) -> int:
    """Make the revision that the official schema FILE defines known.

    The file is copied into the project's folder `schema/`, with its checksum and its
    source; `mcpgen generate` then serves the revision as well.
    """
    from mcpgen.protocol import installed, of_project
    from mcpgen.protocol.adding import add

    if user:
        folder, library = schemas.of_user(), installed()
    else:
        home = project.find(Path()).folder
        folder, library = schemas.of_project(home), of_project(home)
    added = add(
        file, folder, library, revision=revision, source=source, replace=replace
    )
    name, data = added.data.revision, added.data
    if as_json:
        say_json(
            {
                "revision": name,
                "era": data.table.era,
                "sha256": data.sha256,
                "source": data.source,
                "file": str(folder / f"{name}.json"),
                "added": added.is_new,
                "corrections": data.corrected,
                "unhandled": added.unhandled,
            }
        )
        return OK
    if not added.is_new:
        say(f"{name} is known already, with this very schema")
        return OK
    say(
        f"{name} added to {folder}: {data.table.era}, {len(data.table.definitions)} types"
    )
    if data.corrected:
        say(f"  {data.corrected} known defects of it are corrected")
    for missing in added.unhandled:
        say(f"  not acted on by the runtime: {missing}")
    say("Serve it: mcpgen generate" if not user else f"Name it: protocol: [{name}]")
    return OK


command = command_of(
    "add",
    _schema_add,
    "mcpgen schema add 2027-03-01.json              for the project around here",
    "mcpgen schema add draft/schema.json --revision DRAFT-2027-v1",
    "mcpgen schema add 2027-03-01.json --user       for all your projects",
)
