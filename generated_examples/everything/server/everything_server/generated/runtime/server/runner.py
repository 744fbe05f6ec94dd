"""Runs a server by itself, without the application layer that only mounting needs.

Routing and middleware cost a tenth of a call; a server of one endpoint uses neither.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final

from aiohttp import web

from .app import SERVER
from .logs import HTTP
from .server import Server
from .settings import Settings
from .transports.http.aiohttp_parts import refine_requests, takes_listeners
from .transports.http.connections import (
    Connections,
    Site,
    SlowReaderReaper,
    connection_limit,
)
from .transports.http.exchange import unsupported_encoding

GRACE_SECONDS: Final = 1.0
"""How long after a drain clients that have connected may take to send a request."""

_PERIOD: Final = 0.02
_TURNS: Final = 10
"""Turns of the event loop after which all that has arrived is read, however long each
takes: a connection is accepted, made, and read from."""

_CANCEL_SECONDS: Final = 0.05
"""The timeout for aiohttp, which waits twice: it only ends what had its time already."""


class _Lifetime(web.BaseRunner):
    """What runners do beside listening.

    Attributes:
        care: Takes care of connections, once the server is set up.
    """

    care: ConnectionCare | None = None
    _mcp_server: Server
    _settings: Settings

    async def setup(self) -> None:
        """Start the server; it listens nowhere yet."""
        await super().setup()
        self.care = ConnectionCare(self.server, self._settings)

    def drain(self) -> None:
        """Answer further requests, but ask clients to send the next ones elsewhere."""
        self._mcp_server.drain()
        if self.care is not None:
            self.care.draining.set()

    async def cleanup(self) -> None:
        """Stop listening, let running requests finish, stop the server."""
        async with AsyncExitStack() as closing:
            closing.push_async_callback(super().cleanup)
            for site in self.sites:
                await site.stop()
            if self.care is not None:
                await self.care.finish(self._mcp_server.end_streams)


class Runner(_Lifetime, web.ServerRunner):
    """Leads a server through its life, as `web.AppRunner` does an application."""

    def __init__(self, server: Server, settings: Settings) -> None:
        """Prepare to run a server."""
        self._mcp_server = server
        self._settings = settings
        super().__init__(
            web.Server(
                server.handle,
                access_log=None,
                logger=HTTP,
                keepalive_timeout=settings.connection_idle,
            ),
            shutdown_timeout=_CANCEL_SECONDS,
        )

    async def setup(self) -> None:
        """Start the server; it listens nowhere yet."""
        await self._mcp_server.start()
        await super().setup()

    async def shutdown(self) -> None:
        """End what would not end by itself."""
        await self._mcp_server.end_streams()

    async def cleanup(self) -> None:
        """Stop listening, let running requests finish, stop the server."""
        try:
            await super().cleanup()
        finally:
            await self._mcp_server.stop()


class ApplicationRunner(_Lifetime, web.AppRunner):
    """Leads a server that is an application already."""

    def __init__(self, app: web.Application, settings: Settings) -> None:
        """Prepare to run an application."""
        self._mcp_server = app[SERVER]
        self._settings = settings
        super().__init__(
            app,
            access_log=None,
            logger=HTTP,
            keepalive_timeout=settings.connection_idle,
            shutdown_timeout=_CANCEL_SECONDS,
        )


async def listen(
    runner: Runner | ApplicationRunner,
    host: str,
    port: int,
    context: ssl.SSLContext | None = None,
) -> None:
    """Listen on an address; HTTPS with a context. OSError where that is not possible."""
    assert runner.care is not None
    if not takes_listeners():
        await web.TCPSite(runner, host, port, ssl_context=context).start()
        return
    await Site(runner, runner.care.connections, host, port, context).start()


class ConnectionCare:
    """What a server that listens by itself does about its connections.

    Attributes:
        connections: Counts them.
        draining: Set once each answer closes its connection.
    """

    __slots__ = ("_seconds", "_slow_readers", "connections", "draining")

    def __init__(self, server: web.Server | None, settings: Settings) -> None:
        """Begin; needs a running loop."""
        assert server is not None
        self.draining = asyncio.Event()
        refine_requests(server, self.draining.is_set, unsupported_encoding)
        limit = connection_limit(settings.max_connections)
        self.connections = Connections(server, limit)
        self._slow_readers = SlowReaderReaper(server, settings.connection_idle)
        self._seconds = settings.shutdown_timeout

    async def finish(self, end_streams: Callable[[], Awaitable[None]]) -> None:
        """Answer the requests that have been sent, and close each connection after that.

        Here, since aiohttp ignores what arrives once it shuts down: the rest of a body,
        or the request of a client that has just connected. Connections without a request
        are kept open for a moment in which one may arrive; without a drain, only until
        what has arrived already is read.
        """
        loop = asyncio.get_running_loop()
        connections = self.connections
        end = loop.time() + self._seconds
        grace = min(
            end, loop.time() + (GRACE_SECONDS if self.draining.is_set() else 0.0)
        )
        self.draining.set()
        while loop.time() < grace:
            if not connections.are_waiting():
                break
            await asyncio.sleep(_PERIOD)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await end_streams()
        connections.close_waiting()
        while len(connections) and loop.time() < end:
            await asyncio.sleep(_PERIOD)
            connections.close_waiting()
        self._slow_readers.close()
