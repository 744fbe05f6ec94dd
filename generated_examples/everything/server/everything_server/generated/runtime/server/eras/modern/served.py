"""The modern era of one server, for all its transports."""

from __future__ import annotations

from ...parts import Parts
from ...stores.events import EventStore
from ...stores.sessions import SessionStore
from ..era import Connected, ServedEra
from .connection import ModernConnection
from .era import Modern
from .http import ModernHttp


def serve(
    parts: Parts, sessions: SessionStore | None, events: EventStore | None
) -> ServedEra:
    """The era, which keeps no sessions and no events."""
    return _Served(parts)


class _Served(ServedEra):
    name = "modern"

    def __init__(self, parts: Parts) -> None:
        self._era = Modern(parts)
        self.http = ModernHttp(self._era, parts)

    def connected(self, connection: Connected) -> ModernConnection:
        return ModernConnection(self._era, connection)

    def close(self) -> None:
        self._era.subscriptions.close()
