"""`mcpgen diff`: what a change of the manifest does to those who call the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from mcpgen.cli.command import NO, OK, command_of, json_option
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
@click.argument("new", required=False, default=".")
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
@json_option
def _diff(
    old: str, new: str, github: bool, ignored: tuple[str, ...], as_json: bool
) -> int:
    """Say what changed from OLD to NEW for those who call the server.

    OLD and NEW are manifests, results of tools/list, projects' folders or git
    revisions; without NEW, the project in this folder counts. Exits with 1 if callers
    may break: with a change that is breaking, or one of which nothing proves that it is
    not.
    """
    from mcpgen.contracts import RULES, compare, from_manifest
    from mcpgen.editions import with_names

    for rule in ignored:
        if rule not in RULES:
            message = f'there is no rule "{rule}"'
            hint = "rules are listed in the documentation: what breaks callers"
            raise MCPGenError.of("MG421", message, hint=hint)
    with working("Comparing ..."):
        before, after = (from_manifest(*with_names(name)) for name in (old, new))
        changes = compare(before, after).without(ignored)
    if as_json:
        _show_json(changes)
    elif github:
        _show_github(changes)
    else:
        show(changes)
    return OK if changes.is_safe else NO


def show(changes: Changes) -> None:
    """Every change on a line, how many there are, and the next version."""
    for change in changes.all:
        mark = f"{change.rule.level}[{change.rule.id}]"
        before, _, after = str(change).partition(mark)
        say(before, Painted(mark, _COLOURS[change.rule.level]), after)
    say(_summary(changes))
    say(_advice(changes))


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


def _show_json(changes: Changes) -> None:
    from mcpgen.contracts import Level

    say_json(
        {
            "safe": changes.is_safe,
            "old_version": changes.old_version,
            "new_version": changes.new_version,
            "step": changes.step.name.lower(),
            "next_version": changes.next_version,
            "counts": {str(level): len(changes.of(level)) for level in Level},
            "changes": [change.to_json() for change in changes.all],
        }
    )


def _show_github(changes: Changes) -> None:
    """Workflow commands; what is compatible stays out of them, as there is a limit."""
    for change in changes.all:
        name = _COMMANDS.get(change.rule.level)
        if name is not None:
            say_to_github(name, _properties(change), _message(change))
    for text in (_summary(changes), _advice(changes)):
        say_to_github("notice", {"title": "mcpgen diff"}, text)


def _message(change: Change) -> str:
    shows = f" (for example {change.example})" if change.example else ""
    return f"{change.message}{shows}"


def _properties(change: Change) -> dict[str, str]:
    span = change.span
    found: dict[str, str] = {}
    if span is not None:
        found["file"] = span.file
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
    "mcpgen diff v1.2.0 HEAD            two revisions of the project here",
    "mcpgen diff old.yaml new.yaml      two manifests",
    "mcpgen diff ../released .          two projects",
    "mcpgen diff --github origin/main   in a GitHub workflow",
)
