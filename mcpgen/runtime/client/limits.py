"""The calls of one connection that are under way: bounded in time, ended together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator

from .clock import Clock
from .errors import CallTimeoutError, TransportError
from .options import CallSettings


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

    @contextlib.asynccontextmanager
    async def limited(
        self, method: str, settings: CallSettings
    ) -> AsyncGenerator[Clock, None]:
        """Bounds a block of code by a call's limits.

        Raises:
            CallTimeoutError: It took too long.
            TransportError: The client was closed meanwhile.
        """
        clock = Clock(settings.timeout, settings.idle_timeout)
        self._clocks.add(clock)
        self._quiet.clear()
        try:
            async with clock:
                yield clock
        except TimeoutError:
            if not clock.expired:
                raise
            raise self._error(clock, method, settings) from None
        finally:
            self._clocks.discard(clock)
            if not self._clocks:
                self._quiet.set()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
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

    def _error(
        self, clock: Clock, method: str, settings: CallSettings
    ) -> TransportError:
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


def _seconds(limit: float | None) -> str:
    return "off" if limit is None else f"{limit:g} s"
