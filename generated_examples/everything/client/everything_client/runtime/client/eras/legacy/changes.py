"""Changes that a legacy server reports: subscriptions to resources, and its own stream.

Knows the session by two functions; several subscriptions share one on the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ... import backoff
from ...calls import Request
from ...channel import CONNECT_LIMIT, LISTEN_WAIT, SessionChannel, SessionLostError
from ...errors import ClientError, TransportError
from ...options import Notification
from ...session import DETACHED_LIMIT

if TYPE_CHECKING:
    from ...session import Parts
    from ...subscriptions import Filter, Put

logger: Final = logging.getLogger(__name__)

Ask: TypeAlias = Callable[[Request], Awaitable[dict[str, Any]]]
Losses: TypeAlias = "asyncio.Queue[int]"
"""The number of the session, each time when it has lost its stream of changes."""


class LegacyChanges:
    """The subscriptions of one session.

    Attributes:
        uris: The resources that are subscribed to, with the number of subscribers.
    """

    def __init__(
        self, parts: Parts, channel: SessionChannel, ask: Ask, ask_once: Ask
    ) -> None:
        """Subscriptions by `ask`, which may renew the session; `ask_once` never does."""
        self._parts = parts
        self._channel = channel
        self._ask = ask
        self._ask_once = ask_once
        self._session = 0
        self._followers: list[tuple[Filter, Put, Losses]] = []
        channel.on_deaf, channel.on_missed = self._deaf, self._missed
        self.uris: Counter[str] = Counter()

    def renewed(self) -> None:
        """There is a new session, after a while without one."""
        self._session += 1
        self._missed()

    async def follow(self, wanted: Filter, ready: Callable[[], None], put: Put) -> None:
        """Put each change that is wanted, once the server has agreed.

        Raises:
            TransportError: The server has no stream for changes, or it is lost.
        """
        taken: list[str] = []
        with self._heard(wanted, put) as losses:
            try:
                if not await self._channel.listen(LISTEN_WAIT):
                    raise self._no_stream("the server offers no stream for changes")
                for uri in wanted.resources:
                    await self._subscribe(uri)
                    taken.append(uri)
                ready()
                while True:
                    lost = await self._parts.next_change(losses.get())
                    await self._revive()
                    if lost == self._session:
                        # A new session would have been reported already.
                        for missed in wanted.missed():
                            put(missed)
            finally:
                for uri in taken:
                    self._unsubscribe(uri)

    @contextlib.contextmanager
    def _heard(self, wanted: Filter, put: Put) -> Generator[Losses]:
        """While the block runs, wanted notifications are put, and losses come."""
        losses: Losses = asyncio.Queue()

        def take(notification: Notification) -> None:
            if wanted.admits(notification):
                put(notification)

        follower = wanted, put, losses
        self._parts.events.listeners.append(take)
        self._followers.append(follower)
        try:
            yield losses
        finally:
            self._parts.events.listeners.remove(take)
            self._followers.remove(follower)
            if not self._parts.wants_messages:
                self._channel.stop_listening()

    def _deaf(self) -> None:
        for _, _, losses in self._followers:
            losses.put_nowait(self._session)

    def _missed(self) -> None:
        for wanted, put, _ in self._followers:
            for missed in wanted.missed():
                put(missed)

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
                await self._ask(Request("ping", {}, repeatable=True, options=limits))
                has_stream = await self._channel.listen(LISTEN_WAIT)
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
            options = self._parts.settings.for_calls()
            request = Request("resources/subscribe", {"uri": uri}, True, options)
            await self._ask(request)
        self.uris[uri] += 1

    def _unsubscribe(self, uri: str) -> None:
        self.uris[uri] -= 1
        if not self.uris[uri]:
            del self.uris[uri]
            self._parts.tasks.detached(self._leave(uri), DETACHED_LIMIT)

    async def _leave(self, uri: str) -> None:
        options = self._parts.brief(DETACHED_LIMIT)
        request = Request("resources/unsubscribe", {"uri": uri}, options=options)
        with contextlib.suppress(ClientError, SessionLostError):
            await self._ask_once(request)

    def _no_stream(self, problem: str) -> TransportError:
        transport = self._parts.transport
        method = "GET" if transport.verb else ""
        return TransportError(problem, url=transport.url, method=method)
