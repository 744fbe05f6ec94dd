"""How a legacy session's messages travel: the interface of its two transports."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeAlias

from ....core import errors as codes
from ...errors import ClientError, ProtocolError, TransportError
from ...transports.http.replies import Message
from ...work.clock import Clock

LISTEN_WAIT: Final = 1.0
"""Seconds to wait for the head of the server's own stream."""

Receive: TypeAlias = Callable[[Message, Clock | None], Awaitable[None]]
"""Takes a message, with the clock of the call on whose stream it came, if any."""


class SessionLostError(Exception):
    """The server does not know the session.

    Attributes:
        cause: What the server said.
        untouched: Whether it surely did not look at the request.
    """

    def __init__(self, cause: ClientError, *, untouched: bool = True) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.untouched = untouched


_REFUSALS: Final = frozenset([400, 401, 410, 422])
_WORDS: Final = re.compile("session|initializ|initialis", re.IGNORECASE)
_SESSION_NOT_FOUND: Final = -32001
_CODES: Final = frozenset(
    [_SESSION_NOT_FOUND, -32000, -32002, codes.INVALID_REQUEST, codes.INVALID_PARAMS]
)
_EXACT_WORDS: Final = re.compile(
    r"session\b.{0,40}\b(not found|unknown|invalid|expired|missing|closed|terminated"
    r"|not exist|doesn't exist|lost|gone|not active|required)\b"
    r"|\b(no|unknown|invalid|expired|missing|bad|lost)( \w+)? session\b"
    r"|\bnot( been| yet)? initiali[sz]ed\b|\bexpect\w* (an )?initiali[sz]e",
    re.IGNORECASE | re.DOTALL,
)


def session_is_lost(error: ClientError) -> bool:
    """Whether a refusal means that the session is unknown.

    404 means it by the specification; some servers use other statuses and say it in
    words.
    """
    if not isinstance(error, TransportError | ProtocolError):
        return False
    if error.status == 404:
        return True
    if error.status in _REFUSALS:
        return _WORDS.search(str(error)) is not None
    return False


def lost_in_answer(
    error: ProtocolError, *, repeatable: bool
) -> SessionLostError | None:
    """What an error inside a successful response means, if it is that no session is known.

    Only some codes say for sure that the request was not looked at.
    """
    if error.code not in _CODES or _EXACT_WORDS.search(error.message) is None:
        return None
    surely = error.code in (_SESSION_NOT_FOUND, codes.INVALID_REQUEST)
    return SessionLostError(error, untouched=surely or repeatable)


class Channel(Protocol):
    """A way to a legacy server and back.

    Attributes:
        receive: Takes every message that answers no request of ours.
        version: The negotiated protocol version; empty until it is known.
        when_deaf: Called when the server's own messages can't arrive any more.
        when_missed: Called when some of them may have been missed.
    """

    receive: Receive
    version: str
    when_deaf: list[Callable[[], None]]
    when_missed: list[Callable[[], None]]

    @property
    def has_session(self) -> bool:
        """Whether there is a session that the server may lose."""
        ...

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
            wait: Seconds to wait for the server's answer. Servers and proxies may send none
                before the first message, so that silence means yes.

        Returns:
            False if the server has no such stream.
        """
        ...

    def stop_listening(self) -> None:
        """Closes that stream, where it is one of its own."""
        ...

    async def close(self) -> None:
        """Ends the session."""
        ...


async def nobody(message: Message, clock: Clock | None) -> None:
    """A receiver for a session that has not begun."""
