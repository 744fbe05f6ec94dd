"""`mcpgen generate`: bring a project up to date, or say what that would change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import click

from mcpgen import generate
from mcpgen.cli import output, report
from mcpgen.cli.command import (
    CANT,
    NO,
    OK,
    Command,
    all_option,
    command_of,
    json_option,
    verbose_option,
)
from mcpgen.cli.command import projects as chosen
from mcpgen.diagnostics import MCPGenError
from mcpgen.difference import difference
from mcpgen.generate import ALLOW_OLDER
from mcpgen.project import Project
from mcpgen.release import ALLOW, SINCE
from mcpgen.renaming import OPTION

Json: TypeAlias = Any
_Work: TypeAlias = Callable[[Project], tuple[int, Json]]


class _Generate(Command):
    """The command, and the server's options behind `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what stands behind `--` for the server."""
        options: list[str] = []
        if "--" in args:
            at = args.index("--")
            args, options = args[:at], args[at + 1 :]
        rest = super().parse_args(ctx, args)
        if options and not ctx.params["serve"]:
            raise click.UsageError("options behind -- need --serve", ctx)
        ctx.params["options"] = tuple(options)
        return rest


@click.argument("projects", type=click.Path(path_type=Path), nargs=-1)
@all_option
@click.option(
    "--check",
    is_flag=True,
    help="Change nothing; exit with 1 if a run would change or refuse anything, or if "
    "files of yours lack lines.",
)
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite generated files that were edited by hand.",
)
@click.option(
    "--add-stubs",
    is_flag=True,
    help="Put a stub for each missing handler into your class.",
)
@click.option("--watch", is_flag=True, help="Go on, and do it after each change.")
@click.option(
    "--serve",
    is_flag=True,
    help="Watch, and run the server; it starts anew after each change.",
)
@click.option(
    ALLOW,
    is_flag=True,
    help="Allow a version bump that is smaller than the changes require.",
)
@click.option(
    SINCE,
    "--names-from",
    "since",
    metavar="RELEASE",
    help="What callers have: a git tag, a wheel, or a client's folder. Its names stay, "
    "and the version and CHANGELOG are compared with it. Needed once: the lock keeps it.",
)
@click.option(
    ALLOW_OLDER,
    is_flag=True,
    help="Replace what a newer mcpgen generated.",
)
@click.option(
    OPTION,
    is_flag=True,
    help="Where packages are renamed, move your files and edit the names in them.",
)
@verbose_option
@json_option
def _generate(
    projects: tuple[Path, ...],
    every: bool,
    check: bool,
    diff: bool,
    add_stubs: bool,
    watch: bool,
    serve: bool,
    verbose: bool,
    as_json: bool,
    options: tuple[str, ...],
    **how: Any,
) -> int:
    """Bring projects up to date with their manifests.

    PROJECTS are folders or manifests; without them, the nearest folder at or above the
    current one that has an mcpgen.yaml. Files that are yours are never touched;
    generated files that were edited by hand are refused, and so is a version that is
    too small a step from the one before for what changed for callers. Nothing is
    written to a project unless everything can be. What your handlers lack, or have too
    much, is said.
    """
    listed = chosen(projects, every=every)

    def compare(found: Project) -> tuple[int, Json]:
        with output.working("Comparing ..."):
            outcome = generate.examine(found, **how)
        shown = _compare(found, outcome, diff, verbose, as_json)
        return NO if check and (outcome.drift or outcome.lacking) else OK, shown

    def bring(found: Project) -> tuple[int, Json]:
        with output.working("Generating ..."):
            outcome = generate.generate(found, thoroughly=add_stubs, **how)
        added = generate.add_stubs(found, outcome) if add_stubs else ()
        if added:
            outcome = replace(generate.examine(found), plan=outcome.plan)
        _tell(outcome, as_json)
        shown = report.show(
            found.folder, outcome, done=True, verbose=verbose, as_json=as_json
        )
        if not as_json:
            for path in added:
                output.say(f"  stubs added to {path}")
        return OK, shown

    if watch or serve:
        if len(listed) > 1 or check or diff:
            raise click.UsageError("--watch and --serve take one project, and generate")
        return _watch(listed[0], bring, serve=serve, options=options, as_json=as_json)
    return _each(listed, compare if check or diff else bring, as_json=as_json)


def _watch(
    found: Project, bring: _Work, *, serve: bool, options: Sequence[str], as_json: bool
) -> int:
    from mcpgen.cli import watch as watching

    def again() -> None:
        _, shown = bring(found)
        if as_json:
            output.say_json(shown)

    return watching.watch(found, again, options if serve else None)


def _each(listed: list[Project], work: _Work, *, as_json: bool) -> int:
    """Work on each project; the worst exit code, and all results as one JSON value."""
    worst, results = OK, list[Json]()
    for found in listed:
        try:
            code, shown = work(found)
        except MCPGenError as error:
            if len(listed) == 1:
                raise
            code = CANT
            shown = report.refused(found.folder, error)
            if not as_json:
                output.complain(error.diagnostics)
        worst = max(worst, code)
        results.append(shown)
    if as_json:
        output.say_json(results[0] if len(listed) == 1 else {"projects": results})
    return worst


def _compare(
    found: Project,
    outcome: generate.Outcome,
    diff: bool,
    verbose: bool,
    as_json: bool,
) -> Json:
    """Say what a run would do; nothing is written."""
    _tell(outcome, as_json)
    if diff and not as_json:
        output.say_verbatim(difference(found.folder, outcome))
        return None
    return report.show(
        found.folder, outcome, done=False, verbose=verbose, as_json=as_json
    )


def _tell(outcome: generate.Outcome, as_json: bool) -> None:
    """The notes on stderr; as JSON they are a part of the result."""
    if not as_json:
        output.complain(outcome.notes)
        text = report.stubs(outcome)
        if text:
            output.note(f"To begin with, paste this, or run {_ADD}:")
            output.note()
            for line in text.rstrip().split("\n"):
                output.note(line)


_ADD = "mcpgen generate --add-stubs"

command = command_of(
    "generate",
    _generate,
    "mcpgen generate              bring the project around here up to date",
    "mcpgen generate --check      in CI: exit with 1 and a list if it is not",
    "mcpgen generate --diff       show what a run would change",
    "mcpgen generate --add-stubs  begin the handlers that are missing",
    "mcpgen generate --serve      run the server and follow every change",
    "mcpgen generate weather      the project in the folder weather",
    "mcpgen generate --all        every project in this folder and below",
    "mcpgen generate --serve -- --port 9000",
    cls=_Generate,
)
