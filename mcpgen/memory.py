"""Where a run leaves what the next one need not make again: a file in the user's cache.

Outside the project: what lies in a checkout comes from others, and must not become code.
For the same reason a cache that other users can write to is not used. A file that is
missing or can't be read costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from mcpgen import disk
from mcpgen.diagnostics import Diagnostic, MCPGenError, Span

ENVIRONMENT: Final = "MCPGEN_CACHE_DIR"
"""The variable that puts the cache elsewhere."""
_LARGEST: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """What the last run for a project kept, by parts."""

    parts: Mapping[str, Any]

    def part(self, name: str) -> dict[str, Any]:
        """One part; empty where there is none."""
        found = self.parts.get(name)
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def load(project: Path) -> Kept:
    """What the last run for a project kept."""
    try:
        path = _place(project)
        if path.stat().st_size > _LARGEST:
            return Kept({})
        if problem() or disk.writable_by_others(path):
            return Kept({})
        found: Any = json.loads(path.read_bytes())
        return Kept(dict(found.items()))
    except (OSError, ValueError, RecursionError, AttributeError):
        return Kept({})


def save(project: Path, parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep this for the next run."""
    if problem():
        return
    path = _place(project)
    with suppress(MCPGenError, OSError):
        disk.make_folders(path.parent, root=path.parent, mode=0o700)
        data = json.dumps(parts).encode()
        disk.put(path, data, root=path.parent, mode=0o600, sync=False)


def problem() -> Diagnostic | None:
    """Why the cache is not used; None where it is."""
    folder = _folder()
    found = disk.writable_by_others(folder)
    if found is None:
        return None
    return Diagnostic(
        "MG422",
        f"the cache is not used: other users can change {found}",
        Span(str(folder)),
        f"make it yours alone (chmod go-w), or set {ENVIRONMENT} to another folder",
    )


def _place(project: Path) -> Path:
    name = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:32]
    return _folder() / f"{name}.json"


def _folder() -> Path:
    set_by_user = os.environ.get(ENVIRONMENT)
    if set_by_user:
        return Path(set_by_user)
    from platformdirs import user_cache_path

    return user_cache_path("mcpgen", appauthor=False) / "models"
