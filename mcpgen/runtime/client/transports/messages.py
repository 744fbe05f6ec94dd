"""One connection on which the messages of all requests travel: a pipe, a socket.

Knows JSON-RPC ids and which message belongs to which request; nothing of eras. A
connection that is lost is opened again by the next request.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic_core import to_json

from ..channel import RequestChannel, SessionChannel, SessionLostError
from ..errors import ClientError, TransportError
from ..incoming import (
    Message,
    Quirks,
    answered,
    integer,
    members,
    messages_in,
    read_json,
)
from ..limits import Inbox, Tasks
from ..session import cancellation

if TYPE_CHECKING:
    from ...core.connection import Connection
    from ..channel import Origin, Pause
    from ..limits import Clock

logger: Final = logging.getLogger(__name__)

Connect: TypeAlias = "Callable[[], Awaitable[Connection]]"
"""Opens a connection to the server."""

MAX_NOISE: Final = 1_000
"""Things in a row that are not JSON-RPC messages, after which a connection is given up."""
MAX_CANCELLED: Final = 1_000
"""Cancelled requests whose late answers are expected."""
CLOSE_LIMIT: Final = 15.0
"""Seconds that closing a connection may take."""
END_LIMIT: Final = 1.0
"""Seconds to wait for the reason after a message could not be sent."""

_SUBSCRIPTION: Final = "io.modelcontextprotocol/subscriptionId"


class MessageTransport(SessionChannel, RequestChannel):
    """Requests over one connection at a time; a channel for both eras.

    A session ends with its connection alone, so that no changes are missed.

    Attributes:
        url: The server's name, for errors.
        verb: Empty: there is no HTTP.
        key: By what the server's era is remembered.
        quirks: The server's deviations from the protocol that were met.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        name: str = "the connection",
        max_bytes: int,
        key: Origin | None = None,
    ) -> None:
        """A transport that opens nothing yet.

        Args:
            connect: Opens a connection.
            name: What to call the server in errors.
            max_bytes: The size of the largest message.
            key: By what the server's era is remembered; None where it can't be.
        """
        super().__init__()
        self.url = name
        self.verb = ""
        self.key = key
        self.quirks = Quirks(name)
        self._connect = connect
        self._max_bytes = max_bytes
        self._tasks: Tasks | None = None
        self._open: _Open | None = None
        self._opening = asyncio.Lock()
        self._in_session = False

    async def open(self, paused: Pause = nullcontext) -> None:
        """Nothing yet: the first request connects."""
        self.quirks.clear()

    async def close(self) -> None:
        """Close the connection."""
        current, self._open = self._open, None
        self._in_session = False
        if current is not None:
            await current.close()

    def requests(self, tasks: Tasks) -> MessageTransport:
        """This transport is its own channel."""
        self._tasks = tasks
        self._in_session = False
        return self

    def sessions(self, tasks: Tasks) -> Sequence[Callable[[], SessionChannel]]:
        """This transport is its own channel."""
        return [partial(self.requests, tasks)]

    async def exchange(
        self, message: Message, clock: Clock, headers: Mapping[str, str]
    ) -> Message:
        """The answer to a request."""
        request_id: int = message["id"]
        current = self._open
        if current is None or current.ended is not None:
            current = await self._connected(message["method"])
        inbox: Inbox[Message] = Inbox()
        current.inboxes[request_id] = inbox
        try:
            await current.send(message)
            while True:
                found = await inbox.get()
                if "method" not in found:
                    break
                clock.heard()
                await self.receive(found, clock)
        except asyncio.CancelledError:
            current.given_up.append(request_id)
            raise
        finally:
            del current.inboxes[request_id]
        if message["method"] == "initialize" and "error" not in found:
            self._in_session = True
        return found

    async def stream(
        self, message: Message, headers: Mapping[str, str]
    ) -> AsyncGenerator[Message, None]:
        """The messages that are tagged with a request's id, and its answer."""
        request_id: int = message["id"]
        current = await self._connected(message["method"])
        inbox = current.inboxes[request_id] = Inbox[Message]()
        is_over = False
        try:
            await current.send(message)
            while not is_over:
                try:
                    found = await inbox.get()
                except TransportError:
                    is_over = True
                    return
                is_over = "method" not in found
                yield found
        finally:
            del current.inboxes[request_id]
            if not is_over and self._tasks is not None:
                current.given_up.append(request_id)
                self._tasks.detached(self._cancel(current, request_id), END_LIMIT)

    async def post(self, message: Message) -> None:
        """Send a notification or an answer."""
        current = self._open
        if current is None or current.ended is not None:
            raise self.error("the connection is lost", sent=False)
        await current.send(message)

    async def listen(self, wait: float) -> bool:
        """Everything comes on the one connection."""
        return self._open is not None and self._open.ended is None

    async def _cancel(self, current: _Open, request_id: int) -> None:
        with contextlib.suppress(ClientError):
            await current.send(cancellation(request_id))

    async def _connected(self, method: str) -> _Open:
        """The open connection, or a new one.

        Raises:
            SessionLostError: A session ended with its connection.
            TransportError: The server can't be reached.
        """
        async with self._opening:
            if self._open is not None and self._open.ended is None:
                return self._open
            if self._in_session and method != "initialize":
                raise SessionLostError(self.error("the connection is lost"))
            if self._open is not None:
                await self._open.close()
                self._open = None
            try:
                connection = await self._connect()
            except OSError as error:
                why = error.strerror
                problem = f"cannot connect: {why}" if why else str(error)
                raise self.error(problem, sent=False) from error
            self._in_session = False
            self._open = _Open(self, connection, self._max_bytes)
            return self._open

    def error(self, problem: str, *, sent: bool = True) -> TransportError:
        """The error for a connection that failed."""
        return TransportError(problem, url=self.url, method=self.verb, sent=sent)


