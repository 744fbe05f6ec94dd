"""The one way to write a file: complete or not at all, and never through a link.

Symbolic links arrive with other people's repositories, so none is followed below the
folder that a command works in. The folders above it are the user's own. Knows no plans
and no formats; `write` builds the steps of a generation on top of it.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from mcpgen.diagnostics import MCPGenError, Span

FRESH: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)
"""Open flags for a file that must not be there yet, nor be a link."""
_FILE_MODE: Final = 0o666
_FOLDER_MODE: Final = 0o777
_MOST_LINKS: Final = 40
"""As many links as a system follows for one path."""


def create(
    path: Path, data: bytes, mode: int = _FILE_MODE, *, sync: bool = True
) -> None:
    """Write a file that must not exist yet.

    Args:
        path: The file.
        data: Its content.
        mode: Its permissions, before the umask.
        sync: Wait until it is on the disk.

    Raises:
        OSError: It exists (also as a link), or can't be written.
    """
    descriptor = os.open(path, FRESH, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if sync:
            file.flush()
            os.fsync(file.fileno())


def put(
    path: Path,
    data: bytes,
    *,
    root: Path,
    mode: int | None = None,
    sync: bool = True,
) -> None:
    """Write a file or replace it; on error the old one stays.

    Args:
        path: The file, below `root`.
        data: Its new content.
        root: The folder below which no link is followed; it may be a link itself.
        mode: The file's permissions; by default those that it has, or the usual ones.
        sync: Wait until it is on the disk.

    Raises:
        MCPGenError: A link is on the way or in its place (MG409), or the system does
            not let it be written (MG411).
    """
    try:
        check_way(path.parent, root)
        old = _status(path)
        if old is not None and not stat.S_ISREG(old.st_mode):
            raise _in_the_way(path)
        beside = path.with_name(f".mcpgen-{secrets.token_hex(8)}.tmp")
        try:
            create(beside, data, _FILE_MODE if mode is None else mode, sync=sync)
            if mode is None and old is not None:
                mode = stat.S_IMODE(old.st_mode)
            if mode is not None:
                beside.chmod(mode)
            beside.replace(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _refused(path, error) from None


def make_folders(folder: Path, *, root: Path, mode: int = _FOLDER_MODE) -> None:
    """Make a folder and the missing ones above it; none below `root` may be a link.

    Raises:
        MCPGenError: As `put`.
    """
    try:
        root.mkdir(parents=True, exist_ok=True, mode=mode)
        for part in _way(folder, root):
            with suppress(FileExistsError):
                part.mkdir(mode)
            if not stat.S_ISDIR(os.lstat(part).st_mode):
                raise _in_the_way(part)
    except OSError as error:
        raise _refused(folder, error) from None


def check_way(path: Path, root: Path) -> None:
    """Refuse a path that a symbolic link leads away from `root`.

    Raises:
        MCPGenError: The path, or a folder on the way, is a link (MG409).
    """
    for part in _way(path, root):
        if part.is_symlink():
            raise _in_the_way(part)


def remove(path: Path, *, root: Path) -> None:
    """Remove a file; no folder on the way below `root` may be a link.

    Raises:
        MCPGenError: As `put`.
    """
    check_way(path, root)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, error) from None


def remove_if_empty(folder: Path) -> None:
    """Remove a folder; quiet where it is not empty or not there."""
    with suppress(OSError):
        folder.rmdir()


def writable_by_others(path: Path) -> Path | None:
    """The part of a path that other users can change; None where there is none.

    Links are followed, and every folder on the way counts: who can write to one of them
    can replace what is in it. What does not exist yet is nobody's. On Windows, where
    permissions are not read, the answer is always None.
    """
    if sys.platform == "win32":
        return None
    waiting = list(_absolute(path).parts)
    here = Path(waiting.pop(0))
    links = 0
    while True:
        try:
            status = os.lstat(here)
        except FileNotFoundError:
            return None
        except OSError:
            return here
        if status.st_uid not in (0, os.geteuid()):
            return here
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if links > _MOST_LINKS:
                return here
            target = Path(os.path.normpath(here.parent / os.readlink(here)))  # noqa: PTH115
            waiting = [*target.parts[1:], *waiting]
            here = Path(target.anchor)
            continue
        # In a sticky folder such as /tmp, others can't replace what is ours.
        is_sticky = bool(waiting and status.st_mode & stat.S_ISVTX)
        if _others_may_write(status) and not is_sticky:
            return here
        if not waiting:
            return None
        here = here / waiting.pop(0)


def _others_may_write(status: os.stat_result) -> bool:
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and not _is_own_group(status.st_gid)


def _is_own_group(number: int) -> bool:
    """Whether a group has no member but this user, as many systems make one for each."""
    if sys.platform == "win32" or number == 0:
        return True
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(number)
    except KeyError:
        return False
    return user.pw_gid == number and set(group.gr_mem) <= {user.pw_name}


def root_of(path: Path) -> Path:
    """The folder that a path typed by the user is taken to be in.

    The current folder where the path is below it; else the folder above the path, which
    the user has named in full.
    """
    here = Path.cwd()
    typed = Path(os.path.normpath(here / path))
    return here if typed.is_relative_to(here) and typed != here else typed.parent


def _way(path: Path, root: Path) -> list[Path]:
    """The path and the folders on the way to it, below `root`, outermost first."""
    top = _absolute(root)
    whole = _absolute(path)
    parts = whole.relative_to(top).parts
    return [top.joinpath(*parts[: at + 1]) for at in range(len(parts))]


def _absolute(path: Path) -> Path:
    """The absolute form of a path as it is written: links are not resolved."""
    return Path(os.path.normpath(Path.cwd() / path))


def _status(path: Path) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _in_the_way(path: Path) -> MCPGenError:
    is_link = path.is_symlink()
    return MCPGenError.of(
        "MG409",
        "is a symbolic link" if is_link else "is not what belongs here",
        span=Span(_short(path)),
        hint="links are not followed when writing; remove it, or name the place that it "
        "leads to"
        if is_link
        else "move it away, and run the command again",
    )


def _refused(path: Path, error: OSError) -> MCPGenError:
    return MCPGenError.of(
        "MG411",
        f"can't be written: {error.strerror or error}",
        span=Span(_short(path)),
    )


def _short(path: Path) -> str:
    """A path as users write it: relative where it is below the current folder."""
    with suppress(ValueError, OSError):
        return str(_absolute(path).relative_to(Path.cwd()))
    return str(path)
