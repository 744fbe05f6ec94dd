"""`mcpgen publish client`: put the client on a package index."""

from __future__ import annotations

from pathlib import Path

import click

from mcpgen import lock, project
from mcpgen.cli import output
from mcpgen.cli.build_client import vendor_option
from mcpgen.cli.command import OK, command_of, json_option
from mcpgen.printable import without_passwords
from mcpgen.release import ALLOW


@click.argument(
    "project_dir", type=click.Path(path_type=Path), required=False, default=None
)
@click.option("--test", is_flag=True, help="To test.pypi.org in place of pypi.org.")
@click.option(
    "--repository-url", metavar="URL", help="To another index: where it takes uploads."
)
@click.option(
    "--index-url",
    metavar="URL",
    help="Its simple API; by default `simple/` below the repository's URL.",
)
@click.option(
    ALLOW,
    is_flag=True,
    help="Take a version that is too small a step after the newest release.",
)
@click.option(
    "--attestations",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Upload the attestations of the files, which are in this folder.",
)
@vendor_option
@click.option("--dry-run", is_flag=True, help="Everything but the upload.")
@json_option
def _publish_client(
    project_dir: Path | None,
    test: bool,
    repository_url: str | None,
    index_url: str | None,
    allow_breaking: bool,
    attestations: Path | None,
    vendor_runtime: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Build the client and upload it with twine.

    Refused are a project that is not up to date or not committed, a version that the
    index has already, a version that is too small a step after the newest release that
    the index has, and a client that depends on a runtime which the index does not have.
    """
    from mcpgen import publishing
    from mcpgen.publishing.upload import PYPI, TEST_PYPI

    found = project.find(Path()) if project_dir is None else project.at(project_dir)
    place = TEST_PYPI if test else PYPI
    if repository_url is not None:
        simple = f"{repository_url.rstrip('/')}/simple/"
        place = publishing.Index(repository_url, simple)
    if index_url is not None:
        place = publishing.Index(place.upload, index_url)
    with output.working("Publishing ..."):
        made = publishing.publish(
            found,
            place,
            rehearse=dry_run,
            allow_breaking=allow_breaking,
            attestations=attestations,
            vendor=vendor_runtime,
        )
    if as_json:
        output.say_json(
            {
                "published": not dry_run,
                "index": without_passwords(place.upload),
                "files": [
                    {"file": each.path.name, "sha256": each.sha256} for each in made
                ],
            }
        )
        return OK
    done = "would go" if dry_run else "went"
    for each in made:
        output.say(f"{each.path.name} {done} to {place.upload}")
    if not dry_run:
        output.say(
            f"Callers have this contract now; commit {lock.FILE}, which says so."
        )
    return OK


command = command_of(
    "client",
    _publish_client,
    "mcpgen publish client --dry-run     see what would happen",
    "mcpgen publish client               to pypi.org; twine's TWINE_PASSWORD says who",
    "mcpgen publish client --repository-url https://pypi.example.com/",
)
