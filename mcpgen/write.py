"""Plan -> disk: the last step, and a dumb one.

It knows the plan and nothing of where it came from. The order makes a crash harmless:
compile everything, write the journal, write every text beside its place, move the texts
into place, delete, write the lock, remove the journal. Before the first move the old
state stands; from then on the journal records for the next run which bytes are
mcpgen's.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import signal
import sys
import threading
import warnings
from collections.abc import Generator, Iterable
from pathlib import Path

from mcpgen import disk, lock
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.plan import Plan, Step, Verdict


class BrokenOutputError(Exception):
    """mcpgen made text that can't be what it should be: a mistake of mcpgen."""


def write(plan: Plan, root: Path, lock_text: str) -> None:
    """Do what the plan says, below `root`, and write the lock.

    Args:
        plan: The verdicts, without conflicts.
        root: The project's folder; it is made if it is not there.
        lock_text: The new lock.

    Raises:
        BrokenOutputError: A text is not valid Python or UTF-8; nothing was written.
        MCPGenError: The system refused (MG411); `mcpgen generate` can be run again.
    """
    if plan.conflicts:
        raise ValueError("a plan with conflicts can't be written")
    writer = _Writer(plan, root, _compiled(plan.changes))
    try:
        writer.prepare()
        with _uninterrupted():
            writer.commit(lock_text)
    except OSError as error:
        raise _refused(root, error) from error
    finally:
        writer.abandon()


@contextlib.contextmanager
def exclusively(root: Path) -> Generator[None, None, None]:
    """Keep every other mcpgen out of a folder; an end of any kind lets go of it.

    Raises:
        MCPGenError: Another one is at work there (MG412).
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MCPGenError.of(
                "MG412",
                "another mcpgen is writing here",
                span=Span(str(root)),
                hint="run the command again when it has finished",
            ) from None
        except OSError:
            # Some network file systems have no such locks: then there is only care.
            pass
        yield
    finally:
        os.close(descriptor)


class _Writer:
    """The steps of one run; `abandon` leaves nothing behind that was not committed."""

    def __init__(self, plan: Plan, root: Path, texts: dict[str, bytes]) -> None:
        self._plan = plan
        self._root = root
        self._texts = texts
        self._beside: dict[str, Path] = {}
        self._new_folders: list[Path] = []
        self._had_journal = os.path.lexists(root / lock.JOURNAL)
        self._moved = False

    def prepare(self) -> None:
        """Write everything that is new beside its place: what can fail fails here."""
        self._make_folder(self._root)
        for path in (*self._plan.unfinished, lock.FILE, lock.JOURNAL):
            if not self._has_links(path):
                _unlink(self._root / place_beside(path))
        self._replace(lock.JOURNAL, self._plan.journal().to_text().encode())
        for step in self._plan.changes:
            if step.file is not None:
                self._make_folder((self._root / step.path).parent)
                data = self._texts[step.path]
                self._write_beside(step.path, data, step.file.executable)
        for beside in self._beside.values():
            _sync(beside)

    def commit(self, lock_text: str) -> None:
        """Move the texts into place; from the first move on there is no way back."""
        self._moved = True
        for path in sorted(self._beside):
            self._beside[path].replace(self._root / path)
            del self._beside[path]
        for step in self._plan.changes:
            if step.verdict is Verdict.DELETE:
                self._delete(step.path)
        for path in self._plan.unfinished:
            self._remove_empty_folders(path)
        for folder in {(self._root / step.path).parent for step in self._plan.changes}:
            _sync_folder(folder)
        self._replace(lock.FILE, lock_text.encode())
        _unlink(self._root / lock.JOURNAL)

    def abandon(self) -> None:
        """Remove what was prepared and not committed; quiet after a commit."""
        with contextlib.suppress(OSError):
            for beside in self._beside.values():
                _unlink(beside)
            if self._moved:
                return
            if not self._had_journal:
                _unlink(self._root / lock.JOURNAL)
            for folder in reversed(self._new_folders):
                folder.rmdir()

    def _has_links(self, path: str) -> bool:
        """Whether a folder on the way to a path is a link.

        The plan has looked before; this is for links that came in between.
        """
        folder = (self._root / path).parent
        while folder != self._root:
            if folder.is_symlink():
                return True
            folder = folder.parent
        return False

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, none of which may be a link."""
        if folder != self._root:
            self._make_folder(folder.parent)
            if folder.is_symlink():
                message = "is a symbolic link"
                raise NotADirectoryError(errno.ENOTDIR, message, str(folder))
        try:
            folder.mkdir(parents=folder == self._root)
        except FileExistsError:
            if not folder.is_dir():
                raise
        else:
            self._new_folders.append(folder)

    def _write_beside(self, path: str, data: bytes, executable: bool) -> None:
        beside = self._root / place_beside(path)
        _unlink(beside)
        self._beside[path] = beside
        disk.create(beside, data, 0o777 if executable else 0o666, sync=False)

    def _replace(self, path: str, data: bytes) -> None:
        """Put one of mcpgen's own records into place, so that it outlives a power cut."""
        self._write_beside(path, data, executable=False)
        _sync(self._beside[path])
        self._beside[path].replace(self._root / path)
        del self._beside[path]
        _sync_folder(self._root)

    def _delete(self, path: str) -> None:
        """Delete a file, what Python cached of it, and the folders that are empty now."""
        place = self._root / path
        if self._has_links(path):
            return
        _unlink(place)
        cache = place.parent / "__pycache__"
        if path.endswith(".py") and not cache.is_symlink():
            for cached in cache.glob(f"{_literal_glob(place.stem)}.*.pyc"):
                _unlink(cached)
            _remove_if_empty(cache)
        self._remove_empty_folders(path)

    def _remove_empty_folders(self, path: str) -> None:
        """Remove the folders on the way to a path that is gone, as far as empty."""
        if self._has_links(path):
            return
        folder = (self._root / path).parent
        while folder != self._root and _remove_if_empty(folder):
            folder = folder.parent


