"""`mcpgen generate`: bring a project up to date, or say what that would change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from mcpgen import generate, project
from mcpgen.cli import output, report
from mcpgen.cli.command import NO, OK, command_of, json_option, verbose_option
from mcpgen.difference import difference
from mcpgen.generate import ALLOW_OLDER
from mcpgen.release import ALLOW, SINCE
from mcpgen.renaming import OPTION


@click.argument(
    "project_dir", type=click.Path(path_type=Path), required=False, default=None
)
@click.option(
    "--check",
    is_flag=True,
    help="Change nothing; exit with 1 if a run would change or refuse anything.",
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
    help="Take a version that tells less than what changed for callers.",
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
    project_dir: Path | None,
    check: bool,
    diff: bool,
    force: bool,
    add_stubs: bool,
    watch: bool,
    serve: bool,
    allow_breaking: bool,
    since: str | None,
    allow_older: bool,
    rename: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Bring a project up to date with its manifest.

    Works in the nearest folder at or above the current one that has an mcpgen.yaml, or
    in PROJECT_DIR. Files that are yours are never touched; generated files that were
    edited by hand are refused, and so is a version that is too small a step from the
    one before for what changed for callers. Nothing is written unless everything can be. What your
    handlers lack, or have too much, is said.
    """
    found = project.find(Path()) if project_dir is None else project.at(project_dir)
    if check or diff:
        with output.working("Comparing ..."):
            outcome = generate.examine(
                found,
                force=force,
                allow_breaking=allow_breaking,
                since=since,
                allow_older=allow_older,
                rename=rename,
            )
        return _compare(found, outcome, check, diff, verbose, as_json)

    def bring() -> None:
        with output.working("Generating ..."):
            outcome = generate.generate(
                found,
                force=force,
                thoroughly=add_stubs,
                allow_breaking=allow_breaking,
                since=since,
                allow_older=allow_older,
                rename=rename,
            )
        added = generate.add_stubs(found, outcome) if add_stubs else ()
        if added:
            outcome = replace(generate.examine(found), plan=outcome.plan)
        _tell(outcome, as_json)
        report.show(found.folder, outcome, done=True, verbose=verbose, as_json=as_json)
        if not as_json:
            for path in added:
                output.say(f"  stubs added to {path}")

    if watch or serve:
        from mcpgen.cli import watch as watching

        return watching.watch(found, bring, serve=serve)
    bring()
    return OK


def _compare(
    found: project.Project,
    outcome: generate.Outcome,
    check: bool,
    diff: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Say what a run would do; nothing is written."""
    _tell(outcome, as_json)
    if diff and not as_json:
        output.say_verbatim(difference(found.folder, outcome))
    else:
        report.show(found.folder, outcome, done=False, verbose=verbose, as_json=as_json)
    return NO if check and outcome.drift else OK


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
)
