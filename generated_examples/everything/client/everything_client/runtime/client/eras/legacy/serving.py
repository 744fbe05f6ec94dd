"""The requests that a legacy server makes of its client, and the answers.

Knows the handlers and the channel; nothing of sessions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Final

from ....core import errors as codes
from ....core.errors import URL_ELICITATION_REQUIRED
from ... import backoff
from ...channel import SessionChannel, SessionLostError
from ...errors import ClientError, MissingHandlerError, ProtocolError
from ...incoming import is_list, is_object, members
from ...options import DEFAULT_TIMEOUT, Notification

if TYPE_CHECKING:
    from ...incoming import Message
    from ...limits import Clock
    from ...session import Parts

logger: Final = logging.getLogger(__name__)

MAX_REQUESTS: Final = 100
"""Requests of a server that are answered side by side."""


class Serving:
    """Takes what the server sends of its own accord in one session.

    Its ids are the session's: those of the next one begin anew.

    Attributes:
        has_unanswered: Whether there was a question that had no handler.
    """

    def __init__(self, parts: Parts, channel: SessionChannel) -> None:
        self._parts = parts
        self._channel = channel
        self._running: dict[str | int, asyncio.Task[None]] = {}
        self._unanswered: dict[Clock | None, MissingHandlerError] = {}
        self.has_unanswered = False
        self._ended = False

    def unanswered(self, clock: Clock) -> MissingHandlerError | None:
        """The question that had no handler while a call ran; it is reported once."""
        on_own_stream = self._unanswered.pop(clock, None)
        return on_own_stream or self._unanswered.pop(None, None)

    def end(self) -> None:
        """The session is no more: nobody waits for the answers to its requests."""
        self._ended = True
        for task in self._running.values():
            task.cancel()

    async def receive(self, message: Message, clock: Clock | None) -> None:
        """Starts to answer a request, or passes a notification on."""
        method, request_id = message.get("method"), message.get("id")
        if not isinstance(method, str):
            return
        if isinstance(request_id, str | int):
            self._start(method, request_id, message, clock)
            return
        if method == "notifications/cancelled":
            wanted = members(message.get("params")).get("requestId")
            if isinstance(wanted, str | int) and wanted in self._running:
                self._running[wanted].cancel()
        await self._parts.events.receive(message)

    def _start(
        self, method: str, request_id: str | int, message: Message, clock: Clock | None
    ) -> None:
        if self._ended:
            logger.debug("%s of a session that has ended is ignored", method)
            return
        if request_id in self._running or len(self._running) >= MAX_REQUESTS:
            logger.warning("the server asks too much at once: %s is ignored", method)
            return
        task = self._parts.tasks.spawn(self._serve(method, message, clock))
        self._running[request_id] = task
        task.add_done_callback(lambda _: self._running.pop(request_id, None))

    async def _serve(self, method: str, message: Message, clock: Clock | None) -> None:
        """Answers one request, while the time of the call that it belongs to stands still.

        It came on that call's stream. What comes on the session's own stream may belong
        to any call, so all are paused that run by then.
        """
        pause = self._parts.calls.all_paused if clock is None else clock.paused
        with pause():
            answer = await self._answer(method, message, clock)
        try:
            await self._channel.post({"jsonrpc": "2.0", "id": message["id"], **answer})
        except (ClientError, SessionLostError) as error:
            logger.warning("an answer to %s did not get through: %s", method, error)

    async def _answer(
        self, method: str, message: Message, clock: Clock | None
    ) -> Message:
        if method == "ping":
            return {"result": {}}
        params = members(message.get("params"))
        try:
            return {"result": await self._parts.handlers.answer(method, params)}
        except ProtocolError as error:
            code, words = error.code, error.message
        except MissingHandlerError as error:
            self._unanswered[clock] = error
            self.has_unanswered = True
            code, words = codes.METHOD_NOT_FOUND, str(error)
        except ClientError as error:
            logger.warning("%s: %s", method, error)
            code, words = codes.INVALID_PARAMS, "the client could not answer this"
        except Exception:
            logger.exception("a handler of an MCP client failed: %s", method)
            code, words = codes.INTERNAL_ERROR, "the client's handler failed"
        return {"error": {"code": code, "message": words}}


_SHARE: Final = 0.9
"""What of a call's time may be spent on waiting before the refusal is final."""
MAX_PAGES: Final = 10
"""Pages that one call may ask a person to visit."""


