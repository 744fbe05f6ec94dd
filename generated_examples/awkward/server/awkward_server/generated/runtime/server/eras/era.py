"""What an era does for a server and its transports; each era has classes of its own.

Nobody outside of `eras` knows more of an era than this.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from ...core import jsonrpc
from ...core.errors import INTERNAL_ERROR, INVALID_REQUEST, ProtocolError
from ..incoming import Refused, refused

if TYPE_CHECKING:
    from aiohttp import web

    from ..handlers.context import Context
    from ..incoming import Incoming
    from ..principal import Principal
    from ..transports.http.exchange import Exchange

_log: Final = logging.getLogger("mcp.server")


def no_batches() -> Refused:
    """The refusal of batches, where no era has them."""
    return refused(400, "A batch is not a message of this protocol revision")


class HttpEra(ABC):
    """Answers the requests of one era over Streamable HTTP."""

    methods: ClassVar[tuple[str, ...]] = ()
    """HTTP methods that it answers beside POST."""

    def claims(self, exchange: Exchange, message: Mapping[str, Any]) -> bool:
        """Whether a message is of this era; only asked where older ones are served."""
        return True

    @abstractmethod
    async def post(
        self, exchange: Exchange, message: Mapping[str, Any]
    ) -> web.StreamResponse:
        """Answer one message that is already a JSON object.

        Raises:
            Refused: An HTTP error says what is wrong.
        """

    async def batch(
        self, exchange: Exchange, messages: Sequence[Any]
    ) -> web.StreamResponse:
        """Answer a batch.

        Raises:
            Refused: There is no such thing.
        """
        raise no_batches()

    async def other(self, exchange: Exchange) -> web.StreamResponse:
        """Answer a request whose HTTP method is one of `methods`.

        Raises:
            Refused: An HTTP error says what is wrong; always, where `methods` is empty.
        """
        raise refused(405, "This HTTP method is not served here")


class ResponseChannel(Protocol):
    """Where the messages of one request on a connection go."""

    ctx: Context | None
    finished: bool

    @property
    def takes_events(self) -> bool:
        """Always: a connection takes all messages."""
        ...

    async def send(self, message: bytes) -> None:
        """Send a notification or a request to the client."""
        ...

    async def disconnect(self, retry_ms: int | None) -> None:
        """Nothing: a connection has no streams that could be polled."""
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

    def claims(self, method: str, params: object) -> bool:
        """Whether a request is of this era, where older ones are served as well."""
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
        raise ProtocolError(INVALID_REQUEST, "A batch needs a legacy session")

    def answered(self, message: Mapping[str, Any]) -> None:
        """Take what has no method, such as the client's answer to a request."""
        return

    def notified(self, message: Mapping[str, Any]) -> bool:
        """Take a notification; whether it canceled a request that runs."""
        return False

    def end(self) -> None:
        """The connection has ended."""
        return


class ServedEra(ABC):
    """One era of one server, whatever the transport.

    Attributes:
        name: "modern" or "legacy".
        http: Answers its requests over HTTP.
    """

    name: ClassVar[str]
    http: HttpEra

    @abstractmethod
    def connected(self, connection: Connected) -> ConnectionEra:
        """What serves a new connection."""

    def check_batch(self, size: int) -> None:
        """Refuse a batch for its number of messages.

        Raises:
            Refused: 400; in most revisions there is no such thing.
        """
        raise no_batches()

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return 0

    def close(self) -> None:
        """The server is about to stop: end all open-ended streams."""
        return


def error_response(request_id: jsonrpc.RequestId, error: ProtocolError) -> bytes:
    """The response for an error, which a handler may have made of anything."""
    try:
        if type(error.code) is int and isinstance(error.message, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            return jsonrpc.error(request_id, error)
        raise TypeError("the code must be an int, the message a str")
    except Exception:
        _log.exception("a ProtocolError of a handler can't be sent")
        internal = ProtocolError(INTERNAL_ERROR, "Internal error")
        return jsonrpc.error(request_id, internal)
