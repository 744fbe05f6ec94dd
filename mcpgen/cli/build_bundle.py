"""`mcpgen build bundle`: the server as an MCP Bundle (MCPB)."""

from __future__ import annotations

from pathlib import Path

import click

from mcpgen import project
from mcpgen.cli import output
from mcpgen.cli.command import OK, command_of, json_option


@click.argument(
    "project_dir", type=click.Path(path_type=Path), required=False, default=None
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the file goes; by default the project's folder `dist`.",
)
@click.option(
    "--index-url",
    metavar="URL",
    help="The simple API of the index that hosts install from; by default PyPI's. Asked "
    "for the runtime, where the server shares it.",
)
@click.option(
    "--vendor-runtime",
    is_flag=True,
    help="Put a copy of the runtime into the bundle, whatever the manifest chooses.",
)
@json_option
def _build_bundle(
    project_dir: Path | None,
    out: Path | None,
    index_url: str | None,
    vendor_runtime: bool,
    as_json: bool,
) -> int:
    """Build a bundle (MCPB) of the server, which hosts install with one click.

    It has the server's package, its project file and a manifest of version 0.4; the host
    installs the dependencies with uv, and asks for the values of the variables that
    `environment` in the manifest lists. Hidden files, files whose names look like
    secrets (such as *.key and token.json), tests and caches stay out; look at the list.
    The same project gives the same bytes, wherever it is built.
    """
    from mcpgen import publishing
    from mcpgen.publishing.upload import PYPI

    found = project.find(Path()) if project_dir is None else project.named(project_dir)
    place = PYPI if index_url is None else publishing.Index("", index_url)
    with output.working("Building ..."):
        made = publishing.build_bundle(
            found, out or found.folder / "dist", place, vendor=vendor_runtime
        )
    if not made.has_author:
        output.note("note: the bundle names no author; add `package.authors`")
    for path in made.left_out:
        output.note(f"note: left out: {path}")
    if as_json:
        output.say_json(
            {
                "file": str(made.path),
                "sha256": made.sha256,
                "files": list(made.files),
                "left_out": list(made.left_out),
            }
        )
    else:
        output.say(f"{made.path}  sha256:{made.sha256}  {len(made.files)} files")
    return OK


command = command_of(
    "bundle",
    _build_bundle,
    "mcpgen build bundle               into the folder dist",
    "mcpgen build bundle --out ../out  elsewhere",
)
