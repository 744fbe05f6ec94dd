"""The start of a connection in the modern era: `server/discover`.

https://modelcontextprotocol.io/specification/2026-07-28/server/discover
"""

from __future__ import annotations

from typing import Any, Final

from ....core import errors as codes
from ...errors import (
    AuthError,
    CallTimeoutError,
    ClientError,
    InvalidResultError,
    ProtocolError,
    TransportError,
    VersionError,
)
from ...options import CallSettings
from ...session import EraLostError, Parts, is_busy
from ...shapes import is_list
from .session import ModernSession

PROBE_LIMIT: Final = 10.0
"""Seconds for an answer to the first modern request: old servers may keep silent."""

_MODERN_ERRORS: Final = frozenset(
    [
        codes.HEADER_MISMATCH,
        codes.MISSING_CLIENT_CAPABILITY,
        codes.UNSUPPORTED_PROTOCOL_VERSION,
    ]
)


class NotModernError(Exception):
    """The server is legacy, or no MCP server at all.

    Attributes:
        cause: What it answered; None where that says nothing.
    """

    def __init__(self, cause: ClientError | None) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def opened(parts: Parts) -> ModernSession:
    """A connection of a client that speaks this era alone.

    Raises:
        ClientError: There is no server, it refuses, or nothing is in common.
    """
    try:
        return await discover(parts)
    except NotModernError as refusal:
        raise refusal.cause or VersionError([]) from None


async def discover(parts: Parts) -> ModernSession:
    """A modern connection, begun with `server/discover`.

    Raises:
        NotModernError: The server is legacy, or no MCP server at all.
        ClientError: It is modern, but nothing is in common; or nobody is there.
    """
    channel = parts.transport.requests(parts.tasks)
    session = ModernSession(parts, channel, parts.wanted.first("modern"))
    timeout = parts.settings.timeout
    # A server that keeps silent leaves half of the time for the older handshake.
    limit = PROBE_LIMIT if timeout is None else min(PROBE_LIMIT, timeout / 2)
    result = await _discovered(session, parts.brief(limit))
    supported = result.get("supportedVersions")
    if not is_list(supported):
        raise NotModernError(None)
    version = parts.wanted.common("modern", supported)
    if version is not None:
        session.use(version)
        return session
    disjoint = VersionError([str(each) for each in supported])
    if parts.wanted.common("legacy", supported) is None:
        raise disjoint
    raise NotModernError(disjoint)


async def _discovered(session: ModernSession, limits: CallSettings) -> dict[str, Any]:
    """The server's account; anything that no modern server says means legacy."""
    try:
        return await session.discover(limits)
    except EraLostError as lost:
        raise NotModernError(lost.cause) from None
    except ProtocolError as error:
        if error.code in _MODERN_ERRORS:
            raise
        raise NotModernError(error) from None
    except (CallTimeoutError, InvalidResultError) as error:
        raise NotModernError(error) from None
    except TransportError as error:
        if not error.sent or isinstance(error, AuthError) or is_busy(error):
            raise
        raise NotModernError(error) from None
