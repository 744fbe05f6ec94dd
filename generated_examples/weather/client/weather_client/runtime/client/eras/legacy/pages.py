"""Pages that a person must have visited before a server does what it is asked for.

The server refuses with `URLElicitationRequiredError`; the request is repeated once the
person is done. Knows the handlers and the notifications; nothing of how requests travel.
https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#url-elicitation-required-error
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Final

from ....core.errors import URL_ELICITATION_REQUIRED
from ...errors import MissingHandlerError, ProtocolError
from ...options import DEFAULT_TIMEOUT, Notification
from ...shapes import is_list, is_object
from ...work import backoff

if TYPE_CHECKING:
    from ...session import Parts
    from ...work.limits import Clock

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
        self._finished: set[str] = set()
        self._news = asyncio.Event()
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
        asking = asyncio.ensure_future(self._parts.handlers.visit(page))
        try:
            while not asking.done():
                self._news.clear()
                if page["elicitationId"] in self._finished:
                    return True
                news = asyncio.ensure_future(self._news.wait())
                try:
                    await asyncio.wait([asking, news], return_when="FIRST_COMPLETED")
                finally:
                    news.cancel()
            return await asking
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _waited(self) -> bool:
        """Gives a person time who has said yes, and is not done by the server's account.

        The server may say when, but need not; so it is asked again now and then.
        """
        self._repeats += 1
        loop = asyncio.get_running_loop()
        before = loop.time()
        self._news.clear()
        is_news_due = not self._visited <= self._finished
        pause = backoff.wait(self._repeats + (2 if is_news_due else 0))
        waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(pause)}
        if is_news_due:
            waits.add(asyncio.ensure_future(self._news.wait()))
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
            self._finished.add(str(notification.params.get("elicitationId")))
            self._news.set()


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
