"""Save what a server sent to a file that the user names, and to no other."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_FRESH: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)


def save(path: Path, data: bytes) -> None:
    """Write a file or replace it; on error the old one stays.

    Links in the current folder may have come with a download, so a link to a file is
    refused. Devices and pipes, such as `/dev/stdout`, are written to.

    Raises:
        OSError: It can't be written.
        ValueError: The path, or a folder on the way below the current one, is a link.
    """
    found = _status(path)
    if found is not None and not stat.S_ISREG(found.st_mode):
        with path.open("wb") as device:
            device.write(data)
        return
    # Not before: `/dev/stdout` is a link.
    _refuse_links(path)
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with os.fdopen(os.open(beside, _FRESH, 0o666), "wb") as file:
            file.write(data)
        if found is not None:
            beside.chmod(stat.S_IMODE(found.st_mode))
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _refuse_links(path: Path) -> None:
    here = Path.cwd()
    # As it is written: `resolve` would follow the links.
    whole = Path(os.path.normpath(here / path))
    below = (
        whole.relative_to(here).parts if whole.is_relative_to(here) else (path.name,)
    )
    top = here if whole.is_relative_to(here) else whole.parent
    for end in range(1, len(below) + 1):
        part = top.joinpath(*below[:end])
        if part.is_symlink():
            raise ValueError(
                f"{part} is a symbolic link; name the place that it leads to"
            )


def _status(path: Path) -> os.stat_result | None:
    """What lies at a path, links followed; None where nothing does."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
