"""`mcpgen lint`: look for what makes a manifest hard to use."""

from __future__ import annotations

from pathlib import Path

import click

from mcpgen import project
from mcpgen.cli.command import NO, OK, command_of, json_option
from mcpgen.cli.output import diagnostic_lines, say, say_json
from mcpgen.cli.report import counted


@click.argument("file", type=click.Path(path_type=Path), required=False, default=None)
@json_option
def _lint(file: Path | None, as_json: bool) -> int:
    """Look for what makes a manifest hard to use: names, descriptions, schemas.

    FILE is a manifest or the JSON of a tools/list result; without it, the manifest of
    the project around here. Exits with 1 if anything is found.
    """
    from mcpgen.lint import lint
    from mcpgen.manifest import load

    path = project.find(Path()).manifest_path if file is None else file
    findings = list(lint(load(path)))
    if as_json:
        say_json({"diagnostics": [finding.to_json() for finding in findings]})
    else:
        for parts in diagnostic_lines(findings):
            say(*parts)
        found = counted(len(findings), "finding") if findings else "nothing to say"
        say(f"{path}: {found}")
    return NO if findings else OK


command = command_of(
    "lint",
    _lint,
    "mcpgen lint                  the manifest of the project around here",
    "mcpgen lint tools.json       what a live server lists",
    "mcpgen lint --json           for programs",
)
