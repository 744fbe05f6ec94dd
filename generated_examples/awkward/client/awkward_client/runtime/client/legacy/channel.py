"""How a legacy session's messages travel: the interface of its two transports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

from ..errors import ClientError, ProtocolError, TransportError
from ..http.replies import Message
from ..work.clock import Clock

Receive: TypeAlias = Callable[[Message, Clock | None], Awaitable[None]]
"""Takes a message, with the clock of the call on whose stream it came, if any."""


class SessionLostError(Exception):
    """The server does not know the session; it did not look at the request."""

    def __init__(self, cause: ClientError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def session_is_lost(error: ClientError) -> bool:
    """Whether a refusal means that the session is unknown.

    404 says so by the specification; some servers answer 400 and say it in words.
    """
    if isinstance(error, TransportError | ProtocolError):
        return error.status == 404 or (
            error.status == 400 and "session" in str(error).lower()
        )
    return False


class Channel(Protocol):
    """A way to a legacy server and back.

    Attributes:
        receive: Takes every message that answers no request of ours.
        version: The negotiated protocol version; empty until it is known.
        when_deaf: Called when the server's own messages can't arrive any more.
    """

    receive: Receive
    version: str
    when_deaf: list[Callable[[], None]]

    async def exchange(
        self, message: Message, clock: Clock, headers: Mapping[str, str]
    ) -> Message:
        """Sends a request and gives the message that answers it.

        Raises:
            SessionLostError: A new session is needed.
            ProtocolError: An error came instead of an answer.
            TransportError: The request or the answer got lost.
        """
        ...

    async def post(self, message: Message) -> None:
        """Sends a notification or an answer."""
        ...

    async def listen(self, wait: float) -> bool:
        """Opens the stream of the server's own messages if it is not open.

        Args:
            wait: Seconds to wait for the server's answer.

        Returns:
            False if the server has no such stream.
        """
        ...

    async def close(self) -> None:
        """Ends the session."""
        ...


async def nobody(message: Message, clock: Clock | None) -> None:
    """A receiver for a session that has not begun."""
