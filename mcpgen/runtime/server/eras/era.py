"""What an era does for a server and its transports, and which eras this package has.

Each era has classes of its own. Nobody outside of `eras` knows more of an era than this.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from ...core import jsonrpc
from ...core.catalog import Json
from ...core.errors import INTERNAL_ERROR, ProtocolError, invalid_request
from ...core.features import to_add
from ..handlers import context
from ..handlers.contract import Announcement
from ..incoming import Refused, refused
from ..methods.registry import Change
from ..settings import SettingsError

if TYPE_CHECKING:
    from aiohttp import web

    from ..incoming import Incoming
    from ..parts import Parts
    from ..principal import Principal
    from ..stores import EventStore, SessionStore
    from ..transports.http.exchange import Exchange

_log: Final = logging.getLogger("mcp.server")

_NEWEST_FIRST: Final = ("modern", "legacy")

NOTIFICATIONS: Final[Mapping[Announcement, str]] = {
    "tools": "notifications/tools/list_changed",
    "prompts": "notifications/prompts/list_changed",
    "resources": "notifications/resources/list_changed",
    "updates": "notifications/resources/updated",
}
"""Methods by what changed."""


@lru_cache(16)
def notification(change: Change) -> bytes:
    """The notification of a change, in the legacy era; rendered once for all clients."""
    params: dict[str, Json] = {} if change.uri is None else {"uri": change.uri}
    return jsonrpc.notification(NOTIFICATIONS[change.what], params or None)


class ResponseChannel(context.ResponseChannel, Protocol):
    """Where the messages of one request go.

    Attributes:
        ctx: The request, which is notified of its cancellation.
        finished: Whether nothing more can be sent.
    """

    ctx: context.Context | None
    finished: bool

    @property
    def takes_events(self) -> bool:
        """Whether anything but the response can be sent."""
        ...


class Connected(Protocol):
    """A connection on which messages go both ways, as eras see it."""

    @property
    def principal(self) -> Principal | None:
        """Who is at the other end, when the server authenticates."""
        ...

    @property
    def session_id(self) -> str | None:
        """The id of its session where it counts as one over HTTP; else None."""
        ...

    def push(self, message: bytes) -> None:
        """Send a message without waiting."""
        ...


class ConnectionEra(ABC):
    """What one era does on one connection."""

    @property
    def has_begun(self) -> bool:
        """Whether there was the handshake that other requests need, if any."""
        return True

    @abstractmethod
    async def respond(
        self,
        incoming: Incoming,
        channel: ResponseChannel,
        request_id: jsonrpc.RequestId,
        message: Mapping[str, Any],
    ) -> bytes | None:
        """The response to a request; None if there is none, or it has been sent.

        Raises:
            ProtocolError: The request is wrong.
            Refused: The caller lacks a scope, or there are too many calls.
        """

    async def batch(
        self, incoming: Incoming, channel: ResponseChannel, messages: Sequence[Any]
    ) -> list[bytes]:
        """The responses to a batch.

        Raises:
            ProtocolError: There is no such thing.
        """
        raise invalid_request("A batch needs a legacy session")

    def answered(self, message: Mapping[str, Any]) -> None:
        """Take what has no method, such as the client's answer to a request."""
        return

    def notified(self, message: Mapping[str, Any]) -> bool:
        """Take a notification; whether it canceled a request that runs."""
        return False

    def end(self) -> None:
        """The connection has ended."""
        return


class Era(ABC):
    """One era of one server, over Streamable HTTP and on connections.

    Attributes:
        name: "modern" or "legacy".
        marks: Keys of `_meta` by which a message is of this era and none that is older.
        methods: What answers HTTP requests that are no POST, by their method.
    """

    name: ClassVar[str]
    marks: ClassVar[frozenset[str]] = frozenset()
    methods: Mapping[str, Callable[[Exchange], Awaitable[web.StreamResponse]]] = {}

    def claims(self, version: str | None) -> bool:
        """Whether the version that a header names is none of an older era."""
        return False

    @abstractmethod
    async def post(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        """Answer one message that `Incoming.checked` has let through.

        Raises:
            Refused: An HTTP error says what is wrong.
        """

    def find_session(self, exchange: Exchange) -> None:
        """Note the session of a message that is malformed, where there are sessions.

        Raises:
            Refused: It has none, or the session is unknown.
        """
        return

    async def batch(
        self, exchange: Exchange, messages: Sequence[Any]
    ) -> web.StreamResponse:
        """Answer a batch.

        Raises:
            Refused: There is no such thing.
        """
        raise _no_batch()

    @abstractmethod
    def connected(self, connection: Connected) -> ConnectionEra:
        """What serves a new connection."""

    def check_batch(self, size: int) -> None:
        """Refuse a batch for its number of messages.

        Raises:
            Refused: 400; in most revisions there is no such thing.
        """
        raise _no_batch()

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return 0

    @abstractmethod
    def close(self) -> None:
        """The server is about to stop: end all open-ended streams."""


def _no_batch() -> Refused:
    return refused(400, "A batch is not a message of this protocol revision")


def build_eras(
    parts: Parts, sessions: SessionStore | None, events: EventStore | None
) -> Iterator[Era]:
    """The eras of the revisions that are served, the newest first.

    Args:
        parts: What the server consists of.
        sessions: Where sessions are kept; memory without it.
        events: Where events are kept; memory without it.

    Raises:
        SettingsError: This package lacks one of them, or what a store is for.
    """
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


def failed(
    incoming: Incoming, method: str, request_id: jsonrpc.RequestId, error: Exception
) -> bytes:
    """The response for what a request raised, which is noted in `incoming`."""
    if not isinstance(error, ProtocolError):
        _log.error("%s failed", method[:100], exc_info=error)
        error = ProtocolError(INTERNAL_ERROR, "Internal error")
    incoming.outcome = f"error {error.code}"
    try:
        # A handler may have made it of anything.
        if type(error.code) is int and isinstance(error.message, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            return jsonrpc.error(request_id, error)
        raise TypeError("the code must be an int, the message a str")
    except Exception:
        _log.exception("a ProtocolError of a handler can't be sent")
        internal = ProtocolError(INTERNAL_ERROR, "Internal error")
        return jsonrpc.error(request_id, internal)
