"""Workshops that are served over HTTP+SSE, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession, web

from mcpgen.runtime.server import Settings, create_app

from ..conftest import serving
from .wire import SseWire, SseWorkshop


class Start:
    """Starts servers, and connects clients to the one that was started last."""

    def __init__(self, http: ClientSession, stack: AsyncExitStack) -> None:
        self._http = http
        self._stack = stack
        self.service = SseWorkshop()
        self.app = web.Application()
        self.lines: list[str] = []
        self.url = ""

    async def __call__(self, service: Any = None, **settings: Any) -> str:
        """Start a server; the URL of its event streams."""
        peer = settings.pop("peer", None)
        sessions = settings.pop("sessions", None)
        chosen = Settings(**settings)
        self.app = create_app(
            service or self.service,
            chosen,
            access_log=self.lines.append,
            sessions=sessions,
        )
        self.url = await self._stack.enter_async_context(
            serving(self.app, chosen.sse_path, peer)
        )
        return self.url

    def wire(self, **headers: str) -> SseWire:
        """A client that is not connected."""
        return SseWire(self._http, self.url, headers)

    async def client(self, **headers: str) -> SseWire:
        """A client whose stream is open until the test ends."""
        return await self._stack.enter_async_context(self.wire(**headers).connected())


@pytest.fixture
async def start(http: ClientSession) -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:
        yield Start(http, stack)
