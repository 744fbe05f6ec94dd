"""Puts a server together from its parts, and leads it through its life.

The only module that knows all parts; answers HTTP requests of any path.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web

from ..core.connection import Connection
from .eras.era import build_eras
from .features import table as known
from .handlers.contract import offer
from .handlers.invoke import Threads
from .http_endpoint import Endpoint, Handler, not_found, router, with_slash
from .incoming import Refused
from .methods.registry import register
from .methods.table import Methods
from .middleware import Chain, Hook, Middleware, ServerStats, from_users
from .monitor import RequestMonitor
from .parts import Parts, Sink
from .principal import Principal
from .service import (
    Feature,
    Service,
    configure,
    custom_methods,
    middleware_of,
    with_capabilities,
)
from .settings import Settings, effective
from .transports.connection import ConnectionServer
from .transports.http.guard import Guard

if TYPE_CHECKING:
    from .stores import Counters, EventStore, SessionStore

_log: Final = logging.getLogger("mcp.server")

CANCEL_SECONDS: Final = 1.0
"""How long canceled handlers may clean up at shutdown."""

SHUTDOWN_HOOK_SECONDS: Final = 5.0
"""How long `on_shutdown` may take."""


class Server:
    """One server.

    Attributes:
        catalog: What it offers.
    """

    def __init__(
        self,
        service: Service,
        settings: Settings,
        *,
        sessions: SessionStore | None = None,
        events: EventStore | None = None,
        access_log: Sink | None = None,
        counters: Counters | None = None,
        hooks: Sequence[Hook | Middleware] = (),
        features: Sequence[Feature] = (),
        local: bool = False,
    ) -> None:
        """Prepare everything that can be prepared.

        Args:
            service: What the server does.
            settings: How it is run.
            sessions: Where legacy sessions are kept; memory without it.
            events: Where events are kept; memory without it.
            access_log: Takes the lines of the access log.
            counters: Where limits count; memory without it.
            hooks: Message middleware around every call, the first one outermost.
            features: What the server has beside what its manifest lists.
            local: Whether only connections of `serve` are served, so that nobody need
                be authenticated by what a request carries.

        Raises:
            ValueError: The service's contract can't be served, or not with these
                settings.
        """
        service = known.build_mock(service, settings) or service
        settings = effective(settings, service.contract.auth)
        self._service = service
        self._settings = settings
        self._features = tuple(features)
        configure(self._features, settings)
        self._guard = Guard(settings)
        self._connections: set[ConnectionServer] = set()
        self._threads = Threads(settings.threads)
        self._ready = False
        self._limits = known.build_limits(settings, counters)
        self._metrics = known.build_metrics(settings, self._guard)
        self._hooks: tuple[Hook | Middleware, ...] = (
            *known.build_telemetry(settings, self._metrics),
            *hooks,
        )
        self.catalog: Final = register(
            service,
            service.contract,
            service.announces,
            self._threads,
            settings.tool_timeout,
        )
        self._authentication = known.build_authentication(
            service, settings, self.catalog, local=local
        )
        if self._authentication is not None:
            # What only known principals get is not for caches that others use.
            settings = dataclasses.replace(
                settings, list_cache_scope="private", read_cache_scope="private"
            )
        self.parts: Final = self._parts(settings)
        """What its transports and eras share."""
        self._eras = tuple(build_eras(self.parts, sessions, events))
        access = known.build_access_log(settings, access_log)
        endpoint = Endpoint(self.parts, self._guard, self._eras, access)
        self.transports: Final = known.build_http_transports(
            self.parts, self._guard, self._eras, access
        )
        """What is served over HTTP beside Streamable HTTP."""
        self.pages: Final[Mapping[str, Handler]] = self._pages()
        """What answers GET requests of each path that only has these."""
        self.routes: Final[Mapping[str, Handler]] = self._routes(endpoint.handle)
        """What answers the HTTP requests of each other path."""
        self._router = router({**self.pages, **self.routes})

    def handle(self, request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        """Answer an HTTP request of any path."""
        return self._router(request)

    def _pages(self) -> dict[str, Handler]:
        settings = self._settings
        pages: dict[str, Handler] = {
            settings.ready_path: self._is_ready,
            settings.health_path: self._alive,
        }
        if self._metrics is not None:
            pages[known.metrics_path(settings)] = self._metrics.page
        return {path: answer for path, answer in pages.items() if path}

    def _routes(self, answer: Handler) -> dict[str, Handler]:
        routes = {k: v for each in self.transports for k, v in each.routes.items()}
        if self._authentication is not None:
            routes.update(dict.fromkeys(self._authentication.paths, self.metadata))
        return routes | dict.fromkeys(with_slash(self._settings.path), answer)

    def _parts(self, settings: Settings) -> Parts:
        features = self._features
        offered = offer(self._service.contract, self._service.announces)
        offered = dataclasses.replace(
            offered, capabilities=with_capabilities(offered.capabilities, features)
        )
        methods = Methods(
            self.catalog,
            settings,
            masks=self._authentication is not None
            and self._authentication.hides_forbidden,
        ).table
        custom = custom_methods(
            features,
            {m: m for r in offered.revisions.values() for m in r.client_requests},
        )
        chain = Chain(
            [
                ("limits", self._limits.around),
                *((_named(hook), from_users(hook)) for hook in self._hooks),
                *middleware_of(features),
            ]
        )
        return Parts(
            self._service,
            settings,
            offered,
            self.catalog,
            {**methods, **custom},
            frozenset(custom),
            chain,
            self._limits,
            self._authentication,
            RequestMonitor(),
        )

    async def serve(
        self, connection: Connection, principal: Principal | None = None
    ) -> None:
        """Serve a connection on which messages go both ways, until either side ends it.

        The server must have been started; see `running`.

        Args:
            connection: A pipe, a socket, a WebSocket: whatever carries messages.
            principal: Who is at the other end; a server that authenticates needs it.

        Raises:
            ValueError: The server authenticates, and nobody is named.
        """
        if self.authenticates and principal is None:
            raise ValueError(
                "this server authenticates: name the principal of the connection"
            )
        if self._authentication is not None and principal is not None:
            principal = self._authentication.extended(principal)
        serving = ConnectionServer(self.parts, self._eras, connection, principal)
        self._connections.add(serving)
        try:
            await serving.serve()
        finally:
            self._connections.discard(serving)

    def local_principal(self) -> Principal | None:
        """Who started the process, with the scopes of `stdio_scopes`: all by default."""
        return (
            None
            if self._authentication is None
            else self._authentication.local_principal()
        )

    async def end_connections(self) -> None:
        """End the connections of `serve`, after their subscriptions."""
        await self.end_streams()
        await asyncio.sleep(0)
        for serving in tuple(self._connections):
            serving.end()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Server, None]:
        """Start the server for connections of your own, and stop it afterwards."""
        await self.start()
        try:
            yield self
        finally:
            await self.end_streams()
            await self.stop()

    @property
    def middleware(self) -> tuple[str, ...]:
        """What a call passes on its way to its method, in this order."""
        return self.parts.chain.names

    @property
    def sessions(self) -> int:
        """How many sessions of legacy clients are open, over HTTP."""
        return sum(era.sessions for era in self._eras)

    @property
    def authenticates(self) -> bool:
        """Whether only known principals are served."""
        return self._authentication is not None

    @property
    def named_metadata_paths(self) -> tuple[str, ...]:
        """Those that belong to this server alone, as clients know it."""
        return () if self._authentication is None else self._authentication.named

    async def metadata(self, request: web.BaseRequest) -> web.StreamResponse:
        """What clients must know to get a token; see `ResourceServer.metadata`."""
        try:
            self._guard.check_host(request)
        except Refused as refusal:
            return web.json_response({"error": str(refusal.error)}, status=403)
        if self._authentication is None:
            return await not_found(request)
        return self._authentication.metadata(request)

    async def _alive(self, _: web.BaseRequest) -> web.StreamResponse:
        """Whether the process lives."""
        return web.json_response({"status": "ok"})

    async def _is_ready(self, _: web.BaseRequest) -> web.StreamResponse:
        """Whether requests are welcome: from start until shutdown begins."""
        if self._ready:
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "stopping"}, status=503)

    async def start(self) -> None:
        """Before the first request; where that fails, everything is closed again."""
        limits = self._limits
        stats = ServerStats(
            lambda: limits.calls, lambda: self.sessions, lambda: limits.streams
        )
        for hook in self._hooks:
            if isinstance(hook, Hook):
                hook.attach(stats)
        async with AsyncExitStack() as closing:
            self._close_with(closing)
            self.catalog.changes.bind(asyncio.get_running_loop())
            await self._start_service()
            for feature in self._features:
                await feature.on_startup(self.catalog)
                closing.push_async_callback(feature.on_shutdown)
            closing.pop_all()
        self._ready = True

    async def _start_service(self) -> None:
        try:
            await self._service.on_startup(self.catalog)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise RuntimeError("on_startup awaited a canceled task") from error

    def drain(self) -> None:
        """When the server is about to end: it is not ready any more, but still serves."""
        self._ready = False

    async def end_streams(self) -> None:
        """When shutdown begins: requests go on, open-ended streams end in order."""
        self._ready = False
        for transport in self.transports:
            transport.finish()
        for era in self._eras:
            era.close()

    async def stop(self) -> None:
        """After the last request, or when the rest has had its time and is canceled."""
        async with AsyncExitStack() as closing:
            self._close_with(closing)
            closing.push_async_callback(self._shut_down_service)
            for feature in self._features:
                closing.push_async_callback(feature.on_shutdown)
            closing.push_async_callback(self._limits.settle, CANCEL_SECONDS)
            closing.callback(self.parts.monitor.close)
            for serving in tuple(self._connections):
                serving.end()
            await self.parts.monitor.cancel(CANCEL_SECONDS)

    def _close_with(self, closing: AsyncExitStack) -> None:
        """Close what the server has made of its own, in any case."""
        closing.callback(self._threads.close)
        if self._metrics is not None:
            closing.callback(self._metrics.close)
        if self._authentication is not None:
            closing.push_async_callback(self._authentication.close)

    async def _shut_down_service(self) -> None:
        """Call `on_shutdown`, and give it up where it does not end."""
        ending = asyncio.ensure_future(self._service.on_shutdown())
        done, _ = await asyncio.wait([ending], timeout=SHUTDOWN_HOOK_SECONDS)
        if not done:
            ending.cancel()
            _log.error("on_shutdown did not end within %g s", SHUTDOWN_HOOK_SECONDS)
            return
        ending.result()


def _named(hook: Hook | Middleware) -> str:
    return (
        type(hook).__name__
        if isinstance(hook, Hook)
        else getattr(hook, "__name__", type(hook).__name__)
    )
