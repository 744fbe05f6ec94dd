"""An event loop for callers that have none. Knows nothing of MCP."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

STOP_LIMIT: Final = 5.0
"""Seconds that work has to end when it is interrupted."""


class LoopThread:
    """An event loop in a thread of its own, for callers that have none."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._workers = concurrent.futures.ThreadPoolExecutor(
            thread_name_prefix="mcp-handler"
        )
        self._loop.set_default_executor(self._workers)
        self._thread = threading.Thread(
            target=self._run, name="mcp-client", daemon=True
        )
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine; an interrupt of the wait cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            if not future.done():
                future.cancel()
                concurrent.futures.wait([future], timeout=STOP_LIMIT)
            raise

    def stop(self) -> None:
        """Ends loop and thread; what still runs is cancelled."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            if left:
                self._loop.run_until_complete(
                    asyncio.gather(*left, return_exceptions=True)
                )
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            # A handler that blocks, waiting for a person perhaps, is not waited for.
            self._workers.shutdown(wait=False, cancel_futures=True)
        finally:
            self._loop.close()
