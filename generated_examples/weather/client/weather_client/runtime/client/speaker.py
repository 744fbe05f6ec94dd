"""What modern and legacy connections have in common.

The interface that the client uses, and the parts that both are made of.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..shared.catalog import JsonObject
from ..shared.revision import Era
from .calls import Request
from .errors import ClientError
from .events import Events
from .handlers import Handlers
from .http.requests import Http
from .options import CallSettings, LoggingLevel, Settings
from .shapes import members, text
from .work.limits import Calls
from .work.tasks import Tasks

if TYPE_CHECKING:
    from .subscriptions import Filter, Subscription

CONNECT_LIMIT: Final = 30.0
"""Seconds for each step of finding out what a server speaks."""
FAREWELL_LIMIT: Final = 3.0
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
        return cls(
            version,
            era,
            members(info),
            members(result.get("capabilities")),
            text(result.get("instructions")),
        )


@dataclass(slots=True)
class Parts:
    """What a connection is made of, whatever the era."""

    http: Http
    settings: Settings
    handlers: Handlers
    events: Events
    calls: Calls
    tasks: Tasks = field(default_factory=Tasks)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def log_level(self) -> LoggingLevel | None:
        """The level to ask for at first."""
        if self.settings.log_level is None and self.settings.on_log is not None:
            return "info"
        return self.settings.log_level

    def brief(self, seconds: float) -> CallSettings:
        """The settings of a request that the client makes for itself."""
        return dataclasses.replace(
            self.settings.for_calls(),
            timeout=seconds,
            idle_timeout=None,
            progress=None,
        )


class EraLostError(ClientError):
    """The server does not speak as it did: find out again. Never reaches users."""

    def __init__(self, cause: ClientError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Speaker(Protocol):
    """A connection in one era."""

    @property
    def server(self) -> ServerInfo:
        """What the server says of itself."""
        ...

    async def request(self, request: Request, settings: CallSettings) -> dict[str, Any]:
        """The result of a request.

        Raises:
            ProtocolError: The server refuses it.
            TransportError: It did not get through.
            EraLostError: The server has changed since the connection was made.
        """
        ...

    async def ping(self, settings: CallSettings) -> None:
        """Returns when the server answers."""
        ...

    async def set_logging_level(
        self, level: LoggingLevel, settings: CallSettings
    ) -> None:
        """The least level of log messages from now on."""
        ...

    def subscribe(self, wanted: Filter) -> Subscription:
        """Notifications of changes."""
        ...

    async def close(self) -> None:
        """Says goodbye; sends nothing afterwards."""
        ...


@cache
def versions(era: Era) -> tuple[str, ...]:
    """The protocol versions of an era, newest first."""
    from ..protocol.revisions import REVISIONS

    known = [version for version, each in REVISIONS.items() if each.era == era]
    return tuple(reversed(known))


def common_version(era: Era, supported: Sequence[object]) -> str | None:
    """The newest version of an era that both sides know."""
    return next((each for each in versions(era) if each in supported), None)


def progress_for(request: Request, settings: CallSettings) -> bool:
    """Whether a request should ask for progress.

    Tools always should: a report shows that the call is alive.
    """
    return settings.progress is not None or request.method == "tools/call"
