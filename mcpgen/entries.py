"""What a stage made in earlier runs, and what it makes in this one, by what it is made of.

An entry is found by everything that shaped it, so it is never stale: it is the same, or
it is made anew. Knows no files and nothing of what entries hold; stages do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Entries:
    """What is known from earlier runs, and what later ones should know.

    Attributes:
        kept: All that this run used or made, by key, as JSON.
        is_changed: Whether that is anything else than what was known.
    """

    def __init__(self, salt: str = "", known: Mapping[str, Any] | None = None) -> None:
        """Begin a run.

        Args:
            salt: Changes with everything that shapes entries and is no part of a key.
            known: What an earlier run kept.
        """
        self._salt = salt
        self._known = dict(known or {})
        self.kept: dict[str, Any] = {}

    @property
    def is_changed(self) -> bool:
        return self.kept.keys() != self._known.keys()

    def key(self, parts: Iterable[Any]) -> str:
        """The key of what is made from JSON values."""
        text = json.dumps([self._salt, *parts])
        return hashlib.sha256(text.encode()).hexdigest()

    def find(self, key: str, read: Callable[[Any], T]) -> T | None:
        """What an earlier run kept; None where it did not.

        Args:
            key: Of what it is made.
            read: Makes it from JSON; ValueError or TypeError says that this is no such
                entry, and it is forgotten.
        """
        try:
            return read(self._known[key])
        except (KeyError, TypeError, ValueError):
            # What is no entry must not be kept in its place.
            self._known.pop(key, None)
            return None

    def keep(self, key: str, write: Callable[[], Any]) -> None:
        """Keep an entry for later runs: as it was found, or as `write` makes it, as JSON."""
        self.kept[key] = self._known[key] if key in self._known else write()
