"""Telemetry and the page of metrics, where settings ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .hook import Metrics, Telemetry

if TYPE_CHECKING:
    from ...hooks import Hook
    from ...settings import Settings
    from ...transports.http.guard import Guard


def metrics(settings: Settings, guard: Guard) -> Metrics | None:
    """What answers Prometheus; None where that is not wanted."""
    return Metrics(settings, guard) if settings.metrics_path else None


def hooks(settings: Settings, page: Metrics | None) -> Iterator[Hook]:
    """The hook that settings ask for."""
    if page is not None or settings.telemetry:
        yield Telemetry(meter_provider=None if page is None else page.provider)
