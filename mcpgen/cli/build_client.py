"""`mcpgen build client`: a wheel and a source distribution of the client."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcpgen import project
from mcpgen.cli import output
from mcpgen.cli.command import OK, command_of, json_option

if TYPE_CHECKING:
    from mcpgen.publishing import Distribution


vendor_option = click.option(
    "--vendor-runtime",
    is_flag=True,
    help="Put a copy of the runtime into the client, whatever the manifest chooses.",
)


@click.argument(
    "project_dir", type=click.Path(path_type=Path), required=False, default=None
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the files go; by default the project's folder `dist`.",
)
@vendor_option
@json_option
def _build_client(
    project_dir: Path | None, out: Path | None, vendor_runtime: bool, as_json: bool
) -> int:
    """Build what others install: a wheel and a source distribution of the client.

    The same project gives the same bytes, wherever it is built. What comes out is
    judged by `twine check --strict` and `check-wheel-contents`.
    """
    from mcpgen import publishing

    found = project.find(Path()) if project_dir is None else project.at(project_dir)
    with output.working("Building ..."):
        made = publishing.build(
            found, out or found.folder / "dist", vendor=vendor_runtime
        )
    show(made, as_json)
    return OK


def show(made: Sequence[Distribution], as_json: bool) -> None:
    """List the files that were built."""
    if as_json:
        output.say_json(
            [{"file": str(each.path), "sha256": each.sha256} for each in made]
        )
    else:
        for each in made:
            output.say(f"{each.path}  sha256:{each.sha256}")


command = command_of(
    "client",
    _build_client,
    "mcpgen build client               into the folder dist",
    "mcpgen build client --out ../out  elsewhere",
)
