"""Which project is meant: its folder, and the manifest in it.

Knows file names only; what a manifest says is `manifest`'s affair.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mcpgen.diagnostics import MCPGenError, Span

_SKIPPED: Final = frozenset(["__pycache__", "node_modules", "site-packages", "venv"])
MANIFEST_FILES: Final = ("mcpgen.yaml", "mcpgen.yml", "mcpgen.json", "mcpgen.toml")


@dataclass(frozen=True, slots=True)
class Project:
    """A project on disk.

    Attributes:
        folder: The project's folder, as short as a user would write it: diagnostics
            show paths that start with it.
        manifest: The manifest's file name in it.
    """

    folder: Path
    manifest: str

    @property
    def manifest_path(self) -> Path:
        """Where the manifest lies."""
        return self.folder / self.manifest


def find(start: Path) -> Project:
    """The project that a folder belongs to: the nearest one at or above it.

    Raises:
        MCPGenError: There is none (MG401), or two manifests lie side by side (MG402).
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        found = _manifest(folder)
        if found is not None:
            return Project(_short(folder), found)
    raise MCPGenError.of(
        "MG401",
        f"no {MANIFEST_FILES[0]} here or in a folder above",
        span=Span(str(start)),
        hint="go to a project's folder, or make one: mcpgen new server NAME",
    )


def at(folder: Path) -> Project:
    """The project in exactly this folder; raises as `find` does."""
    found = _manifest(folder)
    if found is not None:
        return Project(folder, found)
    if not folder.is_dir():
        message, hint = "is not a folder", "name the project's folder"
    else:
        message = f"has no {MANIFEST_FILES[0]}"
        hint = "name a project's folder, or make one: mcpgen new server NAME"
    raise MCPGenError.of("MG401", message, span=Span(str(folder)), hint=hint)


def named(path: Path) -> Project:
    """The project whose folder or manifest this is; raises as `find` does."""
    if path.name in MANIFEST_FILES and path.is_file():
        return at(path.parent)
    return at(path)


def below(folder: Path) -> list[Project]:
    """Every project in a folder and below it, without hidden and installed folders.

    Raises:
        MCPGenError: There is none (MG401), or two manifests lie side by side (MG402).
    """
    found: list[Project] = []
    for here, folders, _ in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name[0] != "." and name not in _SKIPPED
        )
        name = _manifest(Path(here))
        if name is not None:
            found.append(Project(Path(here), name))
    if not found:
        raise MCPGenError.of(
            "MG401",
            f"no {MANIFEST_FILES[0]} here or in a folder below",
            span=Span(str(folder)),
            hint="make a project: mcpgen new server NAME",
        )
    return found


def _short(folder: Path) -> Path:
    try:
        return Path(os.path.relpath(folder))
    except ValueError:
        # Another drive: there is no way from here to there.
        return folder


def _manifest(folder: Path) -> str | None:
    found = [name for name in MANIFEST_FILES if (folder / name).is_file()]
    if len(found) > 1:
        raise MCPGenError.of(
            "MG402",
            f"has several manifests: {', '.join(found)}",
            span=Span(str(folder)),
            hint="keep one of them",
        )
    return found[0] if found else None
