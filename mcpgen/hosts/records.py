"""What was written to hosts' files, so that it can be undone: files of the user's own.

A record says which bytes took the place of which. A user who can write one can have `--undo`
write to a host's file, so records that other users can change are not read.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mcpgen import disk

from .jsonc import Edit

ENVIRONMENT: Final = "MCPGEN_STATE_DIR"
"""The variable that puts the records elsewhere."""


@dataclass(frozen=True, slots=True)
class Record:
    """An entry that was written.

    Attributes:
        entry: The entry.
        sha256: The digest of the file afterwards.
        edits: What leads back from there, in characters of the text.
        previous: The entry that was replaced, or None.
        container: Whether the object that holds the entries was added, too.
        created: Whether the file was created.
        folders: The folders that were created for it, innermost first.
    """

    entry: dict[str, Any]
    sha256: str
    edits: tuple[Edit, ...]
    previous: Any = None
    container: bool = False
    created: bool = False
    folders: tuple[str, ...] = ()


def load(file: Path, name: str) -> Record | None:
    """The record of an entry; None where there is none that can be trusted."""
    place = _place(file, name)
    try:
        if disk.writable_by_others(place):
            return None
        data: dict[str, Any] = json.loads(place.read_bytes())
        data["edits"] = tuple(Edit(**each) for each in data["edits"])
        data["folders"] = tuple(data["folders"])
        return Record(**data)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def save(file: Path, name: str, record: Record) -> None:
    """Keep a record.

    Raises:
        MCPGenError: The system does not allow it (MG411).
    """
    place = _place(file, name)
    disk.make_folders(place.parent, root=place.parent, mode=0o700)
    data = json.dumps(asdict(record)).encode()
    disk.put(place, data, root=place.parent, mode=0o600)


def forget(file: Path, name: str) -> None:
    """Remove a record, if there is one."""
    place = _place(file, name)
    disk.remove(place, root=place.parent)


def digest(data: bytes) -> str:
    """The digest of a file's content."""
    return hashlib.sha256(data).hexdigest()


def _place(file: Path, name: str) -> Path:
    key = os.fsencode(file) + b"\0" + os.fsencode(name)
    return _folder() / f"{hashlib.sha256(key).hexdigest()[:32]}.json"


def _folder() -> Path:
    set_by_user = os.environ.get(ENVIRONMENT)
    if set_by_user:
        return Path(set_by_user)
    from platformdirs import user_state_path

    return user_state_path("mcpgen", appauthor=False) / "installed"
