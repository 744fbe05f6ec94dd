"""A client and an aiohttp application in one process: a pair of sockets, no network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

if TYPE_CHECKING:
    from aiohttp import web


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

        self._runner = AppRunner(app, handle_signals=False, access_log=None)

    async def _create_connection(
        self, req: aiohttp.ClientRequest, *others: Any
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
