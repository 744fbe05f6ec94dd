"""A running workshop for each test, and clients of both eras."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler

from mcpgen.runtime.server import Service, Settings, create_app

from .wire import LegacyWire, ModernWire
from .workshop import Workshop


@asynccontextmanager
async def serving(
    app: web.Application, path: str = "/mcp", peer: str | None = None
) -> AsyncIterator[str]:
    """An application on 127.0.0.1 as `main` runs it; the endpoint's URL.

    With a `peer`, requests seem to come from that address.
    """
    if peer is not None:

        @web.middleware
        async def elsewhere(
            request: web.Request, handler: Handler
        ) -> web.StreamResponse:
            return await handler(request.clone(remote=peer))

        app.middlewares.append(elsewhere)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    finally:
        await runner.cleanup()


class Serve:
    """Starts servers with settings of the test's own."""

    def __init__(self, service: Service, stack: AsyncExitStack) -> None:
        self._service = service
        self._stack = stack
        self.app = web.Application()
        """The application that was started last."""

    async def __call__(
        self, settings: Settings | None = None, other: Service | None = None
    ) -> str:
        """Start a server; the endpoint's URL."""
        settings = settings or Settings()
        self.app = create_app(other or self._service, settings)
        return await self._stack.enter_async_context(serving(self.app, settings.path))


@pytest.fixture
async def service() -> Workshop:
    return Workshop()


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def serve(service: Workshop) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:
        yield Serve(service, stack)


@pytest.fixture
async def url(serve: Serve) -> str:
    return await serve()


@pytest.fixture
async def modern(http: ClientSession, url: str) -> ModernWire:
    return ModernWire(http, url)


@pytest.fixture
async def legacy(http: ClientSession, url: str) -> LegacyWire:
    wire = LegacyWire(http, url)
    await wire.initialize()
    return wire