class _Open:
    """An open connection.

    Attributes:
        inboxes: What came for each request that waits, by id.
        given_up: The last requests that nobody waits for any more.
        ended: Why the connection has ended; None while it is open.
    """

    def __init__(
        self, transport: MessageTransport, connection: Connection, max_bytes: int
    ) -> None:
        self.inboxes: dict[int, Inbox[Message]] = {}
        self.given_up: deque[int] = deque(maxlen=MAX_CANCELLED)
        self.ended: TransportError | None = None
        self._transport = transport
        self._connection = connection
        self._max_bytes = max_bytes
        self._sending = asyncio.Lock()
        self._others = Inbox[Message]()
        self._noise = 0
        self._reader = asyncio.create_task(self._read())
        self._deliverer = asyncio.create_task(self._deliver())

    async def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            TransportError: The connection has ended.
        """
        if self.ended is not None:
            raise self.ended
        try:
            async with self._sending:
                await self._connection.send(to_json(message))
        except (ConnectionError, EOFError) as error:
            # The other direction may know why.
            await asyncio.wait([self._reader], timeout=END_LIMIT)
            raise self.ended or self._transport.error(
                f"the connection broke: {error}"
            ) from error

    async def close(self) -> None:
        """Close the connection; those who wait get an error."""
        self._end("the connection was closed")
        tasks = {self._reader, self._deliverer} - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=END_LIMIT)
        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                await self._connection.close()
        except (OSError, EOFError) as error:
            logger.debug("closing a connection failed: %r", error)

    async def _read(self) -> None:
        """Give each message to the request that it belongs to, until the end."""
        problem = "the connection ended"
        try:
            while (data := await self._connection.receive()) is not None:
                if len(data) > self._max_bytes:
                    limit = f"{self._max_bytes} bytes (`max_bytes`)"
                    problem = f"a message of {len(data)} bytes is greater than {limit}"
                    return
                for message in self._messages(data):
                    self._take(message)
                if self._noise > MAX_NOISE:
                    problem = f"{MAX_NOISE} things in a row were not messages"
                    return
        except (OSError, EOFError) as error:
            problem = str(error) or "the connection broke"
        except Exception as error:
            logger.exception("the connection of an MCP client failed")
            problem = f"the connection failed: {error!r}"
        finally:
            is_lost = self.ended is None
            self._end(problem)
            if is_lost:
                self._transport.on_deaf()

    def _messages(self, data: bytes) -> list[Message]:
        quirks = self._transport.quirks
        try:
            found = messages_in(read_json(data, quirks), quirks)
        except ValueError:
            found = []
        if found:
            self._noise = 0
        elif data.strip():
            self._noise += 1
            sent = ascii(data[:100].decode("utf-8", "replace"))
            quirks.note("what is not a JSON-RPC message is skipped", sent)
        return found

    def _take(self, message: Message) -> None:
        quirks = self._transport.quirks
        if "method" in message:
            self.inboxes.get(_tag(message), self._others).put(message)
        elif (request_id := answered(message, self.inboxes, quirks)) is not None:
            self.inboxes[request_id].put(message)
        elif message.get("id") not in self.given_up:
            quirks.note("answers with unknown ids are ignored", repr(message.get("id")))

    async def _deliver(self) -> None:
        """Pass on what belongs to no request: a slow callback must not stop answers."""
        with contextlib.suppress(TransportError):
            while True:
                message = await self._others.get()
                await self._transport.receive(message, None)

    def _end(self, problem: str) -> None:
        if self.ended is None:
            self.ended = self._transport.error(problem)
            for inbox in (*self.inboxes.values(), self._others):
                inbox.end(self.ended)


def _tag(message: Message) -> Any:
    """The request that a notification belongs to; None if it names none."""
    if "id" in message:
        return None
    params = members(message.get("params"))
    match message["method"]:
        case "notifications/progress":
            tag = params.get("progressToken")
        case "notifications/cancelled":
            tag = params.get("requestId")
        case _:
            tag = members(params.get("_meta")).get(_SUBSCRIPTION)
    return integer(tag)
