"""The stream of a `subscriptions/listen` request, opened anew when it breaks."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from ... import backoff
from ...channel import CONNECT_LIMIT
from ...errors import AuthError, TransportError
from ...incoming import Message, is_answer, is_object, members, result_of
from ...options import CallSettings, Notification
from ...session import Parts

if TYPE_CHECKING:
    from ...subscriptions import Filter

logger: Final = logging.getLogger(__name__)

Stream: TypeAlias = Callable[[], tuple[int, AsyncGenerator[Message, None]]]
"""The id of a new request, and what sends it and yields the messages for it."""

_METHOD: Final = "subscriptions/listen"
_ACKNOWLEDGED: Final = "notifications/subscriptions/acknowledged"


async def listen(
    parts: Parts, wanted: Filter, stream: Stream
) -> AsyncGenerator[Notification | None, None]:
    """None once the server has agreed, then each notification, until the server ends it.

    Raises:
        ProtocolError: The server refuses the subscription.
        TransportError: The stream broke and could not be opened again.
    """
    failures = 0
    agreed = False
    reopening = backoff.Reopening()
    while True:
        try:
            async with contextlib.aclosing(_once(parts, wanted, stream)) as changes:
                async for notification in changes:
                    if notification is not None:
                        yield notification
                        continue
                    failures = 0
                    reopening.opened()
                    if not agreed:
                        agreed = True
                        yield None
                        continue
                    for missed in wanted.missed():
                        yield missed
            return
        except TransportError as error:
            if not agreed or isinstance(error, AuthError) or parts.calls.closed:
                raise
            failures += 1
            if failures > backoff.MAX_TRIES:
                raise
            logger.debug("the stream of changes is lost: %s", error)
        # A stream that was open is one failure; the next ones are of those who knock.
        await (reopening.wait() if failures == 1 else backoff.wait(failures))


async def _once(
    parts: Parts, wanted: Filter, stream: Stream
) -> AsyncGenerator[Notification | None, None]:
    """One stream: None when it is acknowledged, its notifications, a graceful end."""
    request_id, incoming = stream()
    async with contextlib.aclosing(incoming):
        async with parts.calls.limited(_METHOD, parts.brief(CONNECT_LIMIT)):
            message = await anext(incoming, None)
        if message is not None and message.get("method") == _ACKNOWLEDGED:
            _compare(wanted, message)
            yield None
            message = await _next(parts, incoming)
        while message is not None:
            if is_answer(message, request_id, parts.transport.quirks):
                result_of(message, _METHOD, parts.transport.quirks)
                return
            if _is_end(message, request_id):
                return
            if "method" in message:
                await parts.events.receive(message)
                yield Notification(message["method"], members(message.get("params")))
            message = await _next(parts, incoming)
    transport = parts.transport
    problem = "the stream of changes broke off"
    raise TransportError(problem, url=transport.url, method=transport.verb)


def _is_end(message: Message, request_id: int) -> bool:
    """Whether the server tears the subscription down."""
    params = members(message.get("params"))
    is_cancelled = message.get("method") == "notifications/cancelled"
    return is_cancelled and params.get("requestId") == request_id


async def _next(
    parts: Parts, incoming: AsyncGenerator[Message, None]
) -> Message | None:
    """The next message, however long it takes; None at the end of the stream."""
    endless = CallSettings(timeout=None, idle_timeout=None)
    async with parts.calls.limited("the next change", endless):
        return await anext(incoming, None)


def _compare(wanted: Filter, acknowledged: Message) -> None:
    """Says in the log what the server does not report."""
    granted = members(acknowledged.get("params")).get("notifications")
    if not is_object(granted):
        return
    missing = [key for key in wanted.to_json() if not granted.get(key)]
    if missing:
        logger.warning("the server does not report %s", ", ".join(missing))
