"""Which era and version a server speaks: modern first, then older and older.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#backward-compatibility
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from ..core import errors as codes
from ..core.revision import Era
from .eras.modern.session import ModernSession
from .errors import (
    AuthError,
    CallTimeoutError,
    ClientError,
    InvalidResultError,
    ProtocolError,
    TransportError,
    VersionError,
)
from .options import CallSettings
from .session import EraLostError, Parts, Session, is_busy
from .shapes import is_list

if TYPE_CHECKING:
    from .channel import Origin, SessionChannel
    from .eras.legacy.session import LegacySession

MAX_KNOWN: Final = 256
PROBE_LIMIT: Final = 10.0
"""Seconds for an answer to the first modern request: old servers may keep silent."""

_MODERN_ERRORS: Final = frozenset(
    [
        codes.HEADER_MISMATCH,
        codes.MISSING_CLIENT_CAPABILITY,
        codes.UNSUPPORTED_PROTOCOL_VERSION,
    ]
)
_NO_ENDPOINT: Final = frozenset([400, 404, 405])


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


class _NotModernError(Exception):
    def __init__(self, cause: ClientError | None) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def negotiate(parts: Parts, known: KnownServers) -> Session:
    """A connection in the best era and version that both sides speak.

    Raises:
        ClientError: There is no server, it refuses, or nothing is in common.
    """
    wanted, key = parts.wanted, parts.transport.key
    if wanted.era == "legacy":
        return await _legacy(parts)
    if wanted.era is None and known.era_of(key) == "legacy":
        try:
            return await _legacy(parts)
        except (ProtocolError, TransportError, VersionError) as error:
            if is_busy(error):
                raise
            known.forget(key)
    try:
        session: Session = await _modern(parts)
        known.remember(key, "modern")
    except _NotModernError as refusal:
        if wanted.era == "modern":
            raise refusal.cause or VersionError([]) from None
        session = await _older(parts, refusal)
        known.remember(key, session.server.era)
    return session


async def _older(parts: Parts, refusal: _NotModernError) -> Session:
    """A legacy session, or a modern one with a server that was silent at first."""
    try:
        return await _legacy(parts)
    except (ProtocolError, VersionError):
        if not isinstance(refusal.cause, CallTimeoutError):
            raise
        # A modern server that took long to start was asked in the old way.
        with contextlib.suppress(_NotModernError):
            return await _modern(parts)
        raise


async def _modern(parts: Parts) -> ModernSession:
    """A modern connection, begun with `server/discover`.

    Raises:
        _NotModernError: The server is legacy, or no MCP server at all.
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
        raise _NotModernError(None)
    version = parts.wanted.common("modern", supported)
    if version is not None:
        session.use(version)
        return session
    disjoint = VersionError([str(each) for each in supported])
    if parts.wanted.common("legacy", supported) is None:
        raise disjoint
    raise _NotModernError(disjoint)


async def _discovered(session: ModernSession, limits: CallSettings) -> dict[str, Any]:
    """The server's account; anything that no modern server says means legacy."""
    try:
        return await session.discover(limits)
    except EraLostError as lost:
        raise _NotModernError(lost.cause) from None
    except ProtocolError as error:
        if error.code in _MODERN_ERRORS:
            raise
        raise _NotModernError(error) from None
    except (CallTimeoutError, InvalidResultError) as error:
        raise _NotModernError(error) from None
    except TransportError as error:
        if not error.sent or isinstance(error, AuthError) or is_busy(error):
            raise
        raise _NotModernError(error) from None


async def _legacy(parts: Parts) -> LegacySession:
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
    from .eras.legacy.session import LegacySession

    legacy = LegacySession(parts, channel)
    try:
        await legacy.open()
    except BaseException:
        await legacy.close()
        raise
    return legacy
