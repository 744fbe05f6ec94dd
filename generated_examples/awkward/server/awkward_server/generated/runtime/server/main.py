"""Runs a server as a program: settings, logs, signals, and an orderly end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import ssl
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aiohttp.typedefs import Middleware as HttpMiddleware

from ..core.features import DEFAULT_TRANSPORTS, MissingFeature, to_add
from .app import mounted
from .features import table as known
from .handlers.contract import Contract
from .health import FLAG, is_healthy
from .logs import Lines, OneEntry
from .middleware import Hook, Middleware
from .options.sources import from_arguments
from .parts import Sink
from .runner import ApplicationRunner, Runner
from .server import CANCEL_SECONDS, SHUTDOWN_HOOK_SECONDS, Server
from .service import Feature, Service, with_features
from .settings import LOOPBACK, Settings, SettingsError
from .stopping import ExitDeadline, run, stop_signals
from .stores import Counters, EventStore, SessionStore

_CLOSE_SECONDS: Final = 1.0
"""How long the event loop and its threads may take to close."""

STDIO: Final = "--stdio"
"""The option that serves standard input and output instead of HTTP."""


class CannotStart(Exception):
    """The server can't listen, or its certificate can't be used; a line for each reason."""


def main(
    service: Service | Callable[[], Service],
    arguments: Sequence[str] | None = None,
    *,
    defaults: Settings | None = None,
    program: str | None = None,
    sessions: SessionStore | None = None,
    events: EventStore | None = None,
    counters: Counters | None = None,
    hooks: Sequence[Hook | Middleware] = (),
    features: Sequence[Feature] = (),
    middlewares: Sequence[HttpMiddleware] = (),
) -> int:
    """Serve until SIGINT or SIGTERM, and print the URL to standard output.

    Args:
        service: The service, or what makes it, such as its class.
        arguments: The command line; None means the process's own.
        defaults: Settings where neither option nor environment says anything.
        program: The program's name in its help.
        sessions: Where legacy sessions are kept; memory without it.
        events: Where the events of legacy streams are kept for clients that come back
            for them; memory without it.
        counters: Where limits count; this process's memory without it.
        hooks: Message middleware around every call, the first one outermost.
        features: What the server has beside what its manifest lists.
        middlewares: aiohttp's, around every HTTP request; they cost a tenth of a call
            by being there at all.

    Returns:
        The exit code: 0 after an orderly end, 2 where the server could not start; with
        `--health`, 0 if a server that runs is healthy, else 1. Does not return where
        handlers keep the process from ending: it exits then, soon after the setting
        `shutdown_timeout`.
    """
    given = sys.argv[1:] if arguments is None else arguments
    program = program or _program_name()
    transports = _transports(service)
    if STDIO in given and "stdio" not in transports:
        lacking = to_add("server", ("stdio",))
        print(
            f"{program}: error: {STDIO}: is not in this package: {lacking}",
            file=sys.stderr,
        )
        return 2
    serves_http = "http" in transports
    settings = from_arguments(
        [argument for argument in given if argument not in (FLAG, STDIO)],
        os.environ,
        program=program,
        description="Serve the Model Context Protocol over "
        f"{'HTTP' if serves_http else 'standard input and output'}.",
        defaults=with_features(defaults or Settings(), features),
        modes=_modes(transports),
    )
    if FLAG in given:
        return 0 if is_healthy(settings) else 1
    _configure_logs(settings)
    deadline = ExitDeadline()

    def stop_in_time(number: int) -> None:
        deadline.within(_longest_end(settings, number), 1)

    code = 1
    runner = asyncio.Runner(loop_factory=_loop_factory())
    try:
        run(
            runner,
            serve_stdio(
                service,
                settings,
                hooks=hooks,
                features=features,
                on_signal=stop_in_time,
            )
            if STDIO in given or not serves_http
            else serve(
                partial(
                    Server,
                    sessions=sessions,
                    events=events,
                    counters=counters,
                    hooks=hooks,
                    features=features,
                ),
                _made(service, settings),
                settings,
                middlewares,
                on_signal=stop_in_time,
            ),
        )
        code = 0
    except CannotStart as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        code = 2
    finally:
        # What still runs on the loop, or in its threads, is waited for without limit.
        deadline.within(_CLOSE_SECONDS, code)
        with suppress(SystemExit, KeyboardInterrupt):  # of tasks that are canceled
            runner.close()
        deadline.cancel(code)
    return code


def _transports(service: object) -> tuple[str, ...]:
    """How a service, or a class of services, is reached."""
    contract = getattr(service, "contract", None)
    listed = (
        contract.transports if isinstance(contract, Contract) else DEFAULT_TRANSPORTS
    )
    return tuple(t for t in listed if t != "stdio" or known.has_stdio())


def _modes(transports: Sequence[str]) -> dict[str, str]:
    """What the program can do instead, by the option that asks for it."""
    modes: dict[str, str] = {}
    if "stdio" in transports:
        also = " instead" if "http" in transports else ": the default"
        modes[STDIO] = f"serve standard input and output{also}"
    if "http" in transports:
        modes[FLAG] = (
            "ask a running server with these settings instead: exit with 0 if it is "
            "healthy, else 1"
        )
    return modes


def _longest_end(settings: Settings, number: int) -> float:
    """How long the end may take after a signal, even if the event loop is blocked."""
    drain = settings.drain_delay if number == signal.SIGTERM else 0.0
    rest = CANCEL_SECONDS + SHUTDOWN_HOOK_SECONDS + _CLOSE_SECONDS
    return drain + settings.shutdown_timeout + rest


def _made(service: Service | Callable[[], Service], settings: Settings) -> Service:
    mock = known.build_mock(service, settings)
    if mock is not None:
        return mock
    if isinstance(service, Service):
        return service
    make: object = service
    missing: list[str] = sorted(getattr(make, "__abstractmethods__", ()))
    if missing:
        name: str = getattr(make, "__qualname__", "the service")
        raise CannotStart(
            f"{name} has no handler {', '.join(missing)}; write it, or let mcpgen add "
            "a stub: mcpgen generate --add-stubs"
        )
    return service()


def _built(
    make: Callable[..., Server],
    service: Service,
    settings: Settings,
    access_log: Sink | None = None,
    *,
    local: bool = False,
) -> Server:
    """The server of a service.

    Args:
        make: `Server`, with what its users hand over.
        service: What the server does.
        settings: How it is run.
        access_log: Takes the lines of the access log.
        local: Whether it serves standard input and output alone.

    Raises:
        CannotStart: A setting can't be used, or a library is missing that only calls
            import.
    """
    if find_spec("jsonschema_rs") is None:
        raise CannotStart(
            "the library jsonschema-rs is not installed: "
            f"{sys.executable} -m pip install --force-reinstall jsonschema-rs"
        )
    try:
        server = make(service, settings, access_log=access_log, local=local)
        if not local:
            known.check_certificates(server.parts.settings)
        return server
    except SettingsError as error:
        raise CannotStart("\n".join(error.lines)) from None


async def serve(
    make: Callable[..., Server],
    service: Service,
    settings: Settings,
    middlewares: Sequence[HttpMiddleware] = (),
    *,
    announce: Callable[[str], None] | None = None,
    on_signal: Callable[[int], None] = lambda number: None,
) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the URL once it is listened on.

    Raises:
        CannotStart: The address is taken, a setting or the certificate can't be used, a
            library is missing, or anyone on the network could call the server.
    """
    lines = Lines(sys.stderr)
    server = _built(make, service, settings, lines)
    _refuse_strangers(server, settings)
    # Without the application layer where nothing needs it.
    runner = (
        ApplicationRunner(mounted(server, settings, middlewares), settings)
        if middlewares
        else Runner(server, settings)
    )
    context = tls_context(settings)
    await runner.setup()
    try:
        try:
            await runner.listen(settings.host, settings.port, context)
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise CannotStart(f"{where}: {error.strerror or error}") from None
        scheme = "http" if context is None else "https"
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"{scheme}://{host}:{runner.addresses[0][1]}{settings.path}"
        # What exists now lives as long as the process; the collector need not look at it.
        gc.freeze()
        with stop_signals(on_signal) as signals:
            (announce or partial(print, flush=True))(url)
            if await signals.get() == signal.SIGTERM and settings.drain_delay:
                runner.drain()
                with suppress(TimeoutError):  # another signal ends it
                    async with asyncio.timeout(settings.drain_delay):
                        await signals.get()
    finally:
        await runner.cleanup()
        lines.flush()


