"""The eras that this package has: the one table that knows them.

Everything else of a server sees what they do through `era`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from ...core.features import to_add
from ..settings import SettingsError
from .era import ServedEra

if TYPE_CHECKING:
    from ..parts import Parts
    from ..stores.events import EventStore
    from ..stores.sessions import SessionStore

_NEWEST_FIRST: Final = ("modern", "legacy")


def build_eras(
    parts: Parts, sessions: SessionStore | None, events: EventStore | None
) -> tuple[ServedEra, ...]:
    """The eras of the revisions that are served, the newest first.

    Args:
        parts: What the server consists of.
        sessions: Where sessions are kept; memory without it.
        events: Where events are kept; memory without it.

    Raises:
        SettingsError: This package lacks one of them, or what a store is for.
    """
    return tuple(_built(parts, sessions, events))


def _built(
    parts: Parts, sessions: SessionStore | None, events: EventStore | None
) -> Iterator[ServedEra]:
    for name, store in (("sessions", sessions), ("events", events)):
        if store is not None and not _has("legacy"):
            raise SettingsError(f"{name}: {to_add('server', ('legacy',))}")
    for era in _NEWEST_FIRST:
        served = [v for v, r in parts.offer.revisions.items() if r.era == era]
        if served and not _has(era):
            raise SettingsError(f"revision {served[0]}: {to_add('server', (era,))}")
        if served:
            # Of unknown type: not every package has it.
            module: Any = import_module(f"{__package__}.{era}.served")
            yield module.serve(parts, sessions, events)


def _has(era: str) -> bool:
    return find_spec(f"{__package__}.{era}") is not None
