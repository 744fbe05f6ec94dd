"""Settings of telemetry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import SecretStr

from ...options.section import Section, served_path_or_off


@dataclass(frozen=True, kw_only=True)
class TelemetrySettings(Section):
    """What is measured, and who may see it."""

    title = "Telemetry"
    feature = "telemetry"

    telemetry: Annotated[
        bool, "spans and metrics of calls, to the providers of OpenTelemetry"
    ] = False
    metrics_path: Annotated[
        str,
        "answers Prometheus with metrics, such as /metrics; empty: off",
        served_path_or_off,
    ] = ""
    metrics_token: Annotated[
        SecretStr | None, "bearer token of scrapers; without one, only this machine"
    ] = None
