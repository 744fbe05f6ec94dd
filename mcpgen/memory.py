"""Where a run leaves what the next one need not make again: a file in the user's cache.

Outside the project: what lies in a checkout comes from others, and must not become code.
A file that is missing or can't be read costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

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
        found: Any = json.loads(path.read_bytes())
        return Kept(dict(found.items()))
    except (OSError, ValueError, RecursionError, AttributeError):
        return Kept({})


def save(project: Path, parts: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep this for the next run."""
    try:
        path = _place(project)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        waiting = path.with_suffix(f".{os.getpid()}.tmp")
        waiting.write_text(json.dumps(parts), "utf-8")
        waiting.replace(path)
    except OSError:
        return


def _place(project: Path) -> Path:
    name = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:32]
    return _folder() / f"{name}.json"


def _folder() -> Path:
    set_by_user = os.environ.get(ENVIRONMENT)
    if set_by_user:
        return Path(set_by_user)
    from platformdirs import user_cache_path

    return user_cache_path("mcpgen", appauthor=False) / "models"
