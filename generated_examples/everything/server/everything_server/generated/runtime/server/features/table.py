"""The features that this package has: the one table that knows them.

Everything else of a server sees what they do through `admission` and `middleware`.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from ...core.features import load, to_add
from ..parts import AccessLog, Authentication, Limits, Parts, Sink
from ..service import Service
from ..settings import Settings, SettingsError

if TYPE_CHECKING:
    from ..http_endpoint import Http
    from ..methods.registry import LiveCatalog
    from ..middleware import Hook


_TRANSPORTS: Final = f"{str(__package__).rpartition('.')[0]}.transports"


def build_mock(service: object, settings: Settings) -> Service | None:
    """What makes answers up in a service's place; None where that is not wanted.

    The service may be a class: its handlers may be missing, or what they need to be made.
    """
    kind = service if isinstance(service, type) else type(service)
    if not (_has("mock") and _value(settings, "mock") and issubclass(kind, Service)):
        return None
    mock: Service = _module("mock.service").mocked(service)
    return mock


def build_limits(settings: Settings, counters: Any = None) -> Limits:
    """What counts.

    Raises:
        SettingsError: Something is to count for a feature that this package lacks.
    """
    if _has("limits"):
        found: Limits = _module("limits.limits").Limits(settings, counters)
        return found
    if counters is not None:
        raise SettingsError(f"counters: {to_add('server', ('limits',))}")
    return Limits(settings.max_calls)


def build_access_log(settings: Settings, sink: Sink | None) -> AccessLog:
    """What takes every request."""
    if not _has("access_log"):
        return AccessLog()
    found: AccessLog = _module("access_log.log").AccessLog(settings, sink)
    return found


def build_authentication(
    service: Service, settings: Settings, catalog: LiveCatalog, *, local: bool
) -> Authentication | None:
    """Who gets in, by settings and the service's own rules; None lets everyone in.

    Args:
        service: What the server does.
        settings: How it is run.
        catalog: What it lists.
        local: Whether nothing is served but connections whose principal is known.

    Raises:
        SettingsError: A setting can't be used, or the service has rules of its own and
            this package no authentication.
    """
    if not _has("auth"):
        if hasattr(service, "authenticator"):
            raise SettingsError(f"authenticator: {to_add('server', ('auth',))}")
        return None
    found: Authentication | None = _module("auth.resource_server").build(
        service, settings, catalog, local=local
    )
    return found


def check_certificates(settings: Any) -> None:
    """See that what certificates of clients need is set.

    Args:
        settings: How the server is run, with the manifest's choices.

    Raises:
        SettingsError: Names what is missing.
    """
    if _has("auth") and _has("auth.mtls"):
        _module("auth.mtls").check(settings, settings.auth, settings.tls_cert)


def ask_for_certificates(context: ssl.SSLContext, settings: Settings) -> None:
    """Ask clients for certificates, where settings name who signs them."""
    authorities = _value(settings, "tls_client_ca")
    if authorities is not None:
        # Optional at the handshake: health checks and metadata need no certificate.
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(authorities)


def metrics_path(settings: Settings) -> str:
    """Where metrics are served; empty where they are not."""
    path: str = _value(settings, "metrics_path") or "" if _has("telemetry") else ""
    return path


def build_metrics(settings: Settings, guard: Any) -> Any:
    """What answers Prometheus, where the settings want it."""
    if not metrics_path(settings):
        return None
    return _module("telemetry.hook").Metrics(settings, guard)


def build_telemetry(settings: Settings, metrics: Any) -> Iterator[Hook]:
    """The hook that records spans and metrics, where the settings want it."""
    if metrics is not None or (_has("telemetry") and _value(settings, "telemetry")):
        provider = None if metrics is None else metrics.provider
        yield _module("telemetry.hook").Telemetry(meter_provider=provider)


def build_http_transports(
    parts: Parts, guard: Any, eras: Sequence[Any], access: AccessLog
) -> tuple[Http, ...]:
    """What the manifest lists beside Streamable HTTP.

    Raises:
        SettingsError: Its settings can't be used.
    """
    listed = "sse" in parts.service.contract.transports
    legacy = [era for era in eras if era.name == "legacy"]
    if not listed or not legacy or not _value(parts.settings, "sse_path"):
        return ()
    module = import_module(f"{_TRANSPORTS}.sse.transport")
    return (module.SseTransport(parts, guard, legacy, access),)


def has_stdio() -> bool:
    """Whether this package can serve standard input and output."""
    return find_spec(f"{_TRANSPORTS}.stdio") is not None


def stdio_connection(longest: int) -> Any:
    """Standard input and output, as a `Connection`.

    Raises:
        MissingFeature: This package does not serve them.
    """
    name = f"{_TRANSPORTS}.stdio"
    return load(name, "serve_stdio", "server", "stdio").StdioConnection(longest)


def _has(name: str) -> bool:
    """Whether this package has a feature; one from outside may have settings like it."""
    return find_spec(f"{__package__}.{name}") is not None


def _value(settings: Settings, name: str) -> Any:
    """A setting of a feature; None where this package lacks the feature."""
    return getattr(settings, name, None)


def _module(name: str) -> Any:
    """A module of a feature, of unknown type: not every package has it."""
    return import_module(f"{__package__}.{name}")
