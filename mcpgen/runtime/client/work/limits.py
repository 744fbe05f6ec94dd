"""The calls of one connection that are under way: bounded in time, ended together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from types import TracebackType

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
        self._clocks: set[Clock] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.closed = False

    def limited(self, method: str, settings: CallSettings) -> Limited:
        """For `async with`: bounds a block of code by a call's limits.

        CallTimeoutError leaves the block when it took too long, TransportError when the
        client was closed meanwhile.
        """
        return Limited(self, method, settings)

    def started(self, clock: Clock) -> None:
        """A call begins."""
        self._clocks.add(clock)
        self._quiet.clear()

    def ended(self, clock: Clock) -> None:
        """A call has ended."""
        self._clocks.discard(clock)
        if not self._clocks:
            self._quiet.set()

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Stops all clocks, while a person or a model answers the server."""
        with contextlib.ExitStack() as stack:
            for clock in self._clocks:
                stack.enter_context(clock.paused())
            yield

    async def stop(self, limit: float) -> None:
        """Ends every call, and waits until they have ended."""
        self.closed = True
        for clock in self._clocks:
            clock.stop()
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


class Limited:
    """A block of code under a clock that its connection knows of."""

    __slots__ = ("_calls", "_clock", "_method", "_settings")

    def __init__(self, calls: Calls, method: str, settings: CallSettings) -> None:
        self._calls = calls
        self._method = method
        self._settings = settings
        self._clock = Clock(settings.timeout, settings.idle_timeout)

    async def __aenter__(self) -> Clock:
        self._calls.started(self._clock)
        return await self._clock.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._calls.ended(self._clock)
        try:
            await self._clock.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise self._calls.error(self._clock, self._method, self._settings) from None


def _seconds(limit: float | None) -> str:
    return "off" if limit is None else f"{limit:g} s"
