"""The parts of aiohttp that it does not promise to keep: all that the client uses of them.

No other module of the client touches them but one of the feature `oauth`. Each part is
looked up when it is used, works with aiohttp 3.12.15 to 3.14, and has a plain
replacement for an aiohttp without it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

if TYPE_CHECKING:
    from aiohttp import web

SHUTDOWN_LIMIT: Final = 1.0
"""Seconds that the handlers of an application in memory have to end."""


def part(owner: object, name: str) -> Any:
    """A part of aiohttp by its name; None where this aiohttp does not have it."""
    return getattr(owner, name, None)


def application_connector(app: web.Application) -> aiohttp.BaseConnector:
    """A connector whose every connection leads to an application.

    The application starts with the first connection, and ends when the connector is
    closed. Connections are pairs of sockets. That needs
    `BaseConnector._create_connection` and `_factory`; without them they go over a free
    port of 127.0.0.1.
    """
    if part(aiohttp.BaseConnector, "_create_connection") is not None:
        pairs = _Pairs(app)
        if part(pairs, "_factory") is not None:
            return pairs
    return _Loopback(_Application(app))


class _Application:
    """An application, started when it is first needed."""

    def __init__(self, app: web.Application) -> None:
        from aiohttp.web import AppRunner

        self._runner = AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_LIMIT)

    async def server(self) -> web.Server:
        """What answers its connections."""
        if self._runner.server is None:
            await self._runner.setup()
        assert self._runner.server is not None
        return self._runner.server

    async def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        from aiohttp.web import TCPSite

        await self.server()
        if not self._runner.sites:
            await TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    async def stop(self, closed: Awaitable[None]) -> None:
        """Stop it after its connections are closed."""
        await closed
        await self._runner.cleanup()


class _Pairs(aiohttp.BaseConnector):
    """Connections to an application through pairs of sockets, without a network."""

    def __init__(self, app: web.Application) -> None:
        super().__init__()
        self._application = _Application(app)

    def close(self, *, abort_ssl: bool = False) -> Awaitable[None]:
        """Closes the connections, then stops the application."""
        return self._application.stop(super().close(abort_ssl=abort_ssl))

    async def _create_connection(
        self, req: Any, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> Any:
        server = await self._application.server()
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(server, theirs)
        made: tuple[Any, Any] = await loop.create_connection(self._factory, sock=ours)
        return made[1]


class _Loopback(aiohttp.TCPConnector):
    """Connections to an application that listens on a port of this machine."""

    def __init__(self, application: _Application) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            resolver=_Resolver(application), use_dns_cache=False
        )
        self._application = application

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Closes the connections, then stops the application."""
        await self._application.stop(super().close(abort_ssl=abort_ssl))


class _Resolver(AbstractResolver):
    """Says of every name that it stands for the application."""

    def __init__(self, application: _Application) -> None:
        self._application = application

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See `AbstractResolver`."""
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=await self._application.port(),
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


def memory_session(app: web.Application) -> Callable[[], aiohttp.ClientSession]:
    """What makes sessions whose every connection leads to the application."""

    def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=application_connector(app))

    return make
