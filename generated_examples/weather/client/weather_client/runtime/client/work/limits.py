"""The calls of one connection that are under way: bounded in time, ended together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from types import TracebackType
from typing import Any

from ..errors import CallTimeoutError, TransportError
from ..options import CallSettings
from .clock import Clock


class Calls:
    """Every wait for a server goes through here, so that none is left behind.

    Attributes:
        closed: Whether the client was closed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._running: dict[asyncio.Task[Any] | None, Limited] = {}
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.closed = False

    def limited(self, method: str, settings: CallSettings) -> Limited | Part:
        """For `async with`: bounds a block of code by a call's limits.

        A block inside another one of the same call (the same task and settings) shares
        its time: however often a call is sent, its limits count once. Other settings
        inside a call, as those of a handshake, bound a part of it.

        CallTimeoutError leaves the block when it took too long, TransportError when the
        client was closed meanwhile.
        """
        outer = self._running.get(asyncio.current_task())
        if outer is not None and outer.settings is settings:
            return Part(outer.clock)
        return Limited(self, method, settings, outer)

    def entered(self, block: Limited) -> None:
        """A block begins in this task."""
        self._running[asyncio.current_task()] = block
        self._quiet.clear()

    def left(self, outer: Limited | None) -> None:
        """A block has ended, and the one around it goes on."""
        task = asyncio.current_task()
        if outer is not None:
            self._running[task] = outer
        else:
            self._running.pop(task, None)
        if not self._running:
            self._quiet.set()

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Stops the clock of the call that this task works for, if it is one."""
        block = self._running.get(asyncio.current_task())
        with contextlib.nullcontext() if block is None else block.clock.paused():
            yield

    @contextlib.contextmanager
    def all_paused(self) -> Generator[None]:
        """Stops all clocks, while something is done of which the call is not known."""
        with contextlib.ExitStack() as stack:
            for block in self._running.values():
                stack.enter_context(block.clock.paused())
            yield

    async def stop(self, limit: float) -> None:
        """Ends every call, and waits until they have ended."""
        self.closed = True
        for block in self._running.values():
            block.outermost.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._quiet.wait()

    def error(
        self, clock: Clock, method: str, settings: CallSettings
    ) -> TransportError:
        """Why a clock has ended its block."""
        if clock.stopped:
            return TransportError(
                f"the client was closed while {method} ran",
                url=self._url,
                method="POST",
            )
        return CallTimeoutError(
            f"no answer to {method} in time",
            url=self._url,
            method="POST",
            hint=f"`timeout` is {_seconds(settings.timeout)}, "
            f"`idle_timeout` {_seconds(settings.idle_timeout)}",
        )


class Part:
    """A block of a call whose clock runs already."""

    __slots__ = ("_clock",)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __aenter__(self) -> Clock:
        return self._clock

    async def __aexit__(self, *_: object) -> None:
        """Nothing: the call goes on."""


class Limited:
    """A block of code under a clock that its connection knows of.

    Attributes:
        clock: The clock.
        settings: The limits.
    """

    __slots__ = ("_calls", "_method", "_outer", "clock", "settings")

    def __init__(
        self, calls: Calls, method: str, settings: CallSettings, outer: Limited | None
    ) -> None:
        self._calls = calls
        self._method = method
        self._outer = outer
        self.settings = settings
        self.clock: Clock = Clock(
            settings.timeout,
            settings.idle_timeout,
            None if outer is None else outer.clock,
        )

    async def __aenter__(self) -> Clock:
        self._calls.entered(self)
        return await self.clock.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._calls.left(self._outer)
        try:
            await self.clock.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise self._calls.error(self.clock, self._method, self.settings) from None

    @property
    def outermost(self) -> Clock:
        """The clock of the whole call."""
        clock = self.clock
        while clock.outer is not None:
            clock = clock.outer
        return clock


def _seconds(limit: float | None) -> str:
    return "off" if limit is None else f"{limit:g} s"
