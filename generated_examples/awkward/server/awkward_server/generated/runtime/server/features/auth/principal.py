"""Who is asking: the value that authentication gives and everything else relies on.

Knows no HTTP, no tokens and no settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, cast

_REMEMBERED: Final = 1_000


@dataclass(frozen=True)
class Principal:
    """A verified identity.

    Attributes:
        subject: Who it is, unique at its issuer.
        issuer: Who says so, such as the authorization server's URL; empty where the
            server itself does.
        client: The OAuth client that acts for the subject; empty if there is none.
        scopes: What it may do.
        claims: Everything else that is known of it. Values come from the issuer, not
            from the server: they may hold any text.
        expires: When the credentials end, in seconds since 1970; None if they don't.
    """

    subject: str
    issuer: str = ""
    client: str = ""
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(
        default_factory=dict[str, Any], repr=False, compare=False, hash=False
    )
    expires: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        expires = cast(object, self.expires)
        if expires is not None and not isinstance(expires, int | float):
            # Later it would fail where nobody knows why: when a stream shall end.
            raise TypeError(
                f"Principal.expires is {expires!r}; give seconds since 1970, such as "
                "datetime.timestamp()"
            )

    @cached_property
    def key(self) -> str:
        """One text for the identity, the same for each of its tokens.

        What belongs to a principal (sessions, requestState) is bound to this. Scopes
        are no part of it: a step-up goes on in the same session.
        """
        return json.dumps([self.issuer, self.subject, self.client])


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
