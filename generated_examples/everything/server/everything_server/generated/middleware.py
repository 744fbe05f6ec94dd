"""What runs around messages: hooks, message middleware and features.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from .runtime.server import (
    Answer,
    Call,
    Feature,
    Hook,
    Middleware,
    Next,
    Outcome,
    OutcomeKind,
    Request,
    Section,
    ServerStats,
    Telemetry,
)

__all__ = [
    "Answer",
    "Call",
    "Feature",
    "Hook",
    "Middleware",
    "Next",
    "Outcome",
    "OutcomeKind",
    "Request",
    "Section",
    "ServerStats",
    "Telemetry",
]
