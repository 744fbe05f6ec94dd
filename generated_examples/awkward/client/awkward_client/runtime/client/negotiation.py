"""What clients remember of servers: the era that each spoke when it was last met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..core.revision import Era
    from .channel import Origin

MAX_KNOWN: Final = 256


class KnownServers:
    """The eras of servers that were met before, by origin; the oldest are forgotten.

    Each client has its own. Clients that share one open a connection to a legacy server
    that another has met without asking it for the modern era first.
    """

    def __init__(self) -> None:
        self._eras: dict[Origin, Era] = {}

    def era_of(self, origin: Origin | None) -> Era | None:
        """The era that a server spoke when it was last met."""
        return None if origin is None else self._eras.get(origin)

    def remember(self, origin: Origin | None, era: Era) -> None:
        """A server was met."""
        if origin is None:
            return
        self.forget(origin)
        self._eras[origin] = era
        if len(self._eras) > MAX_KNOWN:
            del self._eras[next(iter(self._eras))]

    def forget(self, origin: Origin | None) -> None:
        """The server has changed: what is known of it counts no more."""
        if origin is not None:
            self._eras.pop(origin, None)
