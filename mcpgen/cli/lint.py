"""`mcpgen lint`: look for what makes a manifest hard to use."""

from __future__ import annotations

from pathlib import Path

import click

from mcpgen import project
from mcpgen.cli.command import (
    CANT,
    NO,
    OK,
    all_option,
    command_of,
    json_option,
    projects,
)
from mcpgen.cli.output import complain, diagnostic_lines, say, say_json
from mcpgen.cli.report import counted
from mcpgen.diagnostics import Diagnostic, MCPGenError


@click.argument("files", type=click.Path(path_type=Path), nargs=-1)
@all_option
@json_option
def _lint(files: tuple[Path, ...], every: bool, as_json: bool) -> int:
    """Look for what makes a manifest hard to use: names, descriptions, schemas.

    FILES are manifests, projects' folders or the JSON of a tools/list result; without
    them, the manifest of the project around here. Exits with 1 if anything is found.
    """
    found: list[Diagnostic] = []
    code = OK
    for path in _paths(files, every=every):
        try:
            findings = _findings(path, as_json=as_json)
        except MCPGenError as error:
            findings, code = list(error.diagnostics), CANT
            if not as_json:
                complain(findings)
        found += findings
    if as_json:
        say_json({"diagnostics": [finding.to_json() for finding in found]})
    return code or (NO if found else OK)


def _paths(files: tuple[Path, ...], *, every: bool) -> list[Path]:
    if every or not files:
        return [each.manifest_path for each in projects(files, every=every)]
    return [project.at(path).manifest_path if path.is_dir() else path for path in files]


def _findings(path: Path, *, as_json: bool) -> list[Diagnostic]:
    from mcpgen.lint import lint
    from mcpgen.manifest import load

    findings = list(lint(load(path)))
    if not as_json:
        for parts in diagnostic_lines(findings):
            say(*parts)
        found = counted(len(findings), "finding") if findings else "nothing to say"
        say(f"{path}: {found}")
    return findings


command = command_of(
    "lint",
    _lint,
    "mcpgen lint                  the manifest of the project around here",
    "mcpgen lint --all            every project below this folder",
    "mcpgen lint tools.json       what a live server lists",
    "mcpgen lint --json           for programs",
)
