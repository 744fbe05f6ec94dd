"""Announcements: what has changed of a server, passed on to everyone who listens."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, Protocol, TypeAlias

from ..handlers.invoke import running_loop

Announcement: TypeAlias = Literal["tools", "prompts", "resources", "updates"]

_STEPS: Final = 100
"""Listeners that hear of a change before other work gets its turn."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed: a list, or with a `uri` the contents of one resource."""

    what: Announcement
    uri: str | None = None


class Listener(Protocol):
    """Hears of every change: an iterator of its steps, none of which waits."""

    def __call__(self, change: Change, /) -> Iterator[None]: ...


class Changes:
    """Passes changes on to all listeners in this process.

    With 10,000 streams that takes a while, so other work gets its turn in between.
    """

    __slots__ = ("_listeners", "_loop", "_pending", "_running", "declared")

    declared: frozenset[Announcement]
    """What is announced; the server's capabilities say the same."""

    def __init__(self, declared: frozenset[Announcement]) -> None:
        self.declared = declared
        self._listeners: dict[Listener, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: deque[Iterator[None]] = deque()
        self._running = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Pass changes on in a loop, whichever thread announces them."""
        self._loop = loop

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Register; the result unregisters."""
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None)

    def announce(self, change: Change) -> None:
        """Tell everyone.

        Raises:
            RuntimeError: The service does not declare such announcements.
        """
        if change.what not in self.declared:
            raise RuntimeError(
                f"add {change.what!r} to `announces` of your service class to announce it"
            )
        loop = self._loop
        if loop is None or loop is running_loop():
            self._deliver(change)
            return
        # Where the loop is closed, nobody listens any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._deliver, change)

    def _deliver(self, change: Change) -> None:
        self._pending.append(self._steps(change))
        if not self._running:
            self._go_on()

    def _steps(self, change: Change) -> Iterator[None]:
        for listener in tuple(self._listeners):
            if listener in self._listeners:
                yield from listener(change)

    def _go_on(self) -> None:
        left = _STEPS
        while self._pending and left:
            left -= sum(1 for _ in islice(self._pending[0], left))
            if left:
                self._pending.popleft()
        self._running = bool(self._pending)
        if self._running and self._loop is not None:
            self._loop.call_soon(self._go_on)
