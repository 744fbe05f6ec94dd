"""Runs a server by itself, without the application layer that only mounting needs.

Routing and middleware cost a tenth of a call; a server of one endpoint uses neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_exceptions import InvalidURLError
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import ERROR

from .http.logs import HTTP
from .http.stalled import Stalled
from .server import Server
from .settings import Settings


class Runner(web.ServerRunner):
    """Leads a server through its life, as `web.AppRunner` does an application."""

    __slots__ = ("_idle", "_mcp_server", "_stalled")

    def __init__(self, server: Server, settings: Settings) -> None:
        """Prepare to run a server."""
        super().__init__(
            web.Server(
                server.handle,
                access_log=None,
                logger=HTTP,
                keepalive_timeout=settings.connection_idle,
            ),
            shutdown_timeout=settings.shutdown_timeout,
        )
        self._mcp_server = server
        self._idle = settings.connection_idle
        self._stalled: Stalled | None = None

    async def setup(self) -> None:
        """Start the server; it listens nowhere yet."""
        await self._mcp_server.start()
        await super().setup()
        self._stalled = _guarded(self.server, self._idle)

    async def shutdown(self) -> None:
        """End what would not end by itself."""
        await self._mcp_server.end_streams()

    async def cleanup(self) -> None:
        """Stop listening, let running requests finish, stop the server."""
        if self._stalled is not None:
            self._stalled.close()
        await super().cleanup()
        await self._mcp_server.stop()


class ApplicationRunner(web.AppRunner):
    """Leads a server that is an application already."""

    def __init__(self, app: web.Application, settings: Settings) -> None:
        """Prepare to run an application."""
        super().__init__(
            app,
            access_log=None,
            logger=HTTP,
            keepalive_timeout=settings.connection_idle,
            shutdown_timeout=settings.shutdown_timeout,
        )
        self._idle = settings.connection_idle
        self._stalled: Stalled | None = None

    async def setup(self) -> None:
        """Start the application; it listens nowhere yet."""
        await super().setup()
        self._stalled = _guarded(self.server, self._idle)

    async def cleanup(self) -> None:
        """Stop listening, let running requests finish, stop the application."""
        if self._stalled is not None:
            self._stalled.close()
        await super().cleanup()


def _guarded(server: web.Server | None, idle: float) -> Stalled:
    """See that no connection of a server stays for nothing."""
    assert server is not None
    _refuse_unreadable(server)
    return Stalled(server, idle)


class _Unreadable(web.BaseRequest):
    """A request for a host that there can't be, such as `http://xn--/`."""


def _refuse_unreadable(server: web.Server) -> None:
    """Answer requests that aiohttp can't make an object of.

    It makes them where nothing is caught: no answer would come, and the connection
    would stay open for ever.
    """
    make, handle = server.request_factory, server.request_handler

    def made(
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        try:
            return make(message, payload, protocol, writer, task)
        except (ValueError, AttributeError):
            # The URL is checked no sooner than somebody asks for its host; after
            # `CONNECT` and nothing else, there may be none at all.
            message = ERROR._replace(path=message.path or "")
            loop = asyncio.get_running_loop()
            return _Unreadable(message, payload, protocol, writer, task, loop)

    def handled(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        return _refused(request) if type(request) is _Unreadable else handle(request)

    server.request_factory = made
    server.request_handler = handled


async def _refused(request: web.BaseRequest) -> web.StreamResponse:
    error = InvalidURLError(request.raw_path)
    said = "The URL of the request line names a host that there can't be"
    return request.protocol.handle_error(request, 400, error, said)
