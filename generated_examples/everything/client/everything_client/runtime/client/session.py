"""What both eras of the client are made of: versions, what servers say, and parts."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..core.catalog import JsonObject
from ..core.features import ERAS, to_add
from ..core.revision import Era, Revision
from ..protocol.revisions import select
from .calls import decoded
from .errors import ClientError, InvalidResultError, ProtocolError, TransportError
from .handlers import Events, Handlers
from .incoming import is_list, members, text
from .limits import Calls, Tasks
from .options import CallSettings, LoggingLevel, Settings

if TYPE_CHECKING:
    from ..protocol.types import Implementation, ServerCapabilities
    from .channel import Transport

T = TypeVar("T")

DETACHED_LIMIT: Final = 3.0
"""Seconds for each message that is sent when something ends."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server says of itself when a client connects."""

    protocol_version: str
    era: Era
    info: JsonObject
    capabilities: JsonObject
    instructions: str | None

    @classmethod
    def read(
        cls, version: str, era: Era, result: Mapping[str, Any], info: object
    ) -> ServerInfo:
        """From the result of `server/discover` or `initialize`."""
        capabilities = members(result.get("capabilities"))
        words = text(result.get("instructions"))
        return cls(version, era, members(info), capabilities, words)

    def implementation(self) -> Implementation:
        """The server's `Implementation`, without what is malformed."""
        from .keyed import Implementation

        return _usable(Implementation, self.info, {"name": "", "version": ""})

    def typed_capabilities(self) -> ServerCapabilities:
        """The `ServerCapabilities`, without what is malformed."""
        from .keyed import ServerCapabilities

        return _usable(ServerCapabilities, self.capabilities, {})


def _usable(kind: type[T], found: JsonObject, needed: JsonObject) -> T:
    """A typed value of the members that fit."""
    try:
        return decoded(kind, {**needed, **found}, "the introduction")
    except InvalidResultError:
        kept = dict(needed)
        for key, value in found.items():
            with contextlib.suppress(InvalidResultError):
                decoded(kind, {**needed, key: value}, "the introduction")
                kept[key] = value
        return decoded(kind, kept, "the introduction")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client may speak.

    Attributes:
        era: The only era; None for both.
        version: The only version; None for all of the era.
        revisions: All revisions that it knows, oldest first.
    """

    era: Era | None
    version: str | None
    revisions: Mapping[str, Revision]

    @classmethod
    def read(cls, era: str, known: Sequence[Revision | str] = ()) -> Wanted:
        """From the option `era`.

        Args:
            era: "auto", an era or a version.
            known: The revisions that the client knows; empty for those of the runtime.

        Raises:
            ValueError: It names neither an era nor a version that is known.
        """
        revisions = select(known)
        eras: dict[str, Era] = {each.era: each.era for each in revisions.values()}
        if era == "auto":
            only = next(iter(eras.values())) if len(eras) == 1 else None
            return cls(only, None, revisions)
        if era in eras:
            return cls(eras[era], None, revisions)
        if era not in revisions:
            named = ", ".join(f'"{each}"' for each in ("auto", *reversed(eras)))
            known_ones = f"use {named} or {', '.join(revisions)}"
            more = f"; {to_add('client', (era,))}" if era in ERAS else ""
            raise ValueError(f"era={era!r}: {known_ones}{more}")
        return cls(revisions[era].era, era, revisions)

    def first(self, era: Era) -> str:
        """The version to begin with."""
        return self.version or self.versions(era)[0]

    def versions(self, era: Era) -> tuple[str, ...]:
        """The known versions of an era, newest first."""
        known = self.revisions
        return tuple(v for v in sorted(known, reverse=True) if known[v].era == era)

    def common(self, era: Era, supported: Sequence[object]) -> str | None:
        """The newest version of an era that both sides know."""
        if self.version is not None:
            supported = [each for each in supported if each == self.version]
        return next((v for v in self.versions(era) if v in supported), None)


def named_versions(error: ProtocolError | TransportError, asked: str) -> list[str]:
    """The versions that a refusal of the version `asked` says are supported."""
    data = error.data if isinstance(error, ProtocolError) else None
    for named in (data, *(members(data).get(key) for key in _SUPPORTED)):
        if is_list(named):
            return [version for version in named if isinstance(version, str)]
    words = str(error)
    if "version" not in words.lower():
        return []
    return [version for version in _VERSION.findall(words) if version != asked]


_SUPPORTED: Final = (
    "supported",
    "supportedVersions",
    "supported_versions",
    "supportedProtocolVersions",
)
_VERSION: Final = re.compile(r"\b20\d\d-\d\d-\d\d\b")


def is_busy(error: ClientError) -> bool:
    """Whether a server wants to be asked again later, and has done nothing yet."""
    return (
        isinstance(error, TransportError)
        and error.status in _BUSY
        and error.retry_after is not None
    )


_BUSY: Final = frozenset([429, 503])


class Parts:
    """What a connection is made of, whatever the era."""

    def __init__(
        self, transport: Transport, settings: Settings, wanted: Wanted
    ) -> None:
        self.transport = transport
        self.settings = settings
        self.wanted = wanted
        self.handlers = Handlers(settings)
        self.events = Events(settings)
        self.calls = Calls(transport.url, transport.verb)
        self.tasks = Tasks()
        self.ids = itertools.count(1)

    @property
    def log_level(self) -> LoggingLevel | None:
        """The level to ask for at first."""
        if self.settings.log_level is None and self.settings.on_log is not None:
            return "info"
        return self.settings.log_level

    @property
    def wants_messages(self) -> bool:
        """Whether anybody waits for what the server sends of its own accord."""
        settings, listeners = self.settings, self.events.listeners
        wanted = settings.on_notification or settings.on_log or listeners
        return bool(self.handlers or wanted)

    async def next_change(self, coming: Awaitable[T]) -> T:
        """What the server sends next of its own accord, however long it takes."""
        endless = CallSettings(timeout=None, idle_timeout=None)
        async with self.calls.limited("the next change", endless):
            return await coming

    def brief(self, seconds: float) -> CallSettings:
        """The settings of a request that the client makes for itself."""
        return dataclasses.replace(
            self.settings.for_calls(), timeout=seconds, idle_timeout=None, progress=None
        )


class EraLostError(ClientError):
    """The server does not speak as it did: find out again. Never reaches users."""

    def __init__(self, cause: ClientError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def cancellation(request_id: int) -> dict[str, Any]:
    """The notification that nobody awaits the answer to a request any more."""
    params = {"requestId": request_id, "reason": "the caller gave up"}
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}
