"""The end of a server's process: signals, and a limit for how long it may take.

Knows signals, threads and time; nothing of servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from types import FrameType
from typing import Any, Final

_log: Final = logging.getLogger("mcp.server")
_EXIT_SECONDS: Final = 1.0
_PERIOD: Final = 0.05


@contextlib.contextmanager
def stop_signals(
    on_signal: Callable[[int], None] = lambda number: None,
) -> Generator[asyncio.Queue[int], None, None]:
    """SIGINT and SIGTERM while a server runs, in the main thread; needs a running loop.

    Python's own handlers, not the event loop's: they run even while a handler blocks
    the loop.

    Args:
        on_signal: Called with each signal, in the main thread, at any point of what
            runs there; must not wait.

    Yields:
        The numbers of the signals that come.
    """
    loop = asyncio.get_running_loop()
    came: asyncio.Queue[int] = asyncio.Queue()

    def handle(number: int, _: FrameType | None) -> None:
        on_signal(number)
        with contextlib.suppress(RuntimeError):  # the loop is closed meanwhile
            loop.call_soon_threadsafe(came.put_nowait, number)

    before = {
        number: signal.signal(number, handle)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(runner: asyncio.Runner, work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end, whatever other tasks and callbacks of the loop raise.

    asyncio stops its loop where one of them raises SystemExit or KeyboardInterrupt, with
    everything else in place: it can go on. Ctrl-C ends the run until `stop_signals` is
    entered.
    """
    found: list[asyncio.Task[Any]] = []

    async def begun() -> None:
        task = asyncio.current_task()
        assert task is not None
        found.append(task)
        await work

    step: Callable[[], None] = partial(runner.run, begun())
    while True:
        try:
            return step()
        except (SystemExit, KeyboardInterrupt) as error:
            if not found or found[0].done() or _is_interrupt(error):
                raise
            _log.warning(
                "%s outside of the server's own task does not end the server; raise "
                "ToolError to refuse a call, send SIGTERM to end the server",
                type(error).__name__,
            )
            step = partial(runner.get_loop().run_until_complete, found[0])


def _is_interrupt(error: BaseException) -> bool:
    """Whether this may be Ctrl-C."""
    default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, KeyboardInterrupt) and default


class ExitDeadline:
    """Ends the process at a given time, whatever runs in it.

    Nothing else can: handlers may swallow their cancellation, block the event loop, or
    leave threads behind for which the interpreter waits at its exit.
    """

    def __init__(self) -> None:
        """Start the thread that waits."""
        self._before = set(threading.enumerate())
        self._at = float("inf")
        self._code = 0
        self._armed = threading.Lock()
        self._armed.acquire()
        threading.Thread(target=self._wait, name="exit-deadline", daemon=True).start()

    def within(self, seconds: float, code: int) -> None:
        """End the process after some time, with an exit code; also in signal handlers."""
        self._code = code
        self._at = time.monotonic() + seconds
        with contextlib.suppress(RuntimeError):  # armed already
            self._armed.release()

    def cancel(self, code: int) -> None:
        """Let the process end by itself, soon after the interpreter's exit has begun.

        Args:
            code: The exit code, for a process that threads keep from ending: those that
                were started since this object was made.
        """
        self._at = float("inf")
        left = [
            thread
            for thread in set(threading.enumerate()) - self._before
            if not thread.daemon
        ]
        # Before the interpreter waits for threads; `atexit` comes after that.
        register = getattr(threading, "_register_atexit", None)
        if left and register is not None:
            register(self.within, _EXIT_SECONDS, code)

    def _wait(self) -> None:
        self._armed.acquire()
        while time.monotonic() < self._at:
            time.sleep(_PERIOD)
        with contextlib.suppress(OSError, ValueError):
            if sys.platform != "win32":
                # A reader of the log that has stopped reading can't hold up the exit.
                os.set_blocking(2, False)
            os.write(2, b"warning: handlers still run after shutdown; exiting\n")
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(self._code)
