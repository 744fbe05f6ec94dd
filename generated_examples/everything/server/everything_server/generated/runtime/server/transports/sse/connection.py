"""One client of HTTP+SSE: its event stream, and the serving of what it posts.

https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from ...eras.era import Era
from ...incoming import TOO_MANY, Incoming, Refused, refused, too_many
from ...parts import Parts
from ..connection import ConnectionServer
from ..http.exchange import Exchange, is_gone
from ..http.sse import COMMENT, named_event

_MAX_POSTS: Final = 16
"""POSTs of one client that may wait until it reads responses."""


def unknown_session() -> Refused:
    """The refusal of a POST to a session that its sender does not have."""
    return refused(404, "The session is unknown or has ended")


def _unread() -> Refused:
    """The refusal of a POST for which there is no room."""
    return too_many(TOO_MANY, "The responses on the event stream are not read", None, 1)


class _Stream:
    """The event stream, as a `Connection`: what the client sends is posted instead."""

    def __init__(self, exchange: Exchange, messages_url: str) -> None:
        self._exchange = exchange
        self._url = messages_url.encode("ascii")
        self._closed = asyncio.Event()

    async def receive(self) -> bytes | None:
        # No sooner than this can what is posted be served.
        await self._exchange.write(named_event(b"endpoint", self._url))
        await self._closed.wait()
        return None

    async def send(self, message: bytes) -> None:
        await self._exchange.write(named_event(b"message", message))

    async def close(self) -> None:
        self._closed.set()
        if self._exchange.stream is not None:
            await self._exchange.end()


class _WaitingPost:
    """A POST that waits until its client reads responses."""

    def __init__(self, posted: Exchange) -> None:
        self._request = posted.request
        self._task = asyncio.current_task()

    def check(self, now: float) -> None:
        """Cancel it if its client is gone."""
        if self._task is not None and is_gone(self._request):
            self._task.cancel("the client closed the connection")
            self._task = None


class SseConnection:
    """A client, from its GET until the stream ends.

    Attributes:
        owner: The key of its principal; None without authentication.
    """

    def __init__(
        self,
        parts: Parts,
        eras: Sequence[Era],
        exchange: Exchange,
        session_id: str,
        messages_url: str,
    ) -> None:
        """Prepare.

        Args:
            parts: What the server consists of.
            eras: The eras that are served here.
            exchange: The GET request.
            session_id: What the client names when it posts.
            messages_url: The URL to post to, with that.
        """
        self.owner: Final = exchange.owner
        self._exchange = exchange
        self._principal = exchange.principal
        self._keep_alive = parts.settings.keep_alive
        self._monitor = parts.monitor
        self._post_timeout = parts.settings.body_timeout
        self._posts = 0
        self._unused_until = exchange.written + parts.settings.session_idle
        self._pulse: asyncio.Task[None] | None = None
        self._server = ConnectionServer(
            parts, eras, _Stream(exchange, messages_url), exchange.principal, session_id
        )
        self.end: Final[Callable[[], None]] = self._server.end
        """End the stream; what runs is canceled."""
        self.finish: Final[Callable[[], None]] = self._server.finish
        """Take no more requests, and end the stream when those that run are done."""

    async def serve(self) -> None:
        """Name the URL to post to, then send messages until the stream ends.

        Raises:
            ConnectionError: The client is gone already.
        """
        try:
            await self._server.serve()
        finally:
            if self._pulse is not None:
                self._pulse.cancel()

    async def take(
        self, message: object, posted: Exchange
    ) -> asyncio.Task[None] | None:
        """Begin to work on a message; what does, if anything is left to be done.

        Args:
            message: The JSON value of the body.
            posted: The POST request.

        Raises:
            ProtocolError: It is not a message.
            Refused: As `wait_for_room`.
        """
        # New credentials of the same principal, which may last longer.
        self._principal = posted.principal
        # Others may have filled it while the body arrived.
        await self.wait_for_room(posted)
        return self._server.post(message, posted)

    async def wait_for_room(self, posted: Exchange) -> None:
        """Wait until the client has read enough of the responses that wait for it.

        Raises:
            Refused: 429 when it takes too long, or too many wait already; 404 when the
                stream has ended meanwhile.
        """
        if self._server.is_full:
            await self._wait_for_room(posted)
        if self._server.is_ending:
            raise unknown_session()

    async def _wait_for_room(self, posted: Exchange) -> None:
        if self._posts >= _MAX_POSTS:
            raise _unread()
        waiting = _WaitingPost(posted)
        self._posts += 1
        self._monitor.add(waiting)
        try:
            # A client that is gone is not noticed before its body has arrived.
            async with asyncio.timeout(self._post_timeout or None):
                await self._server.has_room()
        except TimeoutError:
            raise _unread() from None
        finally:
            self._monitor.discard(waiting)
            self._posts -= 1

    def check(self, now: float) -> None:
        """End the stream of a client that is gone; break a long silence."""
        exchange = self._exchange
        if (
            is_gone(exchange.request)
            or Incoming(self._principal).has_expired
            or (now > self._unused_until and not self._server.has_begun)
        ):
            self.end()
        elif (
            self._keep_alive
            and now - exchange.written > self._keep_alive
            and (self._pulse is None or self._pulse.done())
        ):
            self._pulse = asyncio.ensure_future(self._beat())

    async def _beat(self) -> None:
        try:
            await self._exchange.write(COMMENT)
        except ConnectionError:
            self.end()
