"""Waiting between tries: longer each time, never all clients at once."""

from __future__ import annotations

import asyncio
import random
from typing import Final

MAX_TRIES: Final = 5
"""Failures in a row after which a stream is given up."""
PASSING: Final = frozenset([None, 429, 502, 503, 504])
"""Statuses that another try may not meet; None is a broken connection."""
STABLE: Final = 5.0
"""Seconds after which the end of a stream is not one of a series."""

_FIRST: Final = 0.2
_LONGEST: Final = 10.0
_REOPEN: Final = 1.0
_LEAST_WISH: Final = 0.1


async def at_least(seconds: float) -> None:
    """Waits as long as a server has asked for, and a little longer."""
    # Jitter needs no secrecy.
    await asyncio.sleep(seconds + 0.2 * random.random())


async def wait(failures: int, server_wish: int | None = None) -> None:
    """Waits before the next try.

    Args:
        failures: How many tries have failed in a row.
        server_wish: Milliseconds that the server asked for with `retry`.
    """
    if server_wish is None:
        pause = min(_FIRST * 2 ** max(failures - 1, 0), _LONGEST)
    else:
        # Exactly what the server said the first time, as the specification demands.
        pause = min(server_wish / 1000 * 2 ** max(failures - 1, 0), 60.0)
    await _sleep(pause)


class Reopening:
    """The pauses before a stream that a server ends is opened again.

    A stream that ends soon is opened at most once a second, and less often while it goes on
    to end soon. A server that names a time with `retry` lets its stream be polled: that
    time is kept to, as long as every poll brings an event.
    https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server
    """

    def __init__(self) -> None:
        self._in_a_row = 0
        self._opened = 0.0

    def opened(self) -> None:
        """The stream is open."""
        self._opened = asyncio.get_running_loop().time()

    async def wait(self, retry: int | None = None, *, brought: bool = False) -> None:
        """Waits after the stream has ended.

        Args:
            retry: Milliseconds that the server asked for.
            brought: Whether the stream has brought an event since it was opened.
        """
        lasted = asyncio.get_running_loop().time() - self._opened
        polled = retry is not None and brought
        self._in_a_row = 0 if lasted > STABLE or polled else self._in_a_row + 1
        if retry is not None:
            first = max(retry / 1000, _LEAST_WISH)
        else:
            first = _REOPEN if self._in_a_row else _FIRST
        longest = max(first, _LONGEST)
        await _sleep(min(first * 2 ** max(self._in_a_row - 1, 0), longest))


async def _sleep(pause: float) -> None:
    # Jitter needs no secrecy.
    await asyncio.sleep(pause * (1 + 0.2 * random.random()))
