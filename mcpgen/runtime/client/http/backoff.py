"""Waiting between tries: longer each time, never all clients at once."""

from __future__ import annotations

import asyncio
import random
from typing import Final

MAX_TRIES: Final = 5
"""Failures in a row after which a stream is given up."""

_FIRST: Final = 0.2
_LONGEST: Final = 10.0


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
    # Jitter needs no secrecy.
    await asyncio.sleep(pause * (1 + 0.2 * random.random()))
