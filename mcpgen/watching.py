"""Going on after the first run: what changes in a project, and the server that runs.

Watches what a user writes (the manifest, added schemas, the server's own code), never
what mcpgen writes. It neither generates nor prints.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Final

from mcpgen import schemas
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.project import Project

GRACE: Final = 10.0
"""Seconds that a server has to finish what it is doing."""
_PAUSE: Final = 200
"""Milliseconds of silence after which a change counts as done: editors write twice."""
_PATIENCE: Final = 300
"""Milliseconds after which watching is known to have begun."""


class Changed(Enum):
    """What the user has changed."""

    INPUT = auto()
    CODE = auto()


def require() -> None:
    """See that watching is possible.

    Raises:
        MCPGenError: MG601, with how to make it so.
    """
    if find_spec("watchfiles") is None:
        raise MCPGenError.of(
            "MG601",
            "not installed: watchfiles",
            hint="pip install 'mcpgen[watch]'",
        )


def changes(project: Project, stop: Event) -> Iterator[frozenset[Changed]]:
    """Everything at first, then what changes, as often as something does.

    Watching begins before the first value comes, so no change is missed.

    Args:
        project: What is watched.
        stop: Ends it.

    Raises:
        KeyboardInterrupt: The user has seen enough.
    """
    import watchfiles

    def of_interest(_: watchfiles.Change, path: str) -> bool:
        return changed(project, Path(path)) is not None

    began = False
    for found in watchfiles.watch(
        project.folder.absolute(),
        watch_filter=of_interest,
        debounce=_PAUSE,
        rust_timeout=_PATIENCE,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=True,
    ):
        if not began:
            began = True
            yield frozenset(Changed)
        elif found:
            kinds = (changed(project, Path(path)) for _, path in found)
            yield frozenset(kind for kind in kinds if kind is not None)


def changed(project: Project, path: Path) -> Changed | None:
    """What a file is to its project; None where nothing depends on it."""
    folder = project.folder.absolute()
    if path == folder / project.manifest or path.parent == schemas.of_project(folder):
        return Changed.INPUT
    code = folder / "server"
    if path.suffix != ".py" or not path.is_relative_to(code):
        return None
    parts = path.relative_to(code).parts[:-1]
    return None if {"generated", "tests", "__pycache__"} & set(parts) else Changed.CODE


class Server:
    """The project's server as a process that can be started anew."""

    def __init__(self, project: Project, options: Sequence[str] = ()) -> None:
        self._options = options
        self._folder = project.folder / "server"
        self._process: subprocess.Popen[bytes] | None = None

    def restart(self) -> None:
        """Stop the process, gently, and start another one.

        Raises:
            MCPGenError: MG603, there is no server in the project.
        """
        self.stop()
        found = sorted(self._folder.glob("*/__main__.py"))
        if not found:
            raise MCPGenError.of(
                "MG603",
                "the project has no server",
                span=Span(str(self._folder)),
                hint="let `targets` name server",
            )
        self._process = subprocess.Popen(
            [sys.executable, "-m", found[0].parent.name, *self._options],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        """End the process; it may finish what it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
