"""Again, a little later: what an index that is busy or being restarted asks for."""

from __future__ import annotations

import time
from typing import Final

BUSY: Final = frozenset({429, 502, 503, 504})
"""The HTTP statuses after which the same request may go well."""
TRIES: Final = 4
PAUSE = 1.0
"""Seconds before the second try; each further pause is twice as long."""
_LONGEST: Final = 60.0


def pause(failed: int, retry_after: str | None = None) -> None:
    """Wait before the next try.

    Args:
        failed: How many tries there were, at least 1.
        retry_after: The answer's `Retry-After`; only seconds are understood.
    """
    asked = float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
    time.sleep(min(max(asked, PAUSE * 2 ** (failed - 1)), _LONGEST))