async def serve_stdio(
    service: Service | Callable[[], Service],
    settings: Settings | None = None,
    *,
    hooks: Sequence[Hook | Middleware] = (),
    features: Sequence[Feature] = (),
    on_signal: Callable[[int], None] = lambda number: None,
) -> None:
    """Serve standard input and output until the input ends, or SIGINT or SIGTERM.

    Authorization does not apply here: the program that started the process is its one
    client. A server that authenticates sees it as the principal "local", with the
    scopes of the setting `stdio_scopes`. What handlers print goes to standard error,
    for as long as the process lives.

    Args:
        service: The service, or what makes it, such as its class.
        settings: How it is run; those of HTTP mean nothing here.
        hooks: Message middleware around every call, the first one outermost.
        features: What the server has beside what its manifest lists.
        on_signal: Called with each signal, and with SIGINT in a thread when the client
            has closed its end; must not wait.

    Raises:
        CannotStart: A setting can't be used, or a library is missing.
        MissingFeature: The manifest's `transports` do not list `stdio`.
    """
    if "stdio" not in _transports(service):
        raise MissingFeature("serve_stdio", "server", "stdio")
    settings = settings or Settings()
    connection = known.stdio_connection(settings.max_body)
    connection.take()
    make = partial(Server, hooks=hooks, features=features)
    server = _built(make, _made(service, settings), settings, local=True)
    async with server.running():
        gc.freeze()
        with stop_signals(on_signal) as signals:
            await connection.open(lambda: on_signal(signal.SIGINT))
            serving = asyncio.ensure_future(
                server.serve(connection, server.local_principal())
            )
            stopping = asyncio.ensure_future(signals.get())
            await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            await server.end_connections()
            await serving