def place_beside(path: str) -> str:
    """Where a text waits for its move: the same in every run, so the next can clean up."""
    folder, slash, _ = path.rpartition("/")
    name = hashlib.sha256(path.encode()).hexdigest()[:16]
    return f"{folder}{slash}.mcpgen-{name}.tmp"


def _literal_glob(name: str) -> str:
    """A name as a pattern that matches only itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _compiled(steps: Iterable[Step]) -> dict[str, bytes]:
    """Every text as bytes, after Python has accepted what is Python."""
    texts: dict[str, bytes] = {}
    # Both halves have the same runtime: what was accepted once is not asked again.
    accepted: set[str] = set()
    for step in steps:
        if step.file is None:
            continue
        try:
            texts[step.path] = step.file.text.encode("utf-8")
            if step.path.endswith(".py") and step.file.text not in accepted:
                _compile(step.path, texts[step.path])
                accepted.add(step.file.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            message = f"{step.path} would not be valid: {error}"
            raise BrokenOutputError(message) from error
    return texts


def _compile(path: str, data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile(data, path, "exec", dont_inherit=True)


@contextlib.contextmanager
def _uninterrupted() -> Generator[None, None, None]:
    """Let Ctrl-C wait for the moves: they take milliseconds, and half of them is bad."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _unlink(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()


def _remove_if_empty(folder: Path) -> bool:
    """Whether a folder is gone now: it was empty, or was not there."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder last; systems that can't do without."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refused(root: Path, error: OSError) -> MCPGenError:
    place = str(error.filename2 or error.filename or root)
    return MCPGenError.of(
        "MG411",
        f"can't be written: {error.strerror or error}",
        span=Span(place),
        hint="when the reason is gone, run `mcpgen generate` again",
    )
