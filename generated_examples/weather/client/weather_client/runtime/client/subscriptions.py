"""A server's notifications of changes, as an asynchronous iterator.

The streams behind it are the eras' affair.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from .options import Notification

_CHANGES: Final = {
    "toolsListChanged": "notifications/tools/list_changed",
    "promptsListChanged": "notifications/prompts/list_changed",
    "resourcesListChanged": "notifications/resources/list_changed",
}
_UPDATED: Final = "notifications/resources/updated"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which changes are wanted."""

    resources: tuple[str, ...]
    tools_changed: bool
    prompts_changed: bool
    resources_changed: bool

    def to_json(self) -> dict[str, Any]:
        """The `SubscriptionFilter` object."""
        flags = (self.tools_changed, self.prompts_changed, self.resources_changed)
        wanted: dict[str, Any] = {
            key: True for key, flag in zip(_CHANGES, flags, strict=True) if flag
        }
        if self.resources:
            wanted["resourceSubscriptions"] = list(self.resources)
        return wanted

    def admits(self, notification: Notification) -> bool:
        """Whether a notification is one of those that are wanted."""
        if notification.method == _UPDATED:
            return notification.params.get("uri") in self.resources
        wanted = self.to_json()
        return any(
            method == notification.method and key in wanted
            for key, method in _CHANGES.items()
        )


class Subscription:
    """Use it in `async with`, which waits until the server has agreed, then iterate.

    The iteration ends when the server ends the subscription, and raises if the
    connection is lost for good. A stream that breaks is opened anew; what changed
    meanwhile is not told, so look again after a pause.
    """

    def __init__(
        self, source: Callable[[], AsyncGenerator[Notification | None, None]]
    ) -> None:
        """A subscription to a source that yields None once it is established."""
        self._source = source
        self._stream: AsyncGenerator[Notification | None, None] | None = None

    async def __aenter__(self) -> Self:
        if self._stream is not None:
            raise RuntimeError("this subscription is open already")
        self._stream = self._source()
        try:
            await anext(self._stream)
        except StopAsyncIteration:
            pass
        except BaseException:
            await self._stream.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification:
        if self._stream is None:
            raise RuntimeError("use the subscription in `async with`")
        while True:
            notification = await anext(self._stream)
            if notification is not None:
                return notification
