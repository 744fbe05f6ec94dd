"""An edition of a manifest: a file, a project's folder, or what git has of either.

Joins `project`, `manifest` and `lock`. Git is asked for one file of one revision and for
nothing else; what it answers is untrusted, as every manifest is.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcpgen import callers, lock, project, release
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.folder import digest
from mcpgen.manifest import Manifest, eras_for, load, loads
from mcpgen.project import MANIFEST_FILES

if TYPE_CHECKING:
    from mcpgen.given import Given

GIT_SECONDS: Final = 30
"""How long git may take for one file."""


def home_of(name: str) -> Path | None:
    """The folder of a project on disk; None for git revisions and other files.

    Raises:
        MCPGenError: A folder that is named holds no project.
    """
    path = _path(name)
    return path.parent if path and path.name in MANIFEST_FILES else None


def is_new(folder: Path, revision: str) -> bool:
    """Whether a project's folder has no manifest in a git revision."""
    return (
        ":" not in revision
        and _path(revision) is None
        and _is_revision(revision, folder)
        and not any(
            _git(folder, "cat-file", "-e", f"{revision}:./{file}") is not None
            for file in MANIFEST_FILES
        )
    )


def top_of(folder: Path) -> Path | None:
    """The root of the repository that a folder belongs to; None outside of git."""
    found = _git(folder, "rev-parse", "--show-toplevel")
    return None if found is None else Path(os.fsdecode(found.rstrip(b"\r\n")))


def with_names(
    name: str, folder: Path | None = None
) -> tuple[Manifest, dict[str, Given]]:
    """The manifest that is meant, and the names that its callers get or have.

    In a project that has a lock, names that callers have stay; everything else is named
    as in a new project.

    Args:
        name: A manifest, a folder in a project, or a git revision. A revision may name
            the file as git does (`main:weather/mcpgen.yaml`); without that it means the
            manifest of the project around here, or of that in `folder`.
        folder: The project that a revision without a file means.

    Raises:
        MCPGenError: There is none (MG420), or it or its lock can't be used.
    """
    path = _path(name)
    if path is None:
        manifest, data = with_lock(name, folder)
    else:
        manifest, beside = load(path), path.with_name(lock.FILE)
        data = beside.read_bytes() if beside.is_file() else None
    known = None if data is None else lock.parse(data, path.parent if path else Path())
    if known is None or known.inputs.manifest != _file_name(manifest):
        return manifest, callers.names_of(manifest)
    text = manifest.source.text.encode()
    promises = known.promises
    if promises is not None and known.inputs.sha256 == digest(text):
        found = release.names(promises.current, manifest)
        if found:
            return manifest, found
    return manifest, callers.names_of(manifest, release.given(promises, manifest))


def _file_name(manifest: Manifest) -> str:
    return re.split(r"[/\\:]", manifest.source.file)[-1]


def _path(name: str) -> Path | None:
    """The manifest on disk that is meant; None where it is one of git."""
    path = Path(name or "?")
    if path.is_dir() and (_has_manifest(path) or not _is_revision(name, Path())):
        return project.find(path).manifest_path
    if path.exists() or path.suffix in (".yaml", ".yml", ".json", ".toml"):
        revision, colon, _ = name.partition(":")
        if path.exists() or not (colon and _is_revision(revision, Path())):
            return path
    return None


def _has_manifest(folder: Path) -> bool:
    return any((folder / file).is_file() for file in MANIFEST_FILES)


def with_lock(name: str, folder: Path | None = None) -> tuple[Manifest, bytes | None]:
    """The manifest of a git revision, and the lock beside it.

    Args:
        name: The revision.
        folder: The project's folder; None takes the one around here.

    Raises:
        MCPGenError: As `with_names` does.
    """
    manifest = _of_git(name, folder)
    revision, colon, inside = name.partition(":")
    beside = inside.rpartition("/")[0] if colon else "."
    home = Path() if colon else folder or _home(name)
    place = f"{beside}/{lock.FILE}" if beside else lock.FILE
    return manifest, _git(home, "cat-file", "blob", f"{revision}:{place}")


def is_revision(name: str, folder: Path | None = None) -> bool:
    """Whether git knows a revision of this name, here or in a folder."""
    return _is_revision(name, folder or Path())


def _of_git(name: str, folder: Path | None = None) -> Manifest:
    revision, colon, inside = name.partition(":")
    home = Path() if colon else folder or _home(name)
    if not revision or not _is_revision(revision, home):
        raise MCPGenError.of(
            "MG420",
            f'"{name}" is no file, no folder and no git revision',
            hint="name a manifest, a project's folder, or a revision such as main",
        )
    if colon:
        return _read(revision, inside, Path())
    for file in MANIFEST_FILES:
        if _git(home, "cat-file", "-e", f"{revision}:./{file}") is not None:
            return _read(revision, f"./{file}", home)
    raise MCPGenError.of(
        "MG420",
        f"the revision has no {MANIFEST_FILES[0]} of this project",
        span=Span(name),
        hint=f"name the file: {name}:path/to/{MANIFEST_FILES[0]}",
    )


def _home(name: str) -> Path:
    try:
        return project.find(Path()).folder
    except MCPGenError:
        raise MCPGenError.of(
            "MG420",
            f'"{name}" is no file and no folder, and no project is here',
            hint="name a manifest or a project's folder, or go to a project for its "
            "git revisions",
        ) from None


def _read(revision: str, file: str, home: Path) -> Manifest:
    data = _git(home, "cat-file", "blob", f"{revision}:{file}")
    shown = f"{revision}:{file.removeprefix('./')}"
    if data is None:
        raise MCPGenError.of(
            "MG420",
            "the revision has no such file",
            span=Span(shown),
            hint="paths are those of git: from the top of the repository, or ./ here",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MCPGenError.of("MG005", "not UTF-8", span=Span(shown)) from None
    return loads(text, shown, eras=eras_for(home))


def _is_revision(name: str, home: Path) -> bool:
    if not name or name.startswith("-"):
        return False
    found = _git(home, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return found is not None


def _git(home: Path, *arguments: str) -> bytes | None:
    """What git prints; None where it fails or is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(home), *arguments],  # noqa: S607
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=GIT_SECONDS,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
