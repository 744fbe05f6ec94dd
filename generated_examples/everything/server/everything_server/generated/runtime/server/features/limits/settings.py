"""Settings of limits: rates, calls, streams and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ...options.section import Common, Section


@dataclass(frozen=True, kw_only=True)
class LimitSettings(Section):
    """What one client, and all of them together, may use."""

    title = "Limits"
    feature = "limits"
    common: ClassVar[Common] = ("address_rate", "principal_rate")

    address_rate: Annotated[
        float, "requests per second and address, loopback apart; 0: no limit"
    ] = 200.0
    address_burst: Annotated[int, "requests of an address that may come at once"] = 400
    principal_rate: Annotated[
        float, "requests per second and principal; 0: no limit"
    ] = 100.0
    principal_burst: Annotated[int, "requests of a principal that may come at once"] = (
        200
    )
    total_rate: Annotated[float, "requests per second of all; 0: no limit"] = 0.0
    total_burst: Annotated[int, "requests of all that may come at once"] = 1_000
    client_calls: Annotated[
        int, "calls at one time per principal, else per address; 0: no limit"
    ] = 100
    client_streams: Annotated[
        int, "open streams per principal, else per address; 0: no limit"
    ] = 100
    principal_sessions: Annotated[int, "legacy sessions per principal; 0: no limit"] = (
        100
    )
    address_sessions: Annotated[
        int, "legacy sessions per address, loopback apart; 0: no limit"
    ] = 1_000
