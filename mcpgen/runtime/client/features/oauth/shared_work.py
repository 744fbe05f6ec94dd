"""Work that several callers share: tasks that do not depend on one event loop.

One hook may serve clients in several threads, each with an event loop of its
own. A caller that gives up waiting does not stop what others wait for.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

T = TypeVar("T")

_LOOK: Final = 1.0
"""Seconds between two looks at whether the loop that does the work is still there."""


async def completed(work: Coroutine[Any, Any, T]) -> T:
    """Run work to its end even if the caller is canceled; then cancellation goes on.

    For work that has a bound of its own, such as writing a file.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                continue
        if not task.cancelled():
            # Marks the error as seen: the caller is not there to get it.
            task.exception()
        raise


class Interrupted(Exception):
    """The work was canceled before its end."""


class _Run:
    """One run of the work.

    Attributes:
        owner: What the work uses, such as a session.
        loop: The event loop that it runs in.
        ended: Gets the error of the run, or None.
    """

    def __init__(self, work: Coroutine[Any, Any, None], owner: object) -> None:
        self.owner = owner
        self.loop = asyncio.get_running_loop()
        self.ended: Future[BaseException | None] = Future()
        # Otherwise a waiter that is canceled would cancel it for all.
        self.ended.set_running_or_notify_cancel()
        self.task = self.loop.create_task(work)
        self.task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self.ended.set_result(Interrupted() if task.cancelled() else task.exception())

    @property
    def is_over(self) -> bool:
        return self.ended.done() or self.loop.is_closed()

    async def wait(self) -> BaseException | None:
        """The error that the run ended with."""
        ended = asyncio.wrap_future(self.ended)
        while not (await asyncio.wait([ended], timeout=_LOOK))[0]:
            if self.loop.is_closed():
                return Interrupted()
        return ended.result()


class SingleFlight:
    """Runs one piece of work at a time, in a task of its own.

    Callers wait for the task that is running, even if another one started it.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._run: _Run | None = None

    async def until(
        self,
        is_done: Callable[[], bool],
        work: Callable[[], Coroutine[Any, Any, None]],
        owner: object,
    ) -> None:
        """Wait until something is done; run the work unless some is running already.

        Args:
            is_done: Whether this caller has what it wants.
            work: What gets it.
            owner: What the work uses: `interrupt` can be limited to one owner's.

        Raises:
            Interrupted: The work that this caller started was interrupted.
            Exception: What the work raised, also if another caller started it.
        """
        while not is_done():
            with self._mutex:
                run = self._run
                is_ours = run is None or run.is_over
                if run is None or run.is_over:
                    run = self._run = _Run(work(), owner)
            error = await run.wait()
            if isinstance(error, Interrupted) and not is_ours:
                continue
            if error is not None:
                raise error
            if is_ours:
                return

    async def interrupt(self, owner: object = None) -> None:
        """Interrupt the work that is running, and wait until it has ended.

        Args:
            owner: Whose work alone is interrupted; None means anybody's.
        """
        with self._mutex:
            run = self._run
        if run is None or run.is_over or (owner is not None and run.owner is not owner):
            return
        run.loop.call_soon_threadsafe(run.task.cancel)
        await run.wait()
