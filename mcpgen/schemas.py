"""Where protocol schemas lie that did not come with mcpgen: a project's and a user's.

A layer of its own below every stage: it knows folders, `PINNED.json` and checksums, and
nothing of what a schema says.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mcpgen import disk
from mcpgen.diagnostics import MCPGenError, Span

FOLDER: Final = "schema"
"""The folder's name in a project."""
PINS: Final = "PINNED.json"
ENVIRONMENT: Final = "MCPGEN_SCHEMA_DIR"
"""The variable that puts the user's folder elsewhere."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a revision can be called: it becomes a file name and a header's value."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What is written down of a schema file.

    Attributes:
        file: Its name.
        revision: The revision that it defines.
        source: Where it came from, in its user's words.
        sha256: The checksum of its bytes.
    """

    file: str
    revision: str
    source: str
    sha256: str


def of_project(project: Path) -> Path:
    """The folder for the schemas of one project."""
    return project / FOLDER


def of_user() -> Path:
    """The folder for schemas that all projects of this user may name."""
    set_by_user = os.environ.get(ENVIRONMENT)
    if set_by_user:
        return Path(set_by_user)
    from platformdirs import user_data_path

    return user_data_path("mcpgen", appauthor=False) / FOLDER


def pins(folder: Path) -> dict[str, Pin]:
    """The revisions that were added to a folder, by name, sorted.

    Raises:
        MCPGenError: MG507, the folder's `PINNED.json` is not what mcpgen writes; MG509,
            other users can change the user's own folder.
    """
    file = folder / PINS
    root = folder if folder == of_user() else folder.parent
    disk.check_way(file, root)
    _check_owner(folder, file)
    try:
        data = json.loads(file.read_bytes())
        found = [_pin(entry) for entry in data]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise MCPGenError.of(
            "MG507",
            f"is not a list of added schemas: {type(error).__name__}",
            span=Span(str(file)),
            hint="take it from version control, or add the schemas again",
        ) from None
    for each in found:
        disk.check_way(folder / each.file, root)
        disk.check_way(folder / "corrections" / each.file, root)
    return {pin.revision: pin for pin in sorted(found, key=lambda pin: pin.revision)}


def _check_owner(folder: Path, file: Path) -> None:
    """Refuse a list for all projects of a user that somebody else may have written."""
    found = disk.writable_by_others(file) if folder == of_user() else None
    if found is not None and file.exists():
        raise MCPGenError.of(
            "MG509",
            f"the added schemas are not used: other users can change {found}",
            span=Span(str(folder)),
            hint="make it yours alone (chmod go-w), or set "
            f"{ENVIRONMENT} to another folder",
        )


def _pin(entry: dict[str, Any]) -> Pin:
    pin = Pin(*(str(entry[key]) for key in ("file", "revision", "source", "sha256")))
    if not NAME.fullmatch(pin.revision) or pin.file != f"{pin.revision}.json":
        raise ValueError(pin.file)
    return pin


def pin(folder: Path, content: bytes, revision: str, source: str) -> Pin:
    """Write a schema file and what is to be known of it; the list goes last.

    Raises:
        MCPGenError: MG409, a link is in its place or on the way; MG411, the system does
            not let it be written.
    """
    new = Pin(f"{revision}.json", revision, source, hashlib.sha256(content).hexdigest())
    everything = {**pins(folder), revision: new}
    rows = [asdict(everything[name]) for name in sorted(everything)]
    listed = (json.dumps(rows, indent=2) + "\n").encode()
    root = folder if folder == of_user() else folder.parent
    disk.make_folders(folder, root=root)
    for name, data in ((new.file, content), (PINS, listed)):
        disk.put(folder / name, data, root=root)
    return new


def digests(folder: Path) -> dict[str, str]:
    """The checksums of a folder's schema files as they are now, by revision.

    Line ends don't count; a file that is gone has an empty one.

    Raises:
        MCPGenError: MG507.
    """
    return {name: _digest(folder / pin.file) for name, pin in pins(folder).items()}


def _digest(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError:
        return ""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()
