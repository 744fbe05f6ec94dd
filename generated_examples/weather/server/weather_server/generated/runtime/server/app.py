"""Puts a server together, as an aiohttp application that can stand alone or be mounted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from ..protocol.revisions import REVISIONS
from .access_log import AccessLog, Sink
from .capabilities import offer
from .endpoint import Endpoint
from .guard import Guard
from .invoke import Threads
from .legacy import Legacy
from .live import LiveCatalog
from .methods import Methods
from .modern import Modern
from .registry import Registry
from .service import Service
from .sessions import MemorySessions, SessionStore
from .settings import Settings
from .stocking import stock
from .watch import Watch

LIVE_CATALOG: Final = web.AppKey("LIVE_CATALOG", LiveCatalog)
"""Where the application keeps what it offers: `app[LIVE_CATALOG].updated(uri)`."""

REGISTRY: Final = web.AppKey("REGISTRY", Registry)
"""Where the application keeps its legacy sessions."""


def create_app(
    service: Service,
    settings: Settings | None = None,
    *,
    sessions: SessionStore | None = None,
    access_log: Sink | None = None,
) -> web.Application:
    """The server as an application: run it, or mount it in your own.

    Your own runner should leave `handler_cancellation` off, as is the default: the
    legacy era wants requests to go on when a connection is lost, and the modern era's
    cancellation is taken care of here.

    Args:
        service: What the server does.
        settings: How it is run; host and port only serve to know local hosts.
        sessions: Where legacy sessions are kept; memory without it.
        access_log: Takes the lines of the access log; without it, the logger
            `mcp.access` does.

    Raises:
        ValueError: The service's contract can't be served.
    """
    settings = settings or Settings()
    threads = Threads(settings.threads)
    catalog = stock(service, settings, threads)
    offered = offer(service)
    watch = Watch()
    methods = Methods(catalog, settings)
    registry = Registry(
        sessions or MemorySessions(settings.max_sessions),
        catalog.changes,
        offered.legacy,
        watch,
        settings,
    )
    modern = (
        Modern(offered, catalog, methods, watch, settings) if offered.modern else None
    )
    legacy = (
        Legacy(offered, catalog, methods, registry, watch, settings)
        if offered.legacy
        else None
    )
    endpoint = Endpoint(
        Guard(settings),
        modern,
        legacy,
        registry,
        frozenset(v for v, revision in REVISIONS.items() if revision.era == "legacy"),
        AccessLog(settings.access_log, access_log),
        settings.max_body,
    )

    app = web.Application()
    app[LIVE_CATALOG] = catalog
    app[REGISTRY] = registry
    app.router.add_route("*", settings.path, endpoint.handle)
    health = _Health()
    if settings.health_path:
        app.router.add_get(settings.health_path, health.alive)
    if settings.ready_path:
        app.router.add_get(settings.ready_path, health.ready)

    async def end_streams(_: web.Application) -> None:
        health.is_ready = False
        registry.close()
        if modern is not None:
            modern.subscriptions.close()

    async def lifetime(_: web.Application) -> AsyncIterator[None]:
        await service.on_startup(catalog)
        health.is_ready = True
        yield
        watch.close()
        await service.on_shutdown()
        threads.close()

    app.on_shutdown.append(end_streams)
    app.cleanup_ctx.append(lifetime)
    return app


class _Health:
    """Whether the process lives, and whether it takes requests."""

    __slots__ = ("is_ready",)

    def __init__(self) -> None:
        self.is_ready = False

    async def alive(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(self, _: web.Request) -> web.Response:
        if self.is_ready:
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "stopping"}, status=503)
