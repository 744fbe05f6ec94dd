"""Scopes that include others: what the setting `auth_implies` says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ...principal import Principal

_REMEMBERED: Final = 1_000


class Implications:
    """Scopes that include others, so that a broad one satisfies a narrow one."""

    __slots__ = ("_closed", "_direct", "_extended")

    def __init__(self, entries: Iterable[str]) -> None:
        """Read entries such as `admin=read+write`.

        Raises:
            ValueError: An entry has another form.
        """
        self._direct: dict[str, frozenset[str]] = {}
        self._closed: dict[frozenset[str], frozenset[str]] = {}
        self._extended: dict[int, tuple[Principal, Principal]] = {}
        for entry in entries:
            broad, equals, narrow = entry.rpartition("=")
            names = frozenset(narrow.split("+"))
            if not (broad and equals and narrow) or "" in names:
                raise ValueError(f"auth_implies: {entry!r} is not BROAD=NARROW+NARROW")
            self._direct[broad] = names

    def __bool__(self) -> bool:
        return bool(self._direct)

    def extend(self, principal: Principal) -> Principal:
        """A principal with all scopes that its own imply; the same one for the same one."""
        known = self._extended.get(id(principal))
        # The entry holds the principal, so that no other one can get its number.
        if known is not None:
            return known[1]
        extended = replace(principal, scopes=self.close(principal.scopes))
        if len(self._extended) >= _REMEMBERED:
            self._extended.clear()
        self._extended[id(principal)] = principal, extended
        return extended

    def close(self, scopes: frozenset[str]) -> frozenset[str]:
        """The scopes with all that they imply."""
        known = self._closed.get(scopes)
        if known is None:
            if len(self._closed) >= _REMEMBERED:
                self._closed.clear()
            known = self._closed[scopes] = self._follow(scopes)
        return known

    def _follow(self, scopes: frozenset[str]) -> frozenset[str]:
        found = set(scopes)
        pending = list(scopes)
        while pending:
            for narrow in self._direct.get(pending.pop(), frozenset()) - found:
                found.add(narrow)
                pending.append(narrow)
        return frozenset(found)
