"""The features that this package has: the one table that knows them.

Everything else of a server sees what they do through `admission` and `middleware`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..admission import AccessLog, Authentication, Limits, NoAccessLog, OnlyCalls, Sink
from ..settings import Settings, SettingsError
from .optional import optional

if TYPE_CHECKING:
    from ..hooks import Hook
    from ..methods.registry import LiveCatalog
    from ..service import Service


def build_mock(service: Service | type[Service]) -> Service:
    """A service that answers with sample data."""
    mock: Service = optional("mock", "mock", "mock").mocked(service)
    return mock


def build_limits(settings: Settings, counters: Any = None) -> Limits:
    """What counts."""
    if not _has("limits"):
        return OnlyCalls(settings.max_calls)
    module = optional("limits.limits", "counters", "limits")
    found: Limits = module.Limits(settings, counters)
    return found


def build_access_log(settings: Settings, sink: Sink | None) -> AccessLog:
    """What takes every request."""
    if not _has("access_log"):
        return NoAccessLog()
    module = optional("access_log", "access_log", "access-log")
    found: AccessLog = module.AccessLog(settings, sink)
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
    """
    module = optional("auth.configured", "auth", "auth")
    authenticator = service.authenticator(
        module.chosen_locally(settings)
        if local
        else module.configured(settings, service.contract)
    )
    if authenticator is None:
        return None
    needs = optional("auth.needs", "auth", "auth").Needs(
        catalog, settings.max_subscriptions
    )
    gate = optional("auth.gate", "auth", "auth")
    scopes = service.contract.scopes
    try:
        found: Authentication = gate.Gate(authenticator, settings, scopes, needs)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    return found


def build_metrics(settings: Settings, guard: Any) -> Any:
    """What answers Prometheus, where the settings want it."""
    if not settings.metrics_path:
        return None
    module = optional("telemetry", "metrics_path", "telemetry")
    return module.Metrics(settings, guard)


def build_telemetry(settings: Settings, metrics: Any) -> Iterator[Hook]:
    """The hook that records spans and metrics, where the settings want it."""
    if metrics is None and not settings.telemetry:
        return
    module = optional("telemetry", "telemetry", "telemetry")
    yield module.Telemetry(meter_provider=None if metrics is None else metrics.provider)


def _has(module: str) -> bool:
    return find_spec(f"{__name__}.{module}") is not None
