"""A server's notifications of changes, as an asynchronous iterator.

They are read whether or not somebody iterates, so that a lost stream is noticed at once.
The streams behind it are the eras' affair.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

from .errors import ClientStateError
from .limits import Inbox, Tasks
from .options import Notification

logger: Final = logging.getLogger(__name__)

_CHANGES: Final = {
    "toolsListChanged": "notifications/tools/list_changed",
    "promptsListChanged": "notifications/prompts/list_changed",
    "resourcesListChanged": "notifications/resources/list_changed",
}
_UPDATED: Final = "notifications/resources/updated"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which changes are wanted: of some resources, and of some lists by their keys."""

    resources: tuple[str, ...]
    lists: tuple[str, ...]

    @classmethod
    def of(cls, resources: Iterable[str], *lists: bool) -> Filter:
        """From what a caller wants: tools, prompts and resources, in this order."""
        wanted = (key for key, flag in zip(_CHANGES, lists, strict=True) if flag)
        return cls(tuple(resources), tuple(wanted))

    def to_json(self) -> dict[str, Any]:
        """The `SubscriptionFilter` object."""
        wanted: dict[str, Any] = dict.fromkeys(self.lists, True)
        if self.resources:
            wanted["resourceSubscriptions"] = list(self.resources)
        return wanted

    def admits(self, notification: Notification) -> bool:
        """Whether a notification is one of those that are wanted."""
        if notification.method == _UPDATED:
            return notification.params.get("uri") in self.resources
        return any(_CHANGES[key] == notification.method for key in self.lists)

    def missed(self) -> list[Notification]:
        """What to report when changes may have been missed: all that may have changed."""
        lists = [Notification(_CHANGES[key], {}, missed=True) for key in self.lists]
        return lists + [
            Notification(_UPDATED, {"uri": uri}, missed=True) for uri in self.resources
        ]


Put: TypeAlias = Callable[[Notification], None]
Source: TypeAlias = Callable[[Callable[[], None], Put], Awaitable[None]]
"""Calls the first function when the server agrees, the second with each change."""


class Subscription:
    """Use it in `async with`, which waits until the server has agreed, then iterate.

    The iteration ends when the server ends the subscription or the block is left, by
    whichever task, and raises if the connection is lost for good. A stream that breaks is
    opened anew; since changes may have been missed then, everything that the subscription
    is about is reported once, by notifications whose `missed` is true.
    """

    def __init__(self, source: Source, tasks: Tasks) -> None:
        """A subscription to a source that runs until it is over."""
        self._source = source
        self._tasks = tasks
        self._reader: asyncio.Task[None] | None = None
        self._changes = Inbox[Notification]("the changes of a subscription are read")
        self._has_missed = False

    async def __aenter__(self) -> Self:
        if self._reader is not None:
            raise ClientStateError("this subscription was opened before; make another")
        ready = asyncio.Event()
        self._reader = self._tasks.spawn(self._read(ready))
        try:
            await ready.wait()
            failure = self._changes.failure
            if failure is not None and not isinstance(failure, StopAsyncIteration):
                raise failure
        except BaseException:
            await self.close()
            raise
        return self

    async def close(self) -> None:
        """Ends the subscription and every iteration of it; leaving the block does so."""
        if self._reader is None:
            return
        self._changes.clear()
        self._changes.failure = None
        self._changes.end(StopAsyncIteration())
        self._reader.cancel()
        await asyncio.wait([self._reader])

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification:
        if self._reader is None:
            raise ClientStateError("use the subscription in `async with`")
        return await self._changes.get()

    async def _read(self, ready: asyncio.Event) -> None:
        end: Exception = StopAsyncIteration()
        try:
            await self._source(ready.set, self._put)
        except Exception as error:
            end = error
        finally:
            self._changes.end(end)
            ready.set()

    def _put(self, change: Notification) -> None:
        if change.missed and not self._has_missed:
            self._has_missed = True
            logger.warning("changes may have been missed: their stream was lost")
        self._changes.put(change)
