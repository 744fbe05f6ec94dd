"""`mcpgen diff`: what a change of the manifest does to those who call the server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mcpgen import project
from mcpgen.cli.command import NO, OK, all_option, command_of, json_option, projects
from mcpgen.cli.output import Painted, say, say_json, say_to_github, working
from mcpgen.diagnostics import MCPGenError

if TYPE_CHECKING:
    from mcpgen.contracts import Change, Changes

_COLOURS: Final = {
    "breaking": "red",
    "unknown": "yellow",
    "notice": "cyan",
    "compatible": "green",
}
_COMMANDS: Final = {"breaking": "error", "unknown": "warning", "notice": "notice"}
"""What GitHub calls the levels that it shows beside a line."""


@click.argument("old")
@click.argument("new", nargs=-1)
@click.option(
    "--github", is_flag=True, help="Print annotations for GitHub's view of a change."
)
@click.option(
    "--except",
    "ignored",
    metavar="RULE",
    multiple=True,
    help="Leave out what this rule finds; may be given several times.",
)
@all_option
@json_option
def _diff(
    old: str,
    new: tuple[str, ...],
    every: bool,
    github: bool,
    ignored: tuple[str, ...],
    as_json: bool,
) -> int:
    """Say what changed from OLD to NEW for those who call the server.

    OLD and NEW are manifests, results of tools/list, projects' folders or git
    revisions; without NEW, the project in this folder counts. Several projects may be
    compared with one git revision, which means each one's own manifest in it; a project
    that is not in it is new. Exits with 1 if callers may break: with a change that is
    breaking, or one of which nothing proves that it is not.
    """
    from mcpgen.contracts import RULES

    for rule in ignored:
        if rule not in RULES:
            message = f'there is no rule "{rule}"'
            hint = "rules are listed in the documentation: what breaks callers"
            raise MCPGenError.of("MG421", message, hint=hint)
    if every:
        new = tuple(
            str(each.folder) for each in projects(tuple(map(Path, new)), every=True)
        )
    code, results = OK, list[dict[str, Any]]()
    for name in new or (".",):
        with working("Comparing ..."):
            changes = _compared(old, name, ignored)
        several = f"{name}: " if len(new) > 1 else ""
        results.append({"new": name, **_data(changes)})
        if not as_json:
            _show(changes, name, several, github=github)
        if changes is not None and not changes.is_safe:
            code = NO
    if as_json:
        say_json(results[0] if len(results) == 1 else {"projects": results})
    return code


def _compared(old: str, new: str, ignored: Sequence[str]) -> Changes | None:
    """What changed; None for a project that the old revision does not have."""
    from mcpgen.contracts import compare, from_manifest
    from mcpgen.editions import home_of, is_new, with_names

    folder = home_of(new)
    if folder is not None and is_new(folder, old):
        return None
    before = from_manifest(*with_names(old, folder))
    return compare(before, from_manifest(*with_names(new))).without(ignored)


def _show(changes: Changes | None, name: str, several: str, *, github: bool) -> None:
    if changes is None:
        text = f"{several}the project is new: there is nothing to compare it with"
        if github:
            say_to_github("notice", {"title": "mcpgen diff"}, text)
        else:
            say(text)
    elif github:
        _show_github(changes, name, several)
    else:
        show(changes, several)


def show(changes: Changes, several: str = "") -> None:
    """Every change on a line, how many there are, and the next version.

    Args:
        changes: What changed.
        several: What the last lines begin with, where there are several projects.
    """
    for change in changes.all:
        mark = f"{change.rule.level}[{change.rule.id}]"
        before, _, after = str(change).partition(mark)
        say(before, Painted(mark, _COLOURS[change.rule.level]), after)
    say(f"{several}{_summary(changes)}")
    say(f"{several}{_advice(changes)}")


def _summary(changes: Changes) -> str:
    from mcpgen.contracts import Level

    counts = [
        f"{len(found)} {level}" for level in Level if (found := changes.of(level))
    ]
    return ", ".join(counts) if counts else "nothing changed for callers"


def _advice(changes: Changes) -> str:
    old, new, wanted = changes.old_version, changes.new_version, changes.next_version
    if wanted is None:
        return f'version "{old}" is no semantic version, so none can be suggested'
    if not changes.step:
        return f"version {old} can stay"
    if changes.version_suffices:
        return f"next version: {wanted} or higher, as {new} is (it was {old})"
    return f"next version: {wanted} or higher (it was {old} and is {new})"


def _data(changes: Changes | None) -> dict[str, Any]:
    """What programs read of a comparison."""
    if changes is None:
        return {"is_new": True, "safe": True, "changes": []}
    from mcpgen.contracts import Level

    return {
        "is_new": False,
        "safe": changes.is_safe,
        "old_version": changes.old_version,
        "new_version": changes.new_version,
        "step": changes.step.name.lower(),
        "next_version": changes.next_version,
        "counts": {str(level): len(changes.of(level)) for level in Level},
        "changes": [change.to_json() for change in changes.all],
    }


def _show_github(changes: Changes, name: str, several: str) -> None:
    """Workflow commands; what is compatible stays out of them, as there is a limit."""
    from mcpgen.editions import home_of, top_of

    folder = home_of(name)
    top = top_of(folder or Path())
    manifest = project.at(folder).manifest_path if folder else None
    for change in changes.all:
        command = _COMMANDS.get(change.rule.level)
        if command is not None:
            say_to_github(command, _properties(change, top, manifest), _message(change))
    for text in (_summary(changes), _advice(changes)):
        say_to_github("notice", {"title": "mcpgen diff"}, f"{several}{text}")


def _message(change: Change) -> str:
    shows = f" (for example {change.example})" if change.example else ""
    return f"{change.message}{shows}"


def _properties(
    change: Change, top: Path | None, manifest: Path | None
) -> dict[str, str]:
    """Where GitHub shows a change: paths are relative to the repository's root.

    What is gone has no line any more, and stands at the manifest that had it.
    """
    span = change.span
    found: dict[str, str] = {}
    if top is not None and manifest is not None:
        inside = os.path.relpath(manifest.resolve(), top.resolve())
        found["file"] = inside.replace(os.sep, "/")
    if span is not None and (not found or Path(span.file).is_file()):
        found.setdefault("file", span.file)
        if span.line is not None:
            found["line"] = str(span.line)
            if span.column is not None:
                found["col"] = str(span.column)
    found["title"] = change.rule.id
    return found


command = command_of(
    "diff",
    _diff,
    "mcpgen diff main                   the project here, against the branch main",
    "mcpgen diff main services/*        several projects, against the branch main",
    "mcpgen diff v1.2.0 HEAD            two revisions of the project here",
    "mcpgen diff old.yaml new.yaml      two manifests",
    "mcpgen diff ../released .          two projects",
    "mcpgen diff --github origin/main   in a GitHub workflow",
)
