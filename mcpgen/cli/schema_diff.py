"""`mcpgen schema diff`: what changed between two revisions of the protocol."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mcpgen import project
from mcpgen.cli.command import OK, command_of, json_option
from mcpgen.cli.output import Painted, say, say_json
from mcpgen.diagnostics import MCPGenError

if TYPE_CHECKING:
    from mcpgen.protocol import Library, RevisionData

_HEADINGS: Final = {
    "era": "era",
    "request": "requests",
    "notification": "notifications",
    "capability": "capabilities",
    "type": "types",
    "field": "fields",
}
_MARKS: Final = {
    "came": Painted("+", "green"),
    "went": Painted("-", "red"),
    "renamed": Painted("~", "yellow"),
    "changed": Painted("~", "yellow"),
}


@click.argument("old")
@click.argument("new")
@json_option
def _schema_diff(old: str, new: str, as_json: bool) -> int:
    """Say what changed from the revision OLD to NEW, and what the runtime makes of it.

    OLD and NEW are revisions (see `mcpgen schema list`) or schema files.
    """
    from mcpgen.protocol.changes import compare

    library = known_here()
    before, after = _data(old, library), _data(new, library)
    changes = compare(before, after)
    if as_json:
        found = [asdict(change) for change in changes]
        say_json({"old": before.revision, "new": after.revision, "changes": found})
        return OK
    for kind, heading in _HEADINGS.items():
        some = [change for change in changes if change.kind == kind]
        if some:
            say(f"{heading}:")
        for change in some:
            missing = (
                " (not acted on by the runtime)" if change.handled is False else ""
            )
            line = (
                change.name if not change.detail else f"{change.name}: {change.detail}"
            )
            say("  ", _MARKS[change.what], f" {line}{missing}")
    say(f"{before.revision} to {after.revision}: {len(changes)} changes")
    return OK


def known_here() -> Library:
    """The revisions that are known in the project around here, or outside of any."""
    from mcpgen.protocol import installed, of_project

    try:
        home = project.find(Path()).folder
    except MCPGenError:
        return installed()
    return of_project(home)


def _data(name: str, library: Library) -> RevisionData:
    path = Path(name)
    if name in library.known() or not path.is_file():
        return library.load(name)
    from mcpgen.protocol.adding import read_file

    return read_file(path)


command = command_of(
    "diff",
    _schema_diff,
    "mcpgen schema diff 2025-11-25 2026-07-28       two revisions that are known",
    "mcpgen schema diff 2026-07-28 schema.json      what a draft would change",
    "mcpgen schema diff 2025-11-25 2026-07-28 --json",
)
