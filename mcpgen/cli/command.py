"""What all commands share: the options that each one has, and how each one fails.

Exit codes: 0 fine; 1 the answer is "no"; 2 it could not be done.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from mcpgen import project
from mcpgen.cli import output
from mcpgen.diagnostics import MCPGenError
from mcpgen.project import Project

OK: Final = 0
NO: Final = 1
CANT: Final = 2

_F = TypeVar("_F", bound=Callable[..., Any])


class Command(click.Command):
    """A command whose diagnostics go where its results go: as JSON if asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; gives its exit code."""
        try:
            return super().invoke(ctx)
        except MCPGenError as error:
            if ctx.params.get("as_json"):
                found = [diagnostic.to_json() for diagnostic in error.diagnostics]
                output.say_json({"diagnostics": found})
            else:
                output.complain(error.diagnostics)
            return CANT


def command_of(
    name: str,
    function: Callable[..., int],
    *examples: str,
    cls: type[Command] = Command,
    settings: dict[str, Any] | None = None,
) -> Command:
    """The command that runs a function, which gives the exit code.

    Args:
        name: The command's name below its group.
        function: With click's parameters on it; its docstring is the help.
        examples: Lines for the end of the help.
        cls: The class of the command.
        settings: Click's settings of its context; None takes the usual ones.
    """
    lines = "\n".join(f"  {example}" for example in examples)
    return click.command(
        name,
        cls=cls,
        epilog=f"\b\nExamples:\n{lines}",
        context_settings=settings or {"help_option_names": ["-h", "--help"]},
    )(function)


def all_option(function: _F) -> _F:
    """`--all`: every project below the folders that are named."""
    return click.option(
        "--all",
        "every",
        is_flag=True,
        help="Every project in this folder, or in those named, and below.",
    )(function)


def projects(paths: tuple[Path, ...], *, every: bool) -> list[Project]:
    """The projects that a command line names; the one around here where it names none.

    Raises:
        MCPGenError: One of them is not a project.
    """
    if every:
        return [each for path in paths or (Path(),) for each in project.below(path)]
    return [project.named(path) for path in paths] or [project.find(Path())]


def json_option(function: _F) -> _F:
    """`--json`: the result for programs."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print the result as JSON."
    )(function)


def verbose_option(function: _F) -> _F:
    """`--verbose`: the files, all of them."""
    return click.option(
        "-v", "--verbose", is_flag=True, help="Name every file, unknown ones too."
    )(function)


def manifest_option(*, required: bool) -> Callable[[_F], _F]:
    """`--manifest FILE`: what the project is made from."""

    def add(function: _F) -> _F:
        return click.option(
            "--manifest",
            metavar="FILE",
            required=required,
            type=click.Path(path_type=Path),
            help="The manifest, or the JSON of a tools/list result.",
        )(function)

    return add


def directory_option(function: _F) -> _F:
    """`--directory DIR`: where the project goes."""
    return click.option(
        "--directory",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="The folder to make, in place of NAME.",
    )(function)
