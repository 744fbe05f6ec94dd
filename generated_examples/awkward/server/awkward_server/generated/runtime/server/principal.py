"""Who is asking: the value that authentication gives and everything else relies on.

Knows no HTTP, no tokens and no settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast


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
