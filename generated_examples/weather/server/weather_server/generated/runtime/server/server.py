"""Puts a server together from its parts, and leads it through its life.

The only module that knows all parts; answers HTTP requests of any path.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from ..protocol.revisions import REVISIONS
from .calls.capabilities import offer
from .calls.methods import Methods
from .calls.stocking import stock
from .endpoint import Endpoint
from .handlers.invoke import Threads
from .http.access_log import AccessLog, Sink
from .http.guard import Guard
from .http.watch import Watch
from .legacy.era import Legacy
from .legacy.registry import Registry
from .legacy.sessions import MemorySessions, SessionStore
from .limits.counters import Counters
from .limits.limits import Limits
from .modern.era import Modern
from .service import Service
from .settings import Settings


class Server:
    """One server.

    Attributes:
        catalog: What it offers.
        registry: Its legacy sessions.
        endpoint: The MCP endpoint.
    """

    def __init__(
        self,
        service: Service,
        settings: Settings,
        *,
        sessions: SessionStore | None = None,
        access_log: Sink | None = None,
        counters: Counters | None = None,
    ) -> None:
        """Prepare everything that can be prepared.

        Raises:
            ValueError: The service's contract can't be served.
        """
        self._service = service
        self._settings = settings
        self._threads = Threads(settings.threads)
        self._watch = Watch()
        self._ready = False
        self._limits = Limits(settings, counters)
        offered = offer(service)
        self.catalog: Final = stock(service, settings, self._threads)
        methods = Methods(self.catalog, settings)
        self.registry: Final = Registry(
            MemorySessions(settings.max_sessions) if sessions is None else sessions,
            self.catalog.changes,
            offered.legacy,
            self._watch,
            settings,
            self._limits,
        )
        self._modern = (
            Modern(offered, self.catalog, methods, self._watch, settings, self._limits)
            if offered.modern
            else None
        )
        legacy = (
            Legacy(
                offered,
                self.catalog,
                methods,
                self.registry,
                self._watch,
                settings,
                self._limits,
            )
            if offered.legacy
            else None
        )
        self.endpoint: Final = Endpoint(
            Guard(settings),
            self._limits,
            self._modern,
            legacy,
            self.registry,
            frozenset(v for v, known in REVISIONS.items() if known.era == "legacy"),
            AccessLog(settings.access_log, access_log),
            settings.max_body,
            settings.body_timeout,
        )

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer an HTTP request of any path."""
        path = request.path
        settings = self._settings
        if path == settings.path:
            return await self.endpoint.handle(request)
        if path == settings.health_path:
            return await self.alive(request)
        if path == settings.ready_path:
            return await self.ready(request)
        return web.Response(status=404, text="Not found")

    async def alive(self, _: web.BaseRequest) -> web.StreamResponse:
        """Whether the process lives."""
        return web.json_response({"status": "ok"})

    async def ready(self, _: web.BaseRequest) -> web.StreamResponse:
        """Whether requests are welcome: from start until shutdown begins."""
        if self._ready:
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "stopping"}, status=503)

    async def start(self) -> None:
        """Before the first request."""
        await self._service.on_startup(self.catalog)
        self._ready = True

    async def end_streams(self) -> None:
        """When shutdown begins: requests go on, open-ended streams end in order."""
        self._ready = False
        self.registry.close()
        if self._modern is not None:
            self._modern.subscriptions.close()

    async def stop(self) -> None:
        """After the last request."""
        self._watch.close()
        await self._service.on_shutdown()
        self._threads.close()
