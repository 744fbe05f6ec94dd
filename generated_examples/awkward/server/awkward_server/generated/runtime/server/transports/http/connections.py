"""Listens on an address, accepts connections with TLS or without, and keeps their number
below what the process may open; ends those whose clients take or ask nothing.

Not by `loop.create_server`: it does not report connections whose TLS handshake does not
come, logs a traceback for each connection that it can't accept, and on some event loops
stops to listen then. Knows connections and whether a request runs on them; nothing of
messages.
"""

from __future__ import annotations

import asyncio
import errno
import math
import os
import socket
import ssl
import sys
import time
from collections.abc import Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from ...logs import HTTP
from .aiohttp_parts import (
    end_connection,
    has_no_timer,
    is_sending,
    is_waiting,
    observe_connections,
    waits_since,
)

_RESERVED: Final = 128
"""Descriptors for everything else: files, databases, connections just accepted."""

_QUIET_SECONDS: Final = 1.0
_UPLOADING: Final = 1e9
"""Later than any time at which something began."""

_QUEUE: Final = 1024
"""Connections that the kernel keeps until they are accepted."""

_HANDSHAKE_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 0.1

_GONE: Final = frozenset([errno.ECONNABORTED, errno.EPROTO, errno.EINTR])
"""Errors of one connection, lost before it was accepted."""

_LOOKS: Final = 10
"""Looks in a row at which nothing was taken, before a client counts as gone. Several, as
what a slow client takes of a stream may be put in again between two of them."""


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
    its TLS handshake. Connections whose requests are being answered are never closed,
    unless their clients take nothing of what they asked for: an answer waits in memory
    until its client has read it, and no coroutine waits with it.
    """

    def __init__(self, server: web.Server, limit: int | None, seconds: float) -> None:
        """Begin to count; needs a running loop.

        Args:
            server: Whose connections.
            limit: How many may be open; None for any number.
            seconds: How long a client may take nothing, or send nothing on a new
                connection; 0 is as long as it likes.
        """
        self._limit = math.inf if limit is None else limit
        self._server = server
        self._period = seconds / _LOOKS
        self._unread: dict[asyncio.Transport, tuple[int, int]] = {}
        self._timer: asyncio.TimerHandle | None = None
        if seconds:
            self._schedule()
        self._open: dict[web.RequestHandler, None] = {}
        self._beginning: dict[web.RequestHandler, tuple[asyncio.Task[Any], float]] = {}
        self._candidates: list[tuple[float, web.RequestHandler]] = []
        self._log = _SeldomLog()
        self._is_observed = observe_connections(server, self._made, self._lost)

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
        return self._open if self._is_observed else self._server.connections

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

    def close(self) -> None:
        """Look no more after those whose clients take nothing."""
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._period, self._look)

    def _look(self) -> None:
        # First: whatever one connection does, the next look comes.
        self._schedule()
        before, self._unread = self._unread, {}
        for connection in self._server.connections:
            transport = connection.transport
            size = 0 if transport is None else transport.get_write_buffer_size()
            if transport is None or not (size or has_no_timer(connection)):
                continue
            was, looks = before.get(transport, (0, 0))
            looks = 0 if size < was else looks + 1
            if looks > _LOOKS:
                transport.abort()
            else:
                self._unread[transport] = size, looks

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


_NO_FAMILY: Final = frozenset(
    {errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EPERM, errno.EADDRNOTAVAIL}
)
"""Errors where this machine, or a sandbox around it, does not have an address family."""


async def bound(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of a host; port 0 takes free ones.

    Raises:
        OSError: One is taken, or can't be used here.
    """
    infos = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    addresses = dict.fromkeys((info[0], info[4]) for info in infos)
    with ExitStack() as opened:
        sockets: list[socket.socket] = []
        for family, address in addresses:
            try:
                listening = socket.create_server(address, family=family, backlog=_QUEUE)
            except OSError as error:
                if error.errno in _NO_FAMILY and len(addresses) > 1:
                    continue
                raise OSError(error.errno, os.strerror(error.errno or 0)) from None
            listening.setblocking(False)
            sockets.append(opened.enter_context(listening))
        opened.pop_all()
    if not sockets:
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return sockets


@dataclass(eq=False, repr=False)
class Listener:
    """Accepts connections on listening sockets until it is closed."""

    _server: web.Server
    sockets: list[socket.socket]
    _context: ssl.SSLContext | None
    _connections: Connections

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        for each in self.sockets:
            self._monitor(each)

    def close(self) -> None:
        """Accept what has connected already, then listen no more.

        A connection that the kernel still keeps when its socket closes would be reset,
        although its client may have sent a request.
        """
        self._closed = True
        for task in self._tasks:
            task.cancel()
        for listening in self.sockets:
            with suppress(NotImplementedError):
                self._loop.remove_reader(listening)
            for _ in range(_QUEUE):
                if not self._accept(listening):
                    break
            listening.close()

    def _monitor(self, listening: socket.socket) -> None:
        if self._closed:
            return
        # Not `sock_accept`: canceling it loses a connection that it has just accepted.
        try:
            self._loop.add_reader(listening, self._accept, listening)
        except NotImplementedError:  # the event loop of Windows
            self._tasks.add(self._loop.create_task(self._accept_each(listening)))

    def _accept(self, listening: socket.socket) -> bool:
        """Accept one connection; False where none waits, or none can be accepted."""
        try:
            accepted, _ = listening.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _GONE:
                return True
            self._connections.exhausted(error)
            if not self._closed:
                self._loop.remove_reader(listening)
                self._loop.call_later(_RETRY_SECONDS, self._monitor, listening)
            return False
        accepted.setblocking(False)
        self._begin(accepted)
        return True

    async def _accept_each(self, listening: socket.socket) -> None:
        while True:
            try:
                accepted, _ = await self._loop.sock_accept(listening)
            except OSError as error:
                if error.errno not in _GONE:
                    self._connections.exhausted(error)
                    await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._begin(accepted)

    def _begin(self, accepted: socket.socket) -> None:
        """Hand a connection to aiohttp, after its handshake if there is one."""
        protocol = self._server()
        connecting = self._loop.create_task(
            self._loop.connect_accepted_socket(
                lambda: protocol,
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=None
                if self._context is None
                else _HANDSHAKE_SECONDS,
            )
        )

        def done(task: asyncio.Task[object]) -> None:
            self._connections.ends(protocol)
            error = None if task.cancelled() else task.exception()
            if task.cancelled() or error is not None:
                accepted.close()
            # What belongs to the system is the client's affair.
            if not isinstance(error, OSError | None):
                HTTP.error("a connection failed", exc_info=error)

        connecting.add_done_callback(done)
        self._connections.begins(protocol, connecting)