async def with_pages(
    parts: Parts,
    clock: Clock,
    refusal: ProtocolError,
    send: Callable[[], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """The result of a request that needs pages to be visited first.

    Args:
        parts: The connection's.
        clock: The call's. It stands still while a person looks at a page, but not while
            one who said yes has not finished.
        refusal: What the server has said.
        send: Sends the request once more.

    Raises:
        ProtocolError: The server refuses, or the person did not visit the page.
        MissingHandlerError: There is nobody to visit it.
    """
    visits = _Visits(parts, clock)
    with visits.heard():
        while await visits.made(refusal):
            try:
                return await send()
            except ProtocolError as error:
                refusal = error
    raise refusal


class _Visits:
    """What one call has made a person do."""

    def __init__(self, parts: Parts, clock: Clock) -> None:
        self._parts = parts
        self._clock = clock
        self._patience = DEFAULT_TIMEOUT
        self._visited: set[str] = set()
        self._finished = defaultdict[str, asyncio.Event](asyncio.Event)
        self._repeats = 0

    @contextlib.contextmanager
    def heard(self) -> Generator[None]:
        """While the block runs, the server may say that a page is done with."""
        listeners = self._parts.events.listeners
        listeners.append(self._hear)
        try:
            yield
        finally:
            listeners.remove(self._hear)

    async def made(self, refusal: ProtocolError) -> bool:
        """Whether the person did what the server wants, so that a repetition may help."""
        wanted = _pages(refusal)
        fresh = [page for page in wanted if page["elicitationId"] not in self._visited]
        if not wanted or len(self._visited) + len(fresh) > MAX_PAGES:
            return False
        if not fresh:
            return await self._waited()
        for page in fresh:
            try:
                with self._clock.paused():
                    accepted = await self._visit(page)
            except MissingHandlerError as error:
                raise error from refusal
            if not accepted:
                return False
            self._visited.add(page["elicitationId"])
        return True

    async def _visit(self, page: dict[str, Any]) -> bool:
        """Shows a page until the person says so, or the server."""
        finished = self._finished[page["elicitationId"]]
        if finished.is_set():
            return True
        asking = asyncio.ensure_future(self._parts.handlers.visit(page))
        said = asyncio.ensure_future(finished.wait())
        try:
            await asyncio.wait([asking, said], return_when="FIRST_COMPLETED")
            return said.done() or await asking
        finally:
            asking.cancel()
            said.cancel()
            await asyncio.gather(asking, said, return_exceptions=True)

    async def _waited(self) -> bool:
        """Gives a person time who has said yes, and is not done by the server's account.

        The server may say when, but need not; so it is asked again now and then.
        """
        self._repeats += 1
        loop = asyncio.get_running_loop()
        before = loop.time()
        finished = [self._finished[each] for each in self._visited]
        due = [each.wait() for each in finished if not each.is_set()]
        pause = backoff.wait(self._repeats + (2 if due else 0))
        waits = [asyncio.ensure_future(each) for each in (pause, *due)]
        try:
            done, _ = await asyncio.wait(
                waits, timeout=self._time(), return_when="FIRST_COMPLETED"
            )
        finally:
            for wait in waits:
                wait.cancel()
        self._patience -= loop.time() - before
        return bool(done) and self._patience > 0

    def _time(self) -> float:
        """Seconds to wait at most: the server's refusal says more than a timeout."""
        remaining = self._clock.remaining
        if remaining is None:
            return max(self._patience, 0)
        return max(remaining * _SHARE, 0)

    def _hear(self, notification: Notification) -> None:
        if notification.method == "notifications/elicitation/complete":
            self._finished[str(notification.params.get("elicitationId"))].set()


def _pages(refusal: ProtocolError) -> list[dict[str, Any]]:
    """The pages that a refusal names; none if it is another one."""
    if refusal.code != URL_ELICITATION_REQUIRED or not is_object(refusal.data):
        return []
    named = refusal.data.get("elicitations")
    return [
        {"message": refusal.message, **page, "mode": "url"}
        for page in (named if is_list(named) else ())
        if is_object(page) and isinstance(page.get("elicitationId"), str)
    ]
