"""The start of a connection in the legacy era: a session, over what transport there is.

https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization
"""

from __future__ import annotations

import contextlib
from typing import Final

from ...channel import SessionChannel
from ...errors import ClientError, ProtocolError, TransportError
from ...session import Parts
from .session import LegacySession

_NO_ENDPOINT: Final = frozenset([400, 404, 405])


async def opened(parts: Parts) -> LegacySession:
    """A legacy session, over the first of the transport's channels that there is."""
    first, *others = parts.transport.sessions(parts.tasks)
    try:
        return await _session(parts, first())
    except (ProtocolError, TransportError) as error:
        if error.status not in _NO_ENDPOINT:
            raise
        for other in others:
            # The newer transport's refusal says more.
            with contextlib.suppress(ClientError):
                return await _session(parts, other())
        raise


async def _session(parts: Parts, channel: SessionChannel) -> LegacySession:
    legacy = LegacySession(parts, channel)
    try:
        await legacy.open()
    except BaseException:
        await legacy.close()
        raise
    return legacy
