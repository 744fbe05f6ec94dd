"""Listens on an address and accepts connections, with TLS or without.

Not by `loop.create_server`: it tells nobody of connections whose TLS handshake does not
come, logs a traceback for each connection that it can't accept, and on some event loops
stops to listen then. Knows sockets and TLS; nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Final

from aiohttp import web

from .aiohttp_parts import adopt_listener
from .connections import Connections

_log: Final = logging.getLogger("mcp.http")

_QUEUE: Final = 1024
"""Connections that the kernel keeps until they are accepted."""

_HANDSHAKE_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 0.1

_GONE: Final = frozenset([errno.ECONNABORTED, errno.EPROTO, errno.EINTR])
"""Errors of one connection, lost before it was accepted."""


class Site(web.BaseSite):
    """One host and port of a server."""

    __slots__ = ("_connections", "_context", "_host", "_owner", "_port")

    def __init__(
        self,
        runner: web.BaseRunner,
        connections: Connections,
        host: str,
        port: int,
        context: ssl.SSLContext | None,
    ) -> None:
        """Prepare to listen.

        Args:
            runner: Whose site it is.
            connections: Counts what is accepted.
            host: Name or address.
            port: 0 takes a free one.
            context: Serves HTTPS where there is one.
        """
        super().__init__(runner, ssl_context=context)
        self._context = context
        self._owner = runner
        self._connections = connections
        self._host = host
        self._port = port

    @property
    def name(self) -> str:
        """Its URL."""
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen; OSError where that is not possible."""
        await super().start()
        server = self._owner.server
        assert server is not None
        sockets = await _bound(self._host, self._port)
        accepting = _Acceptor(server, sockets, self._context, self._connections)
        adopt_listener(self, accepting)


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of a host."""
    infos = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    with ExitStack() as opened:
        sockets = [
            opened.enter_context(each)
            for each in _sockets(dict.fromkeys((info[0], info[4]) for info in infos))
        ]
        opened.pop_all()
    return sockets


def _sockets(
    addresses: dict[tuple[int, tuple[object, ...]], None],
) -> Iterator[socket.socket]:
    for family, address in addresses:
        try:
            listening = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            if len(addresses) == 1:
                raise
            continue  # a family that this machine does not have
        try:
            if os.name == "posix":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(address)
            listening.listen(_QUEUE)
            listening.setblocking(False)
        except OSError:
            listening.close()
            raise
        yield listening


class _Acceptor:
    """Accepts connections until it is closed."""

    def __init__(
        self,
        server: web.Server,
        sockets: list[socket.socket],
        context: ssl.SSLContext | None,
        connections: Connections,
    ) -> None:
        self.sockets = sockets
        self._server = server
        self._context = context
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        for each in sockets:
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
                _log.error("a connection failed", exc_info=error)

        connecting.add_done_callback(done)
        self._connections.begins(protocol, connecting)
