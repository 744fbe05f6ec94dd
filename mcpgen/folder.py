"""A project's folder: which paths belong to it, and what lies there now.

Reads, never writes, and never leaves the folder. Paths are relative, with `/`; they
come from lock files, which are as hostile as any other input. It knows nothing of
locks, verdicts or templates.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path
from typing import Final

from mcpgen.diagnostics import MCPGenError, Span

LONGEST_PART: Final = 255
"""Bytes of one file name that every common file system accepts."""
LONGEST_PATH: Final = 1024

_FORBIDDEN: Final = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_DEVICE: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?: *\..*)?",
    re.IGNORECASE | re.DOTALL,
)
_VERSION_CONTROL: Final = frozenset([".git", "git~1", ".hg", ".svn"])


def path_problem(path: str) -> str | None:
    """Why a path can't be one of a project's files, in words; None when it can.

    The rules hold on every system, so that a project made on one opens on all others.
    """
    if not path:
        return "is empty"
    if path.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", path):
        return "is absolute"
    if len(path) > LONGEST_PATH:
        return f"is longer than {LONGEST_PATH} characters"
    for part in path.split("/"):
        problem = _part_problem(part)
        if problem is not None:
            return problem
    return None


@lru_cache(maxsize=16384)
def _part_problem(part: str) -> str | None:
    if part in ("", "."):
        return "has an empty part"
    if part == "..":
        return "leads out of its folder"
    if _FORBIDDEN.search(part) or not part.isprintable():
        return "has characters that file names can't have everywhere"
    if part[-1] in ". ":
        return "has a part that ends with a dot or a space"
    if _DEVICE.fullmatch(part):
        return f"has the part {part!r}, a device on Windows"
    if part.casefold() in _VERSION_CONTROL:
        return "leads into a version control folder"
    if len(part.encode("utf-8")) > LONGEST_PART:
        return f"has a part of more than {LONGEST_PART} bytes"
    return None


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal, over the text with `\\n` line ends.

    A checkout that turns line ends into `\\r\\n` is not an edit.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    return hashlib.sha256(data).hexdigest()


class Kind(Enum):
    """What lies at a path."""

    ABSENT = auto()
    FILE = auto()
    LINK = auto()
    """A symbolic link, wherever it leads."""
    OTHER = auto()
    """A folder, a device, a socket."""
    BLOCKED = auto()
    """A part of the way there is a symbolic link or a file."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies at a path.

    Attributes:
        kind: What it is.
        digest: The digest of a file, else None.
        executable: Whether a file's owner may run it.
        blocker: What is in the way there; None unless the kind is BLOCKED.
    """

    kind: Kind
    digest: str | None = None
    executable: bool = False
    blocker: str | None = None


ABSENT: Final = Found(Kind.ABSENT)
_FOLDER: Final = Found(Kind.OTHER)


class Folder:
    """A view of a folder as it is now.

    Folders on the way are looked at once and remembered, so a view serves one run.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ways: dict[str, Found] = {"": _FOLDER}

    def look(self, path: str) -> Found:
        """What lies at a path.

        Raises:
            MCPGenError: The file is there and can't be read (MG411).
        """
        way = self._way(path.rpartition("/")[0])
        if way is not _FOLDER:
            return way
        try:
            status = os.lstat(self.root / path)
            if stat.S_ISLNK(status.st_mode):
                return Found(Kind.LINK)
            if not stat.S_ISREG(status.st_mode):
                return Found(Kind.OTHER)
            data = (self.root / path).read_bytes()
        except FileNotFoundError:
            return ABSENT
        except OSError as error:
            raise unreadable(path, error) from None
        return Found(Kind.FILE, digest(data), bool(status.st_mode & stat.S_IXUSR))

    def exists(self, path: str) -> bool:
        """Whether anything lies there, links on the way followed: nothing is opened."""
        return os.path.lexists(self.root / path)

    def same(self, one: str, other: str) -> bool:
        """Whether two paths are one file, as where letter case does not count."""
        try:
            return os.path.samestat(
                os.lstat(self.root / one), os.lstat(self.root / other)
            )
        except OSError:
            return False

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; empty where it is no folder of ours."""
        if self._way(folder) is not _FOLDER:
            return []
        try:
            return sorted(entry.name for entry in (self.root / folder).iterdir())
        except OSError:
            return []

    def _way(self, folder: str) -> Found:
        """`_FOLDER` where the folder is a real one, else what a file in it is."""
        known = self._ways.get(folder)
        if known is None:
            known = self._ways[folder] = self._look_at_way(folder)
        return known

    def _look_at_way(self, folder: str) -> Found:
        above = self._way(folder.rpartition("/")[0])
        if above is not _FOLDER:
            return above
        try:
            mode = os.lstat(self.root / folder).st_mode
        except FileNotFoundError:
            return ABSENT
        except OSError as error:
            raise unreadable(folder, error) from None
        if stat.S_ISDIR(mode):
            return _FOLDER
        return Found(Kind.BLOCKED, blocker=folder)


def unreadable(path: str | Path, error: OSError) -> MCPGenError:
    """The error for a file that the system does not let us read."""
    reason = error.strerror or str(error)
    return MCPGenError.of("MG411", f"can't be read: {reason}", span=Span(str(path)))
