"""What keeps counters, sessions and events elsewhere than in memory.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from .runtime.server import (
    Counters,
    Demand,
    Events,
    EventStore,
    MemoryCounters,
    MemoryEvents,
    MemorySessions,
    Session,
    SessionStore,
    Shortage,
)

__all__ = [
    "Counters",
    "Demand",
    "EventStore",
    "Events",
    "MemoryCounters",
    "MemoryEvents",
    "MemorySessions",
    "Session",
    "SessionStore",
    "Shortage",
]
