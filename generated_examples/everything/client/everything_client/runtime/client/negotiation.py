"""Which era and version a server speaks: modern first, then older and older.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#backward-compatibility
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..shared import errors as codes
from ..shared.revision import Era
from .errors import (
    AuthError,
    CallTimeoutError,
    ClientError,
    InvalidResultError,
    ProtocolError,
    TransportError,
    VersionError,
)
from .http.requests import Origin
from .modern.speaker import Modern
from .options import CallSettings
from .shapes import is_list
from .speaker import EraLostError, Parts, Speaker, common_version, versions

if TYPE_CHECKING:
    from .legacy.channel import Channel
    from .legacy.speaker import Legacy

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

_known: dict[Origin, Era] = {}
"""The era of servers that were met before, by origin; the oldest go first."""


class _NotModernError(Exception):
    def __init__(self, cause: ClientError | None) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def negotiate(parts: Parts) -> Speaker:
    """A connection in the best era and version that both sides speak.

    Raises:
        ClientError: There is no server, it refuses, or nothing is in common.
    """
    wanted, origin = parts.settings.era, parts.http.origin
    # A session of the user's own may lead to another server, such as one in memory.
    known = _known if parts.settings.session_factory is None else {}
    if wanted == "legacy":
        return await _legacy(parts)
    if wanted == "auto" and known.get(origin) == "legacy":
        try:
            return await _legacy(parts)
        except (ProtocolError, TransportError, VersionError):
            forget(origin)
    try:
        modern = await _modern(parts)
    except _NotModernError as refusal:
        if wanted == "modern":
            raise refusal.cause or VersionError([]) from None
    else:
        _remember(known, origin, "modern")
        return modern
    legacy = await _legacy(parts)
    _remember(known, origin, "legacy")
    return legacy


def forget(origin: Origin) -> None:
    """The server has changed: what is known of it counts no more."""
    _known.pop(origin, None)


def forget_all() -> None:
    """Nothing is known of any server, as at the start."""
    _known.clear()


def _remember(known: dict[Origin, Era], origin: Origin, era: Era) -> None:
    known.pop(origin, None)
    known[origin] = era
    if len(known) > MAX_KNOWN:
        del known[next(iter(known))]


async def _modern(parts: Parts) -> Modern:
    """A modern connection, begun with `server/discover`.

    Raises:
        _NotModernError: The server is legacy, or no MCP server at all.
        ClientError: It is modern, but nothing is in common; or nobody is there.
    """
    speaker = Modern(parts, versions("modern")[0])
    timeout = parts.settings.timeout
    # A server that keeps silent leaves half of the time for the older handshake.
    limit = PROBE_LIMIT if timeout is None else min(PROBE_LIMIT, timeout / 2)
    result = await _discovered(speaker, parts.brief(limit))
    supported = result.get("supportedVersions")
    if not is_list(supported):
        raise _NotModernError(None)
    version = common_version("modern", supported)
    if version is not None:
        speaker.use(version)
        return speaker
    disjoint = VersionError([str(each) for each in supported])
    if common_version("legacy", supported) is None:
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
        if error.status is None or isinstance(error, AuthError):
            raise
        raise _NotModernError(error) from None


async def _legacy(parts: Parts) -> Legacy:
    """A legacy session, over HTTP+SSE if there is no Streamable HTTP."""
    from .legacy.http_sse import SseChannel
    from .legacy.streamable_http import StreamableChannel

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
    from .legacy.speaker import Legacy

    legacy = Legacy(parts, channel)
    try:
        await legacy.open()
    except BaseException:
        await legacy.close()
        raise
    return legacy
