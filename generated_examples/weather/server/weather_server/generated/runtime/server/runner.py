"""Runs a server by itself, without the application layer that only mounting needs.

Routing and middleware cost a tenth of a call; a server of one endpoint uses neither.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack
from typing import Any, Final

from aiohttp import web

from .app import SERVER
from .logs import HTTP
from .server import Server
from .settings import Settings
from .transports.http.aiohttp_parts import refine_requests
from .transports.http.connections import (
    Connections,
    Listener,
    bound,
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
    """What runners do beside answering: they listen, limit connections, and drain.

    Attributes:
        connections: Counts them, once the server is set up.
    """

    connections: Connections | None = None
    _mcp_server: Server
    _settings: Settings
    _draining: asyncio.Event
    _listener: Listener | None = None

    async def setup(self) -> None:
        """Start the server; it listens nowhere yet."""
        await super().setup()
        server, settings = self.server, self._settings
        assert server is not None
        refine_requests(server, self._draining.is_set, unsupported_encoding)
        limit = connection_limit(settings.max_connections)
        self.connections = Connections(server, limit, settings.connection_idle)

    async def listen(
        self, host: str, port: int, context: ssl.SSLContext | None = None
    ) -> None:
        """Listen on an address; HTTPS with a context.

        Raises:
            OSError: That is not possible.
        """
        assert self.server is not None
        assert self.connections is not None
        assert self._listener is None, "it listens already"
        sockets = await bound(host, port)
        self._listener = Listener(self.server, sockets, context, self.connections)

    @property
    def addresses(self) -> list[Any]:
        """Where it listens."""
        own = [] if self._listener is None else self._listener.sockets
        return super().addresses + [each.getsockname() for each in own]

    def drain(self) -> None:
        """Answer further requests, but ask clients to send the next ones elsewhere."""
        self._mcp_server.drain()
        self._draining.set()

    async def cleanup(self) -> None:
        """Stop listening, let running requests finish, stop the server."""
        async with AsyncExitStack() as closing:
            closing.push_async_callback(super().cleanup)
            for site in self.sites:
                await site.stop()
            if self._listener is not None:
                self._listener.close()
                self._listener = None
            if self.connections is not None:
                await self._finish(self.connections)
                self.connections.close()

    async def _finish(self, connections: Connections) -> None:
        """Answer the requests that were sent, then close each connection.

        Here, since aiohttp ignores what arrives once it shuts down: the rest of a body,
        or the request of a client that has just connected. Connections without a
        request are kept open for a moment in which one may arrive; without a drain,
        only until what has arrived already is read.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        end = now + self._settings.shutdown_timeout
        grace = min(end, now + (GRACE_SECONDS if self._draining.is_set() else 0.0))
        self._draining.set()
        while loop.time() < grace:
            if not connections.are_waiting():
                break
            await asyncio.sleep(_PERIOD)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await self._mcp_server.end_streams()
        connections.close_waiting()
        while len(connections) and loop.time() < end:
            await asyncio.sleep(_PERIOD)
            connections.close_waiting()


class Runner(_Lifetime, web.ServerRunner):
    """Leads a server through its life, as `web.AppRunner` does an application."""

    def __init__(self, server: Server, settings: Settings) -> None:
        """Prepare to run a server."""
        self._mcp_server, self._settings = server, settings
        self._draining = asyncio.Event()
        http = web.Server(server.handle, **_options(settings))
        super().__init__(http, shutdown_timeout=_CANCEL_SECONDS)

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
        self._mcp_server, self._settings = app[SERVER], settings
        self._draining = asyncio.Event()
        super().__init__(app, shutdown_timeout=_CANCEL_SECONDS, **_options(settings))


def _options(settings: Settings) -> dict[str, Any]:
    """How aiohttp is to serve."""
    timeout = settings.connection_idle
    return {"access_log": None, "logger": HTTP, "keepalive_timeout": timeout}