def _refuse_strangers(server: Server, settings: Settings) -> None:
    if server.authenticates or settings.allow_anonymous or settings.host in LOOPBACK:
        return
    choice = (
        "choose a kind of auth (--auth or MCP_AUTH)"
        if hasattr(settings, "auth")
        else to_add("server", ("auth",))
    )
    raise CannotStart(
        f"{settings.host}: without authentication, only this machine is served; "
        f"{choice}, or set allow_anonymous (--allow-anonymous or "
        "MCP_ALLOW_ANONYMOUS=true)"
    )


def _check_file(setting: str, path: Path) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise CannotStart(f"{setting}: {path}: {error.strerror}") from None


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """What serves HTTPS with the certificate of the settings; None without one.

    Raises:
        CannotStart: The certificate or the authorities can't be used.
    """
    if settings.tls_cert is None:
        if settings.tls_key is not None:
            raise CannotStart("tls_key: needs tls_cert (--tls-cert) as well")
        return None
    for name in ("tls_cert", "tls_key", "tls_client_ca"):
        path = getattr(settings, name, None)
        if path is not None:
            _check_file(name, path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
        known.ask_for_certificates(context, settings)
    except OSError as error:
        raise CannotStart(f"{settings.tls_cert}: {error.strerror or error}") from None
    return context


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed."""
    try:
        uvloop = import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _configure_logs(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneEntry("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])


def _program_name() -> str:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    package = getattr(spec, "parent", "") or ""
    return f"python -m {package}" if package else "server"
