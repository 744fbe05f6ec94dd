"""A wheel and a source distribution of the client, the same bytes wherever made.

Only files that the lock knows go in, so nothing that happens to lie beside them does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from mcpgen import disk, generate
from mcpgen.diagnostics import MCPGenError, Severity, Span
from mcpgen.project import Project

from . import tools

CLIENT: Final = "client/"
MOMENT: Final = "1580601600"
"""The time that stands in archives, in seconds since 1970: always the same."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A file that can be installed.

    Attributes:
        path: Where it lies.
        sha256: Its digest in hexadecimal.
    """

    path: Path
    sha256: str


def build(project: Project, folder: Path) -> tuple[Distribution, ...]:
    """Build the client of a project, and judge what came out.

    Args:
        project: Which.
        folder: Where the files go; older files of the same names are replaced.

    Raises:
        MCPGenError: The project is not up to date (MG602) or has no client (MG603), a
            tool is missing (MG601), or the client can't be built (MG604) or is not fit
            for an index (MG605).
    """
    tools.require("build", "hatchling", "twine", "check_wheel_contents")
    with TemporaryDirectory(prefix="mcpgen-") as place:
        clean, made = Path(place, "client"), Path(place, "dist")
        _copy(project, clean)
        said = tools.run(
            *("build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(made)),
            clean,
            folder=clean,
            environment={"SOURCE_DATE_EPOCH": MOMENT},
        )
        _check(said, "MG604", "the client can't be built", project)
        files = sorted(made.iterdir())
        _judge(files, project)
        root = project.folder if folder.is_relative_to(project.folder) else None
        root = root or disk.root_of(folder)
        disk.make_folders(folder, root=root)
        return tuple(_placed(file, folder, root) for file in files)


def _copy(project: Project, clean: Path) -> None:
    """Copy the client's files, which are what the lock says."""
    outcome = generate.examine(project)
    refusals = [note for note in outcome.notes if note.severity is Severity.ERROR]
    if refusals:
        raise MCPGenError(refusals)
    if outcome.drift:
        changes = [*outcome.plan.changes, *outcome.plan.conflicts]
        raise MCPGenError.of(
            "MG602",
            f"the project is not up to date: {len(changes) or 1} files differ",
            span=Span(str(project.folder)),
            hint="run mcpgen generate, and look at what changed",
        )
    paths = [path for path in outcome.lock.files if path.startswith(CLIENT)]
    if not paths:
        raise MCPGenError.of(
            "MG603",
            "the project has no client",
            span=Span(str(project.manifest_path)),
            hint="let `targets` name client",
        )
    for path in paths:
        disk.check_way(project.folder / path, project.folder)
        content = (project.folder / path).read_bytes()
        target = clean / path.removeprefix(CLIENT)
        disk.make_folders(target.parent, root=clean)
        disk.put(target, content, root=clean, mode=0o644, sync=False)


def _judge(files: list[Path], project: Project) -> None:
    """See that indexes will take the files."""
    wheels = [file for file in files if file.suffix == ".whl"]
    tests: tuple[tuple[str | Path, ...], ...] = (
        ("twine", "check", "--strict", *files),
        ("check_wheel_contents", *wheels),
    )
    for arguments in tests:
        said = tools.run(*arguments, folder=files[0].parent)
        _check(said, "MG605", "the client is not fit for an index", project)


def _check(said: tuple[bool, str], code: str, message: str, project: Project) -> None:
    succeeded, text = said
    if not succeeded:
        place = Span(str(project.folder))
        raise MCPGenError.of(code, message, span=place, details=tools.ending(text))


def _placed(file: Path, folder: Path, root: Path) -> Distribution:
    target, content = folder / file.name, file.read_bytes()
    disk.put(target, content, root=root)
    return Distribution(target, hashlib.sha256(content).hexdigest())
