"""The stream of a `subscriptions/listen` request, opened anew when it breaks."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeAlias

import aiohttp

from ...errors import AuthError, TransportError
from ...options import CallSettings, Notification
from ...shapes import is_object, members
from ...speaker import CONNECT_LIMIT, Parts
from ...transports.http import backoff
from ...transports.http.replies import Message, is_answer, messages, result_of

if TYPE_CHECKING:
    from ...subscriptions import Filter

logger: Final = logging.getLogger(__name__)

Connect: TypeAlias = Callable[[], Awaitable[tuple[int, aiohttp.ClientResponse]]]
"""Sends the request; gives its id and the answer that streams."""

_METHOD: Final = "subscriptions/listen"
_ACKNOWLEDGED: Final = "notifications/subscriptions/acknowledged"


async def listen(
    parts: Parts, wanted: Filter, connect: Connect
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
            async with contextlib.aclosing(_once(parts, wanted, connect)) as stream:
                async for notification in stream:
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
    parts: Parts, wanted: Filter, connect: Connect
) -> AsyncGenerator[Notification | None, None]:
    """One stream: None when it is acknowledged, its notifications, a graceful end."""
    response: aiohttp.ClientResponse | None = None
    try:
        async with parts.calls.limited(_METHOD, parts.brief(CONNECT_LIMIT)):
            request_id, response = await connect()
        quirks = parts.http.quirks
        incoming = messages(parts.http, response, parts.http.parser())
        async with contextlib.aclosing(incoming):
            async with parts.calls.limited(_METHOD, parts.brief(CONNECT_LIMIT)):
                first = await anext(incoming, None)
            if first is not None and first.get("method") == _ACKNOWLEDGED:
                _compare(wanted, first)
                yield None
            elif first is not None and is_answer(first, request_id, quirks):
                result_of(first, _METHOD, quirks)
                return
            while (message := await _next(parts, incoming)) is not None:
                if is_answer(message, request_id, quirks):
                    result_of(message, _METHOD, quirks)
                    return
                if "method" in message:
                    await parts.events.receive(message)
                    yield _notification(message)
    finally:
        if response is not None:
            response.close()
    raise TransportError(
        "the stream of changes broke off", url=parts.http.url, method="POST"
    )


async def _next(
    parts: Parts, incoming: AsyncGenerator[Message, None]
) -> Message | None:
    """The next message, however long it takes; None at the end of the stream."""
    endless = CallSettings(timeout=None, idle_timeout=None)
    async with parts.calls.limited("the next change", endless):
        return await anext(incoming, None)


def _notification(message: Message) -> Notification:
    return Notification(str(message["method"]), members(message.get("params")))


def _compare(wanted: Filter, acknowledged: Message) -> None:
    """Says in the log what the server does not report."""
    granted = members(acknowledged.get("params")).get("notifications")
    if not is_object(granted):
        return
    missing = [key for key in wanted.to_json() if not granted.get(key)]
    if missing:
        logger.warning("the server does not report %s", ", ".join(missing))
