"""Credentials: the hook that signs requests and answers challenges, and two ready ones.

Knows HTTP by name only and nothing of the protocol. What a hook signs goes to the
server's own origin and never through a redirect to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import aiohttp


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is about to be sent, for a hook that signs it."""

    method: str
    url: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """A refusal for want of credentials.

    Attributes:
        status: 401 or 403.
        url: The address that refused.
        www_authenticate: The values of that header, one string per header line.
        headers: All headers of the answer.
        attempt: 1 for the first refusal of a request, then 2, and so on.
        signed: The headers that `sign` had given for the refused request.
    """

    status: int
    url: str
    www_authenticate: tuple[str, ...]
    headers: Mapping[str, str]
    attempt: int
    signed: Mapping[str, str] = field(
        default_factory=dict[str, str], repr=False, compare=False
    )


class Auth(Protocol):
    """How requests get their credentials."""

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        """The headers to add to a request. `session` is there to fetch tokens with."""
        ...

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        """Reacts to a refusal; True to sign and send the request once more.

        Raises:
            AuthError: It can't be answered, in words that help.
        """
        ...


class BearerAuth:
    """A token that is already there, sent as `Authorization: Bearer`."""

    __slots__ = ("_headers",)

    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {_header_value(token)}"}

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        """The `Authorization` header."""
        return self._headers

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        """Never: a token that is refused stays refused."""
        return False

    def __repr__(self) -> str:
        return "BearerAuth(...)"


class ApiKeyAuth:
    """A key in a header of its own, by default `X-API-Key`."""

    __slots__ = ("_headers",)

    def __init__(self, key: str, header: str = "X-API-Key") -> None:
        self._headers = {header: _header_value(key)}

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        """The key's header."""
        return self._headers

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        """Never: a key that is refused stays refused."""
        return False

    def __repr__(self) -> str:
        return f"ApiKeyAuth(..., header={next(iter(self._headers))!r})"


def _header_value(secret: str) -> str:
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        # The value stays out of the message: it is a secret, if a broken one.
        raise ValueError(
            "a token or key consists of visible ASCII characters; "
            "this one is empty or has others, perhaps a newline at its end"
        )
    return secret
