"""Which era and version a server speaks: modern first, then older and older.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#backward-compatibility
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..core import errors as codes
from ..core.revision import Era
from .eras.modern.speaker import Modern
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
from .shapes import is_list
from .speaker import EraLostError, Parts, Speaker, is_busy
from .transports.http.requests import Origin

if TYPE_CHECKING:
    from .eras.legacy.channel import Channel
    from .eras.legacy.speaker import Legacy

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

    def era_of(self, origin: Origin) -> Era | None:
        """The era that a server spoke when it was last met."""
        return self._eras.get(origin)

    def remember(self, origin: Origin, era: Era) -> None:
        """A server was met."""
        self.forget(origin)
        self._eras[origin] = era
        if len(self._eras) > MAX_KNOWN:
            del self._eras[next(iter(self._eras))]

    def forget(self, origin: Origin) -> None:
        """The server has changed: what is known of it counts no more."""
        self._eras.pop(origin, None)


class _NotModernError(Exception):
    def __init__(self, cause: ClientError | None) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def negotiate(parts: Parts, known: KnownServers) -> Speaker:
    """A connection in the best era and version that both sides speak.

    Raises:
        ClientError: There is no server, it refuses, or nothing is in common.
    """
    wanted, origin = parts.wanted, parts.http.origin
    if wanted.era == "legacy":
        return await _legacy(parts)
    if wanted.era is None and known.era_of(origin) == "legacy":
        try:
            return await _legacy(parts)
        except (ProtocolError, TransportError, VersionError) as error:
            if is_busy(error):
                raise
            known.forget(origin)
    try:
        modern = await _modern(parts)
    except _NotModernError as refusal:
        if wanted.era == "modern":
            raise refusal.cause or VersionError([]) from None
    else:
        known.remember(origin, "modern")
        return modern
    legacy = await _legacy(parts)
    known.remember(origin, "legacy")
    return legacy


async def _modern(parts: Parts) -> Modern:
    """A modern connection, begun with `server/discover`.

    Raises:
        _NotModernError: The server is legacy, or no MCP server at all.
        ClientError: It is modern, but nothing is in common; or nobody is there.
    """
    speaker = Modern(parts, parts.wanted.first("modern"))
    timeout = parts.settings.timeout
    # A server that keeps silent leaves half of the time for the older handshake.
    limit = PROBE_LIMIT if timeout is None else min(PROBE_LIMIT, timeout / 2)
    result = await _discovered(speaker, parts.brief(limit))
    supported = result.get("supportedVersions")
    if not is_list(supported):
        raise _NotModernError(None)
    version = parts.wanted.common("modern", supported)
    if version is not None:
        speaker.use(version)
        return speaker
    disjoint = VersionError([str(each) for each in supported])
    if parts.wanted.common("legacy", supported) is None:
        raise disjoint
    raise _NotModernError(disjoint)


async def _discovered(speaker: Modern, limits: CallSettings) -> dict[str, Any]:
    """The server's account; anything that no modern server says means legacy."""
    try:
        return await speaker.discover(limits)
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


async def _legacy(parts: Parts) -> Legacy:
    """A legacy session, over HTTP+SSE if there is no Streamable HTTP."""
    from .eras.legacy.http_sse import SseChannel
    from .eras.legacy.streamable_http import StreamableChannel

    try:
        return await _session(parts, StreamableChannel(parts.http, parts.tasks))
    except (ProtocolError, TransportError) as error:
        if error.status not in _NO_ENDPOINT:
            raise
        try:
            return await _session(parts, SseChannel(parts.http, parts.tasks))
        except ClientError:
            # The newer transport's refusal says more.
            raise error from None


async def _session(parts: Parts, channel: Channel) -> Legacy:
    from .eras.legacy.speaker import Legacy

    legacy = Legacy(parts, channel)
    try:
        await legacy.open()
    except BaseException:
        await legacy.close()
        raise
    return legacy
