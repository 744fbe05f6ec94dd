"""The legacy era of one server, for all its transports."""

from __future__ import annotations

from ...parts import Parts
from ...stores.events import EventStore
from ...stores.sessions import SessionStore
from ..era import Connected, ServedEra
from .connection import LegacyConnection
from .era import Legacy
from .http import LegacyHttp
from .session_manager import SessionManager
from .sessions import MemorySessions


def serve(
    parts: Parts, sessions: SessionStore | None, events: EventStore | None
) -> ServedEra:
    """The era, with its sessions over HTTP."""
    if sessions is None:
        sessions = MemorySessions(parts.settings.max_sessions)
    return _Served(parts, SessionManager(sessions, parts, events))


class _Served(ServedEra):
    name = "legacy"

    def __init__(self, parts: Parts, manager: SessionManager) -> None:
        self._parts = parts
        self._manager = manager
        self._era = Legacy(parts, manager.touch)
        self.http = LegacyHttp(self._era, manager, parts)

    def connected(self, connection: Connected) -> LegacyConnection:
        changes = self._parts.catalog.changes
        return LegacyConnection(self._era, self._manager, connection, changes)

    def check_batch(self, size: int) -> None:
        self._era.check_batch(size)

    @property
    def sessions(self) -> int:
        return len(self._manager)

    def close(self) -> None:
        self._manager.close()
