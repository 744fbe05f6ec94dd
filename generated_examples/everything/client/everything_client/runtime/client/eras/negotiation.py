"""Which era and version a server speaks: modern first, then older and older.

In packages with both eras.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#backward-compatibility
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..errors import CallTimeoutError, ProtocolError, TransportError, VersionError
from ..session import EraLostError, Parts, is_busy
from . import modern

if TYPE_CHECKING:
    from ..connection import Session
    from ..options import KnownServers


async def negotiate(parts: Parts, known: KnownServers) -> Session:
    """A connection in the best era and version that both sides speak.

    Raises:
        ClientError: There is no server, it refuses, or nothing is in common.
    """
    key = parts.transport.key
    if known.era_of(key) == "legacy":
        try:
            return await _legacy(parts)
        except (ProtocolError, TransportError, VersionError) as error:
            if is_busy(error):
                raise
            known.forget(key)
    try:
        session: Session = await modern.opened(parts)
        known.remember(key, "modern")
    except EraLostError as refusal:
        session = await _older(parts, refusal)
        known.remember(key, session.server.era)
    return session


async def _legacy(parts: Parts) -> Session:
    # Imported late: most servers are modern.
    from .legacy.session import opened

    return await opened(parts)


async def _older(parts: Parts, refusal: EraLostError) -> Session:
    """A legacy session, or a modern one with a server that was silent at first."""
    try:
        return await _legacy(parts)
    except (ProtocolError, VersionError):
        if not isinstance(refusal.cause, CallTimeoutError):
            raise
        # A modern server that took long to start was asked in the old way.
        with contextlib.suppress(EraLostError):
            return await modern.opened(parts)
        raise
