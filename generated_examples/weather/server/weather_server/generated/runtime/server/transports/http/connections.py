"""Keeps the number of open connections below what the process may open.

Knows connections and whether a request runs on them; nothing of messages.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Collection
from typing import Any, Final

from aiohttp import web

from ...logs import HTTP
from .aiohttp_parts import (
    end_connection,
    is_sending,
    is_waiting,
    observe_connections,
    waits_since,
)

_RESERVED: Final = 128
"""Descriptors for everything else: files, databases, connections just accepted."""

_QUIET_SECONDS: Final = 1.0


def connection_limit(wanted: int) -> int | None:
    """How many connections may be open: a setting, bounded by the descriptor limit.

    Args:
        wanted: The setting; 0 means no limit of its own.

    Returns:
        None where neither sets a limit.
    """
    descriptors = _descriptors()
    if descriptors is None:
        return wanted or None
    # Half of a very low limit, where the usual reserve would leave nothing.
    possible = max(descriptors - _RESERVED, descriptors // 2, 1)
    return min(wanted or possible, possible)


def _descriptors() -> int | None:
    """How many descriptors this process may have open, where that is known."""
    if sys.platform == "win32":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


class Connections:
    """The connections of a server; the one silent longest is closed for a new one.

    A connection is silent while the server waits for the rest of a request on it, or for
    its TLS handshake. Connections whose requests are being answered are never closed.
    """

    __slots__ = ("_beginning", "_candidates", "_limit", "_listed", "_log", "_open")

    def __init__(self, server: web.Server, limit: int | None) -> None:
        """Begin to count.

        Args:
            server: Whose connections.
            limit: How many may be open; None for any number.
        """
        self._limit = math.inf if limit is None else limit
        self._open: dict[web.RequestHandler, None] = {}
        self._beginning: dict[web.RequestHandler, tuple[asyncio.Task[Any], float]] = {}
        self._candidates: list[tuple[float, web.RequestHandler]] = []
        self._log = _SeldomLog()
        self._listed: web.Server | None = None
        if not observe_connections(server, self._made, self._lost):
            self._listed = server

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all()) + len(self._beginning)

    def _made(self, connection: web.RequestHandler) -> None:
        self._beginning.pop(connection, None)
        self._open[connection] = None

    def _lost(self, connection: web.RequestHandler) -> None:
        self._open.pop(connection, None)

    def _all(self) -> Collection[web.RequestHandler]:
        """Those that were made."""
        return self._open if self._listed is None else self._listed.connections

    def begins(self, connection: web.RequestHandler, task: asyncio.Task[Any]) -> None:
        """Count a connection that was accepted, and may have no TLS yet.

        Args:
            connection: Reports itself to the server once it is made.
            task: Makes it; canceling the task closes the connection.
        """
        self._beginning[connection] = task, asyncio.get_running_loop().time()
        if len(self) <= self._limit:
            return
        closed = self._close_one(connection)
        if not closed:
            task.cancel()
        self._log.count(silent=closed)

    def ends(self, connection: web.RequestHandler) -> None:
        """Count it no longer, unless it was made."""
        self._beginning.pop(connection, None)

    def are_waiting(self) -> bool:
        """Whether a client may be about to send a request on one of them."""
        return bool(self._beginning) or any(
            is_waiting(connection) is not False for connection in self._all()
        )

    def close_waiting(self) -> None:
        """Close those on which no request is read or answered."""
        for task, _ in self._beginning.values():
            task.cancel()
        for connection in tuple(self._all()):
            end_connection(connection)

    def exhausted(self, error: OSError) -> None:
        """Close a silent connection, as a new one can't be accepted."""
        self._log.count(silent=self._close_one(None), error=error)

    def _close_one(self, new: web.RequestHandler | None) -> bool:
        """Close what has been silent longest; False where nothing is silent."""
        found = self._longest_silent(new)
        for connection, (task, began) in self._beginning.items():
            if connection is not new and (found is None or began < found[0]):
                del self._beginning[connection]
                task.cancel()
                return True
            break
        if found is None:
            return False
        self._candidates.pop()
        if (transport := found[1].transport) is not None:
            transport.abort()
        return True

    def _longest_silent(
        self, new: web.RequestHandler | None
    ) -> tuple[float, web.RequestHandler] | None:
        """The last candidate that is still silent.

        Candidates are sorted once for many: what falls silent later comes after them.
        """
        while self._candidates:
            since, connection = self._candidates[-1]
            if _silent_since(connection) == since:
                return since, connection
            self._candidates.pop()
        for connection in self._all():
            began = _silent_since(connection)
            if began is not None and connection is not new:
                self._candidates.append((began, connection))
        self._candidates.sort(key=lambda each: each[0], reverse=True)
        return self._candidates[-1] if self._candidates else None


def _silent_since(connection: web.RequestHandler) -> float | None:
    """When the server began to wait for the client; None while a request is answered."""
    if connection.transport is None or connection.transport.is_closing():
        return None
    since = waits_since(connection)
    if since is None or is_waiting(connection):
        return since
    # A body on its way is closed after everything that sends nothing at all.
    return since + _UPLOADING if is_sending(connection) else None


_UPLOADING: Final = 1e9


class _SeldomLog:
    """At most one line a second, with the sums of what has happened since the last."""

    __slots__ = ("_error", "_last", "_refused", "_silent", "_timer")

    def __init__(self) -> None:
        self._silent = 0
        self._refused = 0
        self._error: OSError | None = None
        self._last = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def count(self, *, silent: bool, error: OSError | None = None) -> None:
        """Count a connection that was closed because it was silent, or because it was new."""
        self._silent += silent
        self._refused += not silent and error is None
        self._error = self._error or error
        if self._timer is not None:
            return
        wait = self._last + _QUIET_SECONDS - time.monotonic()
        if wait <= 0:
            self._write()
        else:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(wait, self._write)

    def _write(self) -> None:
        self._timer = None
        self._last = time.monotonic()
        reason = "limit: max_connections, else the limit of file descriptors"
        if self._error is not None:
            reason = str(self._error)
        HTTP.warning(
            "too many connections (%s): closed %d that were silent, refused %d new ones",
            reason,
            self._silent,
            self._refused,
        )
        self._silent = self._refused = 0
        self._error = None
