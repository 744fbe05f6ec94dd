"""The tasks that a connection runs beside its calls; none outlives it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

logger: Final = logging.getLogger(__name__)


class Tasks:
    """Starts tasks and ends them all together."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._detached: set[asyncio.Task[None]] = set()

    def spawn(
        self,
        work: Coroutine[Any, Any, None],
        finish: Callable[[], object] | None = None,
    ) -> asyncio.Task[None]:
        """Runs something aside; what it raises is logged.

        Args:
            work: What to run.
            finish: Called when it has ended, also if it was cancelled before it began.
        """
        task = asyncio.create_task(work)
        if finish is not None:
            task.add_done_callback(lambda _: finish())
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def detached(self, work: Coroutine[Any, Any, None], limit: float) -> None:
        """Runs something aside that `settle` waits for, `limit` seconds at most."""
        task = self.spawn(_bounded(work, limit))
        self._detached.add(task)
        task.add_done_callback(self._detached.discard)

    async def settle(self) -> None:
        """Waits for all detached tasks."""
        if self._detached:
            await asyncio.gather(*self._detached, return_exceptions=True)

    async def close(self) -> None:
        """Cancels what still runs and waits until it has ended."""
        running = [task for task in self._running if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.warning("a background task of an MCP client failed", exc_info=error)


async def _bounded(work: Coroutine[Any, Any, None], limit: float) -> None:
    try:
        async with asyncio.timeout(limit):
            await work
    except TimeoutError:
        logger.debug("a last message to an MCP server took too long")
