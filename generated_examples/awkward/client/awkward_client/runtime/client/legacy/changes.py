"""Changes that a legacy server reports: subscriptions to resources, and its own stream.

Knows the session by two functions; several subscriptions share one on the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..calls import Request
from ..errors import ClientError, TransportError
from ..http import backoff
from ..options import CallSettings, Notification
from ..speaker import CONNECT_LIMIT, FAREWELL_LIMIT
from .channel import Channel, SessionLostError

if TYPE_CHECKING:
    from ..speaker import Parts
    from ..subscriptions import Filter

logger: Final = logging.getLogger(__name__)

QUEUE_SIZE: Final = 1_000
"""Notifications that wait for a slow reader; then the oldest are dropped."""

Ask: TypeAlias = Callable[[Request, CallSettings], Awaitable[dict[str, Any]]]
Changes: TypeAlias = "asyncio.Queue[Notification | None]"


class LegacyChanges:
    """The subscriptions of one session.

    Attributes:
        uris: The resources that are subscribed to, with the number of subscribers.
    """

    def __init__(self, parts: Parts, channel: Channel, ask: Ask, ask_once: Ask) -> None:
        """Subscriptions by `ask`, which may renew the session; `ask_once` never does."""
        self._parts = parts
        self._channel = channel
        self._ask = ask
        self._ask_once = ask_once
        self.uris: Counter[str] = Counter()

    async def follow(self, wanted: Filter) -> AsyncGenerator[Notification | None, None]:
        """None once the server has agreed, then each change that is wanted.

        Raises:
            TransportError: The server has no stream for changes, or it is lost.
        """
        changes: Changes = asyncio.Queue(QUEUE_SIZE)
        taken: list[str] = []
        with self._heard(wanted, changes):
            try:
                if not await self._channel.listen(CONNECT_LIMIT):
                    raise self._no_stream("the server offers no stream for changes")
                for uri in wanted.resources:
                    await self._subscribe(uri)
                    taken.append(uri)
                yield None
                while True:
                    change = await self._next(changes)
                    if change is not None:
                        yield change
                    else:
                        await self._revive()
            finally:
                for uri in taken:
                    self._unsubscribe(uri)

    @contextlib.contextmanager
    def _heard(self, wanted: Filter, changes: Changes) -> Generator[None]:
        """While the block runs, wanted notifications are put into the queue."""

        def take(notification: Notification) -> None:
            if wanted.admits(notification):
                _put(changes, notification)

        def end() -> None:
            _put(changes, None)

        self._parts.events.listeners.append(take)
        self._channel.when_deaf.append(end)
        try:
            yield
        finally:
            self._parts.events.listeners.remove(take)
            self._channel.when_deaf.remove(end)

    async def _next(self, changes: Changes) -> Notification | None:
        endless = CallSettings(timeout=None, idle_timeout=None)
        async with self._parts.calls.limited("the next change", endless):
            return await changes.get()

    async def _revive(self) -> None:
        """Has the server's stream again after it broke off, perhaps in a new session.

        Raises:
            ClientError: The server can't be reached, or has no stream any more.
        """
        limits = self._parts.brief(CONNECT_LIMIT)
        failures = 0
        while True:
            try:
                # A session that the server has lost is made anew by this, with all its
                # subscriptions.
                await self._ask(Request("ping", {}, repeatable=True), limits)
                has_stream = await self._channel.listen(CONNECT_LIMIT)
            except TransportError as error:
                failures += 1
                if failures > backoff.MAX_TRIES or self._parts.calls.closed:
                    raise
                logger.debug("the stream of changes is lost: %s", error)
            else:
                if has_stream:
                    return
                raise self._no_stream("the stream of changes broke off")
            await backoff.wait(failures)

    async def _subscribe(self, uri: str) -> None:
        if not self.uris[uri]:
            request = Request("resources/subscribe", {"uri": uri}, repeatable=True)
            await self._ask(request, self._parts.settings.for_calls())
        self.uris[uri] += 1

    def _unsubscribe(self, uri: str) -> None:
        self.uris[uri] -= 1
        if not self.uris[uri]:
            del self.uris[uri]
            self._parts.tasks.farewell(self._leave(uri), FAREWELL_LIMIT)

    async def _leave(self, uri: str) -> None:
        request = Request("resources/unsubscribe", {"uri": uri})
        with contextlib.suppress(ClientError, SessionLostError):
            await self._ask_once(request, self._parts.brief(FAREWELL_LIMIT))

    def _no_stream(self, problem: str) -> TransportError:
        return TransportError(problem, url=self._parts.http.url, method="GET")


def _put(changes: Changes, change: Notification | None) -> None:
    if changes.full():
        changes.get_nowait()
        logger.warning("a subscription reads too slowly; its oldest change is dropped")
    changes.put_nowait(change)
