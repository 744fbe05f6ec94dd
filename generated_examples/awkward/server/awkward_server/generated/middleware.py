"""What runs around messages: hooks, message middleware and features.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
)

if not TYPE_CHECKING:
    from .runtime.core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__, {}, absent={"Telemetry": ("server", "telemetry")}
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
]
