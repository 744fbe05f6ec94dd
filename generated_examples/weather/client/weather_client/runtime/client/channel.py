"""How messages travel: the interfaces between the eras and the transports."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from .errors import ClientError
from .incoming import Message
from .limits import Clock

if TYPE_CHECKING:
    from .incoming import Quirks
    from .limits import Tasks

CONNECT_LIMIT: Final = 30.0
"""Seconds for each step of finding out what a server speaks."""
LISTEN_WAIT: Final = 1.0
"""Seconds to wait for the head of the server's own stream."""

Receive: TypeAlias = Callable[[Message, Clock | None], Awaitable[None]]
"""Takes a message, with the clock of the call on whose stream it came, if any."""
Pause: TypeAlias = Callable[[], AbstractContextManager[None]]
Origin: TypeAlias = tuple[str, str, int]
"""Scheme, host and port."""


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


class Channel(ABC):
    """A way to a server and back.

    Attributes:
        receive: Takes every message that answers no request of ours.
        cancels: Whether a server notices that `exchange` was cancelled; without that it
            needs `notifications/cancelled`.
    """

    receive: Receive
    cancels: bool = False

    @abstractmethod
    async def exchange(
        self, message: Message, clock: Clock, headers: Mapping[str, str]
    ) -> Message:
        """Send a request and return the message that answers it.

        Raises:
            SessionLostError: A new session is needed.
            ProtocolError: An error came instead of an answer.
            TransportError: The request or the answer got lost.
        """

    @abstractmethod
    async def post(self, message: Message) -> None:
        """Send a notification or an answer."""


class RequestChannel(Channel):
    """A way to a server whose requests stand for themselves."""

    @abstractmethod
    def stream(
        self, message: Message, headers: Mapping[str, str]
    ) -> AsyncGenerator[Message, None]:
        """Send a request and yield what comes for it, the answer included.

        Closing the generator before that cancels the request.

        Raises:
            ClientError: The request or its answer got lost.
        """


class SessionChannel(Channel):
    """A way to a server that keeps a session; those that are one derive from this.

    Attributes:
        version: The negotiated protocol version; empty until it is known.
        on_deaf: Called when the server's own messages can't arrive any more.
        on_missed: Called when some of them may have been missed.
    """

    def __init__(self) -> None:
        """A way that nothing has come on yet."""
        self.receive = nobody
        self.version = ""
        self.on_deaf: Callable[[], None] = _nothing
        self.on_missed: Callable[[], None] = _nothing

    @property
    def has_session(self) -> bool:
        """Whether there is a session that the server may lose."""
        return False

    @abstractmethod
    async def listen(self, wait: float) -> bool:
        """Open the stream of the server's own messages if it is not open.

        Args:
            wait: Seconds to wait for the server's answer. Servers and proxies may send none
                before the first message, so that silence means yes.

        Returns:
            False if the server has no such stream.
        """

    def stop_listening(self) -> None:
        """Close that stream, where it is one of its own."""

    @abstractmethod
    async def close(self) -> None:
        """End the session."""


class Transport(Protocol):
    """A way to one server, in whatever era: bytes and connections.

    Attributes:
        url: The server, for errors and logs.
        verb: The HTTP method that calls use, for errors; empty without HTTP.
        key: By what the server's era is remembered; None where it can't be.
        quirks: The server's deviations from the protocol that were met.
    """

    url: str
    verb: str
    key: Origin | None
    quirks: Quirks

    async def open(self, paused: Pause) -> None:
        """Begin. Nothing is sent yet.

        Args:
            paused: Makes a block during which the time of the current task's call does
                not run: a person may have to sign in.
        """
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...

    def requests(self, tasks: Tasks) -> RequestChannel:
        """A channel for a modern server."""
        ...

    def sessions(self, tasks: Tasks) -> Sequence[Callable[[], SessionChannel]]:
        """Makers of channels for a legacy server, in the order to try them."""
        ...


async def nobody(message: Message, clock: Clock | None) -> None:
    """A receiver for a session that has not begun."""


def _nothing() -> None:
    """Nobody wants to know."""
