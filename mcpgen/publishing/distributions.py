"""Wheels and source distributions of clients and of the runtime, the same bytes wherever
made.

Only files that the lock knows go in, so nothing that happens to lie beside them does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from mcpgen import disk, generate
from mcpgen.diagnostics import MCPGenError, Severity, Span
from mcpgen.project import Project
from mcpgen.render import runtime_distribution

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


def build(
    project: Project, folder: Path, *, vendor: bool = False
) -> tuple[Distribution, ...]:
    """Build the client of a project, and judge what came out.

    Args:
        project: Which.
        folder: Where the files go; older files of the same names are replaced.
        vendor: Put a copy of the runtime into the client, whatever the manifest says.

    Raises:
        MCPGenError: The project is not up to date (MG602) or has no client (MG603), a
            tool is missing (MG601), or the client can't be built (MG604) or is not fit
            for an index (MG605).
    """
    with _workplace() as clean:
        _copy(project, clean, vendor=vendor)
        root = project.folder if folder.is_relative_to(project.folder) else None
        return _built(clean, folder, root, "client", Span(str(project.folder)))


def build_runtime(folder: Path) -> tuple[Distribution, ...]:
    """Build `mcpgen-runtime` from the runtime of this mcpgen.

    Args:
        folder: Where the files go; older files of the same names are replaced.

    Raises:
        MCPGenError: As `build` does.
    """
    with _workplace() as clean:
        for path, text in runtime_distribution().items():
            _put(clean, path, text.encode())
        return _built(clean, folder, None, "runtime", None)


@contextmanager
def _workplace() -> Generator[Path]:
    """An empty folder for sources."""
    tools.require("build", "hatchling", "twine", "check_wheel_contents")
    with TemporaryDirectory(prefix="mcpgen-") as place:
        yield Path(place, "sources")


def _built(
    clean: Path, folder: Path, root: Path | None, what: str, span: Span | None
) -> tuple[Distribution, ...]:
    """Build what lies in a folder, and judge it."""
    made = clean.parent / "dist"
    said = tools.run(
        *("build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(made)),
        clean,
        folder=clean,
        environment={"SOURCE_DATE_EPOCH": MOMENT},
    )
    _check(said, "MG604", f"the {what} can't be built", span)
    files = sorted(made.iterdir())
    _judge(files, what, span)
    root = root or disk.root_of(folder)
    disk.make_folders(folder, root=root)
    return tuple(_placed(file, folder, root) for file in files)


def _put(clean: Path, path: str, content: bytes) -> None:
    target = clean / path
    disk.make_folders(target.parent, root=clean)
    disk.put(target, content, root=clean, mode=0o644, sync=False)


def up_to_date(project: Project) -> generate.Outcome:
    """What `mcpgen generate` would do, which is nothing.

    Raises:
        MCPGenError: It would change something (MG602), or refuse.
    """
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
    return outcome


def _copy(project: Project, clean: Path, *, vendor: bool) -> None:
    """Copy the client's files, which are what the lock says."""
    outcome = up_to_date(project)
    paths = [path for path in outcome.lock.files if path.startswith(CLIENT)]
    if not paths:
        raise MCPGenError.of(
            "MG603",
            "the project has no client",
            span=Span(str(project.manifest_path)),
            hint="let `targets` name client",
        )
    if vendor:
        for path, file in generate.vendored(project, CLIENT).items():
            _put(clean, path.removeprefix(CLIENT), file.text.encode())
        return
    for path in paths:
        disk.check_way(project.folder / path, project.folder)
        content = (project.folder / path).read_bytes()
        _put(clean, path.removeprefix(CLIENT), content)


def _judge(files: list[Path], what: str, span: Span | None) -> None:
    """See that indexes will take the files."""
    wheels = [file for file in files if file.suffix == ".whl"]
    tests: tuple[tuple[str | Path, ...], ...] = (
        ("twine", "check", "--strict", *files),
        ("check_wheel_contents", *wheels),
    )
    for arguments in tests:
        said = tools.run(*arguments, folder=files[0].parent)
        _check(said, "MG605", f"the {what} is not fit for an index", span)


def _check(said: tuple[bool, str], code: str, message: str, span: Span | None) -> None:
    succeeded, text = said
    if not succeeded:
        raise MCPGenError.of(code, message, span=span, details=tools.ending(text))


def _placed(file: Path, folder: Path, root: Path) -> Distribution:
    target, content = folder / file.name, file.read_bytes()
    disk.put(target, content, root=root)
    return Distribution(target, hashlib.sha256(content).hexdigest())
