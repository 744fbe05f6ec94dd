"""Serving a connection on which messages go both ways, in all eras.

What is sent on a connection belongs to it. Pipes, sockets and WebSockets differ in their
`Connection` alone.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import deque
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Mapping,
    Sequence,
)
from contextvars import Context
from dataclasses import dataclass
from types import coroutine
from typing import TYPE_CHECKING, Any, Final

from ...core import jsonrpc
from ...core.connection import Connection
from ...core.errors import INTERNAL_ERROR, INVALID_REQUEST, ProtocolError
from ...core.jsonrpc import is_array, is_object
from ..incoming import (
    Incoming,
    Refused,
    Unreadable,
    has_more_values,
    id_of_cut,
    meta_of,
    parse,
)
from ..parts import Parts

if TYPE_CHECKING:
    from ..eras.era import ConnectionEra, Era
    from ..handlers.context import Context as CallContext
    from ..principal import Principal

_log: Final = logging.getLogger("mcp.server")

_MAX_RUNNING: Final = 1_000
"""Requests of one connection that may run at one time."""
_MAX_UNSENT: Final = 1024 * 1024
"""Bytes of announcements that may wait for a slow client, before it is let go."""
_MAX_WAITING: Final = 4 * 1024 * 1024
"""Bytes of responses that may wait for a slow client, before no more is read."""
_SMALL: Final = 128 * 1024
"""Bytes of a message that is parsed at once, in a few milliseconds."""
_TURN_SECONDS: Final = 0.002
"""How long requests that need not wait are answered before others have their turn."""
_END_SECONDS: Final = 1.0
"""How long requests may go on when the client has ended, and again when canceled."""


@dataclass(eq=False, slots=True)
class _Responses:
    """Where the messages of one request go: onto the connection, until its response."""

    _connection: ConnectionServer
    finished: bool = False
    ctx: CallContext | None = None
    takes_events: bool = True

    async def send(self, message: bytes) -> None:
        """Send a notification or a request; nothing after the response."""
        if not self.finished:
            await self._connection.send(message)

    async def disconnect(self, retry_ms: int | None) -> None:
        """Nothing: a connection has no streams that could be polled."""


@coroutine
def _relieved(
    work: Awaitable[None], on_wait: Callable[[], None] | None, context: Context
) -> Generator[Any, Any, None]:
    """Await something in a context of its own; call a function once it has to wait."""
    steps = work.__await__()
    step: Callable[[Any], Any] = steps.send
    given: Any = None
    while True:
        try:
            waited = context.run(step, given)
        except StopIteration:
            return
        if on_wait is not None:
            on_wait()
            on_wait = None
        try:
            given, step = (yield waited), steps.send
        except BaseException as error:
            given, step = error, steps.throw


@dataclass(eq=False, repr=False)
class ConnectionServer:
    """Serves one connection.

    Args:
        parts: What the server consists of.
        eras: Its eras, the newest first.
        connection: What is served.
        principal: Who is at the other end, when the server authenticates.
        session_id: The id of its session, where it counts as one over HTTP.
    """

    _parts: Parts
    _served: Sequence[Era]
    _connection: Connection
    principal: Principal | None = None
    session_id: str | None = None

    def __post_init__(self) -> None:
        self._eras: tuple[ConnectionEra, ...] = ()
        self._network: str | None = getattr(self._connection, "network_transport", None)
        self._finishing = False
        self._sending = asyncio.Lock()
        self._waiting = 0
        self.room = asyncio.Event()
        """Set while the client reads enough of the responses that wait for it."""
        self.room.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[
            jsonrpc.RequestId, tuple[asyncio.Task[None], _Responses]
        ] = {}
        self._unsent: deque[bytes] = deque()
        self._unsent_size = 0
        self._draining: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._reader: asyncio.Task[None] | None = None
        self._input_ended = False
        self._failure: Exception | None = None
        self.ending = asyncio.Event()
        """Set once nothing more is served."""

    async def serve(self) -> None:
        """Serve until the client ends or `end` is called."""
        self._eras = tuple(era.connected(self) for era in self._served)
        self._read_on()
        try:
            await self.ending.wait()
            if self._failure is not None:
                raise self._failure
            if self._input_ended:
                await self._wait(_END_SECONDS)
        finally:
            try:
                await self._stop()
            finally:
                await self._connection.close()

    def end(self) -> None:
        """Serve no more; requests that run are canceled."""
        self.ending.set()

    def finish(self) -> None:
        """Refuse new requests, and end when those that run are done."""
        self._finishing = True
        self._end_if_finished()

    def _end_if_finished(self) -> None:
        if self._finishing and not self._tasks - {self._reader}:
            self.ending.set()

    @property
    def has_begun(self) -> bool:
        """Whether the client has shaken hands, as far as it needs to."""
        return any(era.has_begun for era in self._eras)

    def post(self, message: Any, incoming: Incoming) -> asyncio.Task[None] | None:
        """Begin to work on a message that did not come over the connection.

        Args:
            message: The JSON value of a message.
            incoming: Who sent it.

        Returns:
            What works on it; None if nothing is left to be done.

        Raises:
            ProtocolError: It is not a message.
        """
        work = self._taken(message, incoming, None)
        return None if work is None else self._start(work)

    async def send(self, message: bytes) -> None:
        """Send a message; when the client is gone, it is dropped and the serving ends."""
        size = len(message)
        self._waiting += size
        if self._waiting > _MAX_WAITING:
            self.room.clear()
        try:
            await self._sending.acquire()
            try:
                await self._connection.send(message)
            finally:
                self._sending.release()
        except ConnectionError:
            self.ending.set()
        finally:
            self._waiting -= size
            if self._waiting <= _MAX_WAITING:
                self.room.set()

    def push(self, message: bytes) -> None:
        """Send a message without waiting; a client that reads none is let go."""
        self._unsent.append(message)
        self._unsent_size += len(message)
        if self._unsent_size > _MAX_UNSENT:
            _log.warning("a client does not read what it is sent; its connection ends")
            self.ending.set()
        elif self._draining is None:
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        while self._unsent:
            message = self._unsent.popleft()
            self._unsent_size -= len(message)
            await self.send(message)
        self._draining = None

    def _read_on(self) -> None:
        """Let a new task read on: for the first time, or as the one that reads waits."""
        if not self.ending.is_set():
            self._reader = self._start(self._read())

    async def _read(self) -> None:
        """Read and answer messages, one after the other, for as long as none must wait.

        Most requests are answered at once. The first one that has to wait for something
        keeps this task for itself, and another task reads on.
        """
        task = asyncio.current_task()
        turn_ends = self._loop.time() + _TURN_SECONDS
        while self._reader is task and not self.ending.is_set():
            if self._loop.time() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = self._loop.time() + _TURN_SECONDS
            if not self.room.is_set():
                await self.room.wait()
            try:
                body = await self._connection.receive()
            except Exception as error:
                self._failure = error
                self.ending.set()
                return
            if body is None:
                self._input_ended = True
                self.ending.set()
                return
            try:
                self._check_size(body)
                if len(body) <= _SMALL:
                    message = parse(body)
                else:
                    # It takes long, and others want to be served meanwhile.
                    message = await asyncio.to_thread(parse, body)
                incoming = Incoming(self.principal, self._network)
                work = self._taken(message, incoming, self._read_on)
                if is_array(message) and work is not None:
                    self._start(work)
                elif work is not None:
                    await work
            except ProtocolError as error:
                known = error.request_id if isinstance(error, Unreadable) else None
                await self.send(jsonrpc.error(known, error))

    def _check_size(self, body: bytes) -> None:
        """See that a message is not too large.

        Raises:
            ProtocolError: It is.
        """
        settings = self._parts.settings
        problem = ""
        if len(body) > settings.max_body:
            problem = f"is larger than {settings.max_body} bytes; setting max_body"
        elif has_more_values(body, settings.max_values):
            problem = f"has more than {settings.max_values} values; setting max_values"
        if problem:
            raise Unreadable(f"The message {problem}", id_of_cut(body), INVALID_REQUEST)

    def _taken(
        self, message: Any, incoming: Incoming, on_wait: Callable[[], None] | None
    ) -> Coroutine[Any, Any, None] | None:
        """What is left to be done for a message: the work on a request or a batch.

        Raises:
            ProtocolError: It is not a message.
        """
        if is_array(message):
            self._check_room()
            incoming.method = "batch"
            # Only the oldest revisions have them.
            return self._request(self._eras[-1], _Responses(self), message, incoming)
        message = incoming.checked(message)
        if incoming.method is None:
            for era in self._eras:
                era.answered(message)
            return None
        if incoming.request_id is None:
            self._notified(message)
            return None
        return self._work(incoming.request_id, message, incoming, on_wait)

    async def _work(
        self,
        request_id: jsonrpc.RequestId,
        message: Mapping[str, Any],
        incoming: Incoming,
        on_wait: Callable[[], None] | None,
    ) -> None:
        """Answer a request in this task, which another one relieves when it waits."""
        try:
            if request_id in self._running:
                raise ProtocolError(
                    INVALID_REQUEST, f"Request {request_id!r} still runs"
                )
            self._check_room()
        except ProtocolError as error:
            incoming.outcome = f"error {error.code}"
            # A client that reads no errors is not read either.
            await self.send(jsonrpc.error(request_id, error))
            return
        task = asyncio.current_task()
        assert task is not None
        channel = _Responses(self)
        meta = meta_of(message)
        era = self._eras[-1]
        for newer, each in zip(self._served[:-1], self._eras, strict=False):
            if not newer.marks.isdisjoint(meta):
                era = each
        self._running[request_id] = task, channel
        try:
            work = self._request(era, channel, message, incoming)
            # It sees no context variables of other requests, nor they its own.
            incoming.context = self._context.copy()
            await _relieved(work, on_wait, incoming.context)
        except Exception:
            _log.exception("a request failed")
        finally:
            del self._running[request_id]

    def _check_room(self) -> None:
        if self._finishing:
            raise ProtocolError(INVALID_REQUEST, "The server is stopping")
        # The one that reads is among them.
        if len(self._tasks) > _MAX_RUNNING:
            raise ProtocolError(INVALID_REQUEST, "Too many requests at one time")

    def _notified(self, message: Mapping[str, Any]) -> None:
        canceled = [era.notified(message) for era in self._eras]
        params = message.get("params")
        if message["method"] != "notifications/cancelled" or not is_object(params):
            return
        request_id = params.get("requestId")
        if not jsonrpc.is_request_id(request_id) or request_id not in self._running:
            return
        task, channel = self._running[request_id]
        # Again, it would interrupt what the request does to end.
        if not any(canceled) and not channel.finished:
            self._cancel(task, channel)

    def _cancel(self, task: asyncio.Task[None], channel: _Responses) -> None:
        channel.finished = True
        if channel.ctx is not None:
            channel.ctx.cancel()
        task.cancel("the client cancelled the request")

    def _require(self, incoming: Incoming) -> None:
        """Refuse a sender whose credentials have ended, or do not suffice."""
        if incoming.has_expired:
            raise ProtocolError(INVALID_REQUEST, "The credentials have expired")
        if self._parts.authentication is not None:
            self._parts.authentication.require_common(incoming)

    async def _request(
        self,
        era: ConnectionEra,
        channel: _Responses,
        message: Any,
        incoming: Incoming,
    ) -> None:
        """Answer a request, or a batch, whatever goes wrong."""
        request_id: Any = None if is_array(message) else message["id"]
        try:
            self._require(incoming)
            if is_object(message):
                response = await era.respond(incoming, channel, request_id, message)
            else:
                answered = await era.batch(incoming, channel, message)
                response = b"[%b]" % b",".join(answered) if answered else None
        except Exception as error:
            if isinstance(error, Refused):
                problem = error.error
            elif isinstance(error, ProtocolError):
                problem = error
            else:
                _log.exception("a request failed")
                problem = ProtocolError(INTERNAL_ERROR, "Internal error")
            incoming.outcome = f"error {problem.code}"
            response = jsonrpc.error(request_id, problem)
        # Nothing is sent for what was canceled.
        if response is not None and not channel.finished:
            channel.finished = True
            await self.send(response)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._end_if_finished()
        error = None if task.cancelled() else task.exception()
        if task is self._reader and not self.ending.is_set():
            # Nobody reads on.
            reason = "the connection is read no more"
            self._failure = (
                error if isinstance(error, Exception) else ConnectionError(reason)
            )
            self.ending.set()
        elif error is not None:
            _log.error("a request failed", exc_info=error)

    async def _wait(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _stop(self) -> None:
        for task, channel in tuple(self._running.values()):
            self._cancel(task, channel)
        for task in self._tasks:
            if not task.cancelling():
                task.cancel()
        for era in self._eras:
            era.end()
        await self._wait(_END_SECONDS)
        if self._draining is not None:
            await asyncio.wait([self._draining], timeout=_END_SECONDS)
            self._draining.cancel()
