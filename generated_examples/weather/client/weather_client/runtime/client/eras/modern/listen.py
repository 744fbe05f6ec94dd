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
from ...options import Notification
from ...session import Parts

if TYPE_CHECKING:
    from ...subscriptions import Filter, Put

logger: Final = logging.getLogger(__name__)

Stream: TypeAlias = Callable[[], tuple[int, AsyncGenerator[Message, None]]]
"""The id of a new request, and what sends it and yields the messages for it."""

_METHOD: Final = "subscriptions/listen"
_ACKNOWLEDGED: Final = "notifications/subscriptions/acknowledged"


async def listen(
    parts: Parts, wanted: Filter, stream: Stream, ready: Callable[[], None], put: Put
) -> None:
    """Put each notification, until the server ends the subscription.

    Args:
        parts: The connection's.
        wanted: The changes.
        stream: Begins a stream of them.
        ready: Called once the server has agreed.
        put: Called with each change.

    Raises:
        ProtocolError: The server refuses the subscription.
        TransportError: The stream broke and could not be opened again.
    """
    failures = 0
    agreed = False
    reopening = backoff.Reopening()

    def acknowledged() -> None:
        nonlocal failures, agreed
        failures = 0
        reopening.opened()
        if agreed:
            for missed in wanted.missed():
                put(missed)
        agreed = True
        ready()

    while True:
        try:
            return await _once(parts, wanted, stream, acknowledged, put)
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
    parts: Parts,
    wanted: Filter,
    stream: Stream,
    acknowledged: Callable[[], None],
    put: Put,
) -> None:
    """One stream, until a graceful end.

    Raises:
        TransportError: It ended otherwise.
    """
    request_id, incoming = stream()
    async with contextlib.aclosing(incoming):
        async with parts.calls.limited(_METHOD, parts.brief(CONNECT_LIMIT)):
            message = await anext(incoming, None)
        if message is not None and message.get("method") == _ACKNOWLEDGED:
            _compare(wanted, message)
            acknowledged()
            message = await parts.next_change(anext(incoming, None))
        while message is not None:
            if is_answer(message, request_id, parts.transport.quirks):
                result_of(message, _METHOD, parts.transport.quirks)
                return
            if _is_end(message, request_id):
                return
            if "method" in message:
                await parts.events.receive(message)
                put(Notification(message["method"], members(message.get("params"))))
            message = await parts.next_change(anext(incoming, None))
    transport = parts.transport
    problem = "the stream of changes broke off"
    raise TransportError(problem, url=transport.url, method=transport.verb)


def _is_end(message: Message, request_id: int) -> bool:
    """Whether the server tears the subscription down."""
    params = members(message.get("params"))
    is_cancelled = message.get("method") == "notifications/cancelled"
    return is_cancelled and params.get("requestId") == request_id


def _compare(wanted: Filter, acknowledged: Message) -> None:
    """Says in the log what the server does not report."""
    granted = members(acknowledged.get("params")).get("notifications")
    if not is_object(granted):
        return
    missing = [key for key in wanted.to_json() if not granted.get(key)]
    if missing:
        logger.warning("the server does not report %s", ", ".join(missing))
