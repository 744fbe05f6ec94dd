"""A server as an aiohttp application, to be mounted in one's own or run by one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware as HttpMiddleware

from .methods.registry import LiveCatalog
from .middleware import Hook, Middleware
from .parts import Sink
from .server import Server
from .service import Feature, Service
from .settings import Settings
from .stores import Counters, EventStore, SessionStore

LIVE_CATALOG: Final = web.AppKey("LIVE_CATALOG", LiveCatalog)
"""Where the application keeps what it offers: `app[LIVE_CATALOG].updated(uri)`."""

SERVER: Final = web.AppKey("SERVER", Server)
"""Where the application keeps its server."""


def create_app(
    service: Service,
    settings: Settings | None = None,
    *,
    sessions: SessionStore | None = None,
    events: EventStore | None = None,
    access_log: Sink | None = None,
    counters: Counters | None = None,
    hooks: Sequence[Hook | Middleware] = (),
    features: Sequence[Feature] = (),
    middlewares: Sequence[HttpMiddleware] = (),
) -> web.Application:
    """The server as an application: run it, or mount it in your own.

    Your own runner should leave `handler_cancellation` off, as is the default: the
    legacy era wants requests to go on when a connection is lost, and the modern era's
    cancellation is taken care of here.

    Args:
        service: What the server does.
        settings: How it is run; host and port only serve to know local hosts.
        sessions: Where legacy sessions are kept; memory without it.
        events: Where the events of legacy streams are kept for clients that come back
            for them; memory without it. The setting `event_history` 0 keeps none.
        access_log: Takes the lines of the access log; without it, the logger
            `mcp.access` does.
        counters: Where limits count; this process's memory without it.
        hooks: Message middleware around every call, the first one outermost.
        features: What the server has beside what its manifest lists.
        middlewares: aiohttp's, around every HTTP request to the application.

    Raises:
        ValueError: The service's contract can't be served, or not with these settings.
    """
    settings = settings or Settings()
    server = Server(
        service,
        settings,
        sessions=sessions,
        events=events,
        access_log=access_log,
        counters=counters,
        hooks=hooks,
        features=features,
    )
    return mounted(server, settings, middlewares)


def add_metadata_route(root: web.Application, app: web.Application) -> None:
    """Serve the OAuth metadata of a mounted server where clients look for it.

    That is at the root, below `/.well-known/`, and so outside of what a prefix covers:
    https://www.rfc-editor.org/rfc/rfc9728#section-3.1

    Args:
        root: The application that serves the root.
        app: From `create_app`, with `public_url` set to the endpoint's URL as clients
            know it, prefix and all. Nothing is added where it has no metadata.
    """
    server = app[SERVER]
    for path in server.named_metadata_paths:
        root.router.add_route("*", path, server.metadata)


def mounted(
    server: Server, settings: Settings, middlewares: Sequence[HttpMiddleware]
) -> web.Application:
    """A server that is there already as an application."""
    app = web.Application(middlewares=middlewares)
    app[LIVE_CATALOG] = server.catalog
    app[SERVER] = server
    for path, handler in server.pages.items():
        app.router.add_get(path, handler)
    for path, handler in server.routes.items():
        app.router.add_route("*", path, handler)

    async def end_streams(_: web.Application) -> None:
        await server.end_streams()

    async def lifetime(_: web.Application) -> AsyncIterator[None]:
        await server.start()
        yield
        await server.stop()

    app.on_shutdown.append(end_streams)
    app.cleanup_ctx.append(lifetime)
    return app
