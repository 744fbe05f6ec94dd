"""What keeps counters, sessions and events elsewhere than in memory.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from .runtime.server import (
    Counters,
    Events,
    EventStore,
    MemoryCounters,
    MemoryEvents,
    MemorySessions,
    RateLimited,
    RateRequest,
    Session,
    SessionStore,
)

__all__ = [
    "Counters",
    "EventStore",
    "Events",
    "MemoryCounters",
    "MemoryEvents",
    "MemorySessions",
    "RateLimited",
    "RateRequest",
    "Session",
    "SessionStore",
]
