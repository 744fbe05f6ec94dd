"""`mcpgen generate --watch`: goes on until it is interrupted."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Sequence
from threading import Event
from typing import NoReturn

from mcpgen import watching
from mcpgen.cli import output
from mcpgen.cli.command import OK
from mcpgen.diagnostics import MCPGenError
from mcpgen.project import Project
from mcpgen.watching import Changed, Server


def watch(
    project: Project, generate: Callable[[], None], options: Sequence[str] | None
) -> int:
    """Generate now and after each change; what goes wrong is said, and waited out.

    Args:
        project: Which.
        generate: Brings the project up to date, and says what it did.
        options: Run the server, too, with these options, and start it anew after each
            change; None runs none.
    """
    watching.require()
    gc.enable()
    server = None if options is None else Server(project, options)
    # A plain `kill` ends the server too.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        for changed in watching.changes(project, Event()):
            _react(changed, generate, server)
    except KeyboardInterrupt:
        output.note("stopped")
    finally:
        if server is not None:
            server.stop()
    return OK


def _react(
    changed: frozenset[Changed], generate: Callable[[], None], server: Server | None
) -> None:
    try:
        if Changed.INPUT in changed:
            generate()
        if server is not None:
            server.restart()
    except MCPGenError as error:
        output.complain(error.diagnostics)
        output.note("waiting for the next change")


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
