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
from contextlib import ExitStack
from typing import Final, cast

from aiohttp import web

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

    __slots__ = ("_connections", "_host", "_port")

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
        self._connections = connections
        self._host = host
        self._port = port

    @property
    def name(self) -> str:
        """Its URL."""
        scheme = "http" if self._ssl_context is None else "https"
        return f"{scheme}://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen; OSError where that is not possible."""
        await super().start()
        server = self._runner.server
        assert server is not None
        sockets = await _bound(self._host, self._port)
        accepting = _Acceptor(server, sockets, self._ssl_context, self._connections)
        # All that aiohttp uses of a server are its sockets and its end.
        self._server = cast(asyncio.AbstractServer, accepting)


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
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting = [
            asyncio.get_running_loop().create_task(self._accept(each))
            for each in sockets
        ]

    def close(self) -> None:
        """Listen no more; what has been accepted stays."""
        for task in self._accepting:
            task.cancel()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with listening:
            while True:
                try:
                    accepted, _ = await loop.sock_accept(listening)
                except OSError as error:
                    if error.errno not in _GONE:
                        self._connections.exhausted(error)
                        await asyncio.sleep(_RETRY_SECONDS)
                    continue
                task = loop.create_task(self._connect(accepted))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                if self._context is not None:
                    self._connections.handshake_begins(task)
                # Where many wait, accepting the next one would not let others run.
                await asyncio.sleep(0)

    async def _connect(self, accepted: socket.socket) -> None:
        """Hand a connection to aiohttp, after its handshake if there is one."""
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._server,
                accepted,
                ssl=self._context,
                ssl_handshake_timeout=None
                if self._context is None
                else _HANDSHAKE_SECONDS,
            )
        except OSError:
            accepted.close()  # the client's affair
        except asyncio.CancelledError:
            accepted.close()
            raise
        except Exception:
            accepted.close()
            _log.exception("a connection failed")
        finally:
            task = asyncio.current_task()
            if task is not None:
                self._connections.handshake_ends(task)
