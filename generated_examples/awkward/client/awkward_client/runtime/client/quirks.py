"""What servers send that deviates from the protocol and has only one possible meaning.

It is accepted, and each kind of deviation is logged once per connection.
"""

from __future__ import annotations

import logging
from typing import Final

logger: Final = logging.getLogger(__name__)


class Quirks:
    """The deviations of one server that were met so far."""

    __slots__ = ("_seen", "_url")

    def __init__(self, url: str) -> None:
        self._url = url
        self._seen: set[str] = set()

    def note(self, deviation: str, detail: object = "") -> None:
        """Log a deviation, at its first occurrence.

        Args:
            deviation: The kind, and what is made of it.
            detail: What differs between occurrences of the same kind.
        """
        if deviation not in self._seen:
            self._seen.add(deviation)
            logger.warning(
                "%s: %s%s", self._url, deviation, f": {detail}" if detail else ""
            )

    def clear(self) -> None:
        """Forget what was met, for a new connection."""
        self._seen.clear()
