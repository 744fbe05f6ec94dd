"""A client and an aiohttp application in one process: a pair of sockets, no network."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.tracing import Trace


SHUTDOWN_LIMIT: Final = 1.0
"""Seconds that the application's handlers have to end."""


def memory_session(app: web.Application) -> Callable[[], aiohttp.ClientSession]:
    """What makes sessions whose every connection leads to the application."""

    def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=_Connector(app))

    return make


class _Connector(aiohttp.BaseConnector):
    """Connections to an application, which starts with the first and ends with all."""

    def __init__(self, app: web.Application) -> None:
        super().__init__()
        from aiohttp.web import AppRunner

        self._runner = AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_LIMIT)

    def close(self, *, abort_ssl: bool = False) -> Awaitable[None]:
        """Closes the connections, then stops the application."""
        return self._stop(super().close(abort_ssl=abort_ssl))

    async def _stop(self, closed: Awaitable[None]) -> None:
        await closed
        await self._runner.cleanup()

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,
    ) -> ResponseHandler:
        if self._runner.server is None:
            await self._runner.setup()
        assert self._runner.server is not None
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        await self._loop.connect_accepted_socket(self._runner.server, theirs)
        _, protocol = await self._loop.create_connection(self._factory, sock=ours)
        return protocol
