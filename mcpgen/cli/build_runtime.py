"""`mcpgen build runtime`: the distribution `mcpgen-runtime`."""

from __future__ import annotations

from pathlib import Path

import click

from mcpgen.cli import output
from mcpgen.cli.build_client import show
from mcpgen.cli.command import OK, command_of, json_option


@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path("dist"),
    help="Where the files go; by default the folder `dist`.",
)
@json_option
def _build_runtime(out: Path, as_json: bool) -> int:
    """Build mcpgen-runtime: what packages with `runtime: shared` depend on.

    It is the runtime of this mcpgen, with every feature. The same mcpgen gives the same
    bytes.
    """
    from mcpgen import publishing

    with output.working("Building ..."):
        made = publishing.build_runtime(out)
    show(made, as_json)
    return OK


command = command_of(
    "runtime",
    _build_runtime,
    "mcpgen build runtime               into the folder dist",
    "mcpgen build runtime --out wheels  elsewhere",
)
