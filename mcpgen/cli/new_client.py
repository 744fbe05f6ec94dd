"""`mcpgen new client`: a project with the typed client of a server alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcpgen import new
from mcpgen.cli import output, servers, welcome
from mcpgen.cli.command import (
    OK,
    command_of,
    directory_option,
    json_option,
    manifest_option,
)
from mcpgen.cli.output import working
from mcpgen.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mcpgen.manifest import Manifest


_UNSAFE = Diagnostic(
    "MG705",
    "the command has what looks like a credential, so the client does not start it by "
    "itself",
    hint="write `connect: {command: [...]}` into the manifest without it; callers hand "
    "variables over with `.stdio(env=...)`",
)


@click.argument("name")
@manifest_option(required=False)
@click.option(
    "--from", "url", metavar="URL", help="Read this live server, as mcpgen pull does."
)
@click.option(
    "--command", metavar="COMMAND", help="Start this server and read it over stdio."
)
@servers.some_options("--env", "--cwd")
@click.option(
    "--header",
    "headers",
    metavar="'NAME: VALUE'",
    multiple=True,
    help="With --from: a header for every request.",
)
@directory_option
@json_option
def _new_client(
    name: str,
    manifest: Path | None,
    url: str | None,
    command: str | None,
    env: tuple[str, ...],
    cwd: str | None,
    headers: tuple[str, ...],
    directory: Path | None,
    as_json: bool,
) -> int:
    """Make the project NAME: the typed client of a server alone.

    FILE is a manifest in YAML, JSON or TOML, or the JSON of a tools/list result. In its
    place, a live server is read: at a URL, or from a program that is started. The client
    then uses that URL, or starts that program, where it is given no other.
    """
    if [manifest, url, command].count(None) != 2:
        raise click.UsageError("name one of --manifest, --from and --command")
    servers.check_for_program(command, env, cwd)
    source: Path | Manifest
    if manifest is not None:
        source = manifest
    else:
        from mcpgen.pull import Source, endpoint, manifest_of, read, startable

        with working("Reading the server ..."):
            source = manifest_of(read(Source(url, command, headers, env=env, cwd=cwd)))
            source = replace(
                source,
                connect=endpoint(url) if url else None,
                command=startable(command),
            )
        if command and not source.command:
            output.complain([_UNSAFE])
    with working(f"Generating {name} ..."):
        created = new.create(name, source=source, folder=directory, targets=("client",))
    welcome.show(created, as_json=as_json)
    return OK


command = command_of(
    "client",
    _new_client,
    "mcpgen new client gh --manifest tools.json     from what a live server lists",
    "mcpgen new client gh --from https://example.com/mcp",
    'mcpgen new client time --command "uvx mcp-server-time"',
    "mcpgen new client gh --manifest gh.yaml --directory clients/gh",
)
