"""Credentials of requests over HTTP: the hook, ready ones for tokens and keys, and TLS.

The hook signs requests and answers challenges (`WWW-Authenticate`, RFC 9110). Knows HTTP
by name only and nothing of the protocol. What a hook signs goes to the server's own
origin and never through a redirect to another. Signing in is the feature `oauth`.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

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


class _Fixed:
    """Credentials that are there already: one header."""

    __slots__ = ("_headers",)

    def __init__(self, header: str, value: str) -> None:
        self._headers = {header: value}

    async def sign(
        self, request: Outgoing, session: aiohttp.ClientSession
    ) -> Mapping[str, str]:
        """The header."""
        return self._headers

    async def answer(
        self, challenge: Challenge, session: aiohttp.ClientSession
    ) -> bool:
        """Never: what is refused stays refused."""
        return False


class BearerAuth(_Fixed):
    """A token that is already there, sent as `Authorization: Bearer`."""

    __slots__ = ()

    def __init__(self, token: str) -> None:
        super().__init__("Authorization", f"Bearer {_header_value(token)}")

    def __repr__(self) -> str:
        return "BearerAuth(...)"


class ApiKeyAuth(_Fixed):
    """A key in a header of its own, by default `X-API-Key`."""

    __slots__ = ()

    def __init__(self, key: str, header: str = "X-API-Key") -> None:
        super().__init__(header, _header_value(key))

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


_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PART: Final = re.compile(
    rf'[\s,]*(?P<name>{_NAME})(?:\s*=\s*(?P<value>"(?:[^"\\]|\\.)*"|[^\s,"]+)|'
    rf"(?P<scheme>(?=\s|$|,)))"
)
_SCHEMES: Final = frozenset(["bearer", "dpop"])
_KEY_SCHEMES: Final = frozenset(["apikey", "api-key", "x-api-key"])
"""None is registered; frameworks send the first."""
LONGEST: Final = 8 * 1024
"""Characters of a header that are read."""


def parameters(headers: Iterable[str]) -> dict[str, str]:
    """The parameters of all Bearer and DPoP challenges, the first of each name.

    Text that is no challenge is passed over: a refusal is a refusal, however written.
    """
    found: dict[str, str] = {}
    for scheme, name, value in _read(headers):
        if scheme in _SCHEMES and name:
            found.setdefault(name, value)
    return found


def api_key(headers: Iterable[str]) -> str | None:
    """The header for an API key that a challenge asks for, such as `X-API-Key`.

    Empty where the challenge names no header, None where none asks for a key.
    """
    found: str | None = None
    for scheme, name, value in _read(headers):
        if scheme not in _KEY_SCHEMES:
            continue
        found = found or ""
        if name in ("header", "name") and re.fullmatch(_NAME, value):
            return value
    return found


def _read(headers: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Each scheme by itself, then with name and value of each of its parameters."""
    for header in headers:
        text, scheme, at = header[:LONGEST], "", 0
        while match := _PART.match(text, at):
            at = match.end()
            name = match["name"].lower()
            if match["scheme"] is not None:
                scheme = name
                yield scheme, "", ""
            else:
                yield scheme, name, _plain(match["value"])


def _plain(value: str) -> str:
    if value.startswith('"'):
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def tls_context(
    cacert: str | Path | None = None,
    cert: str | Path | None = None,
    key: str | Path | None = None,
    password: str | None = None,
) -> ssl.SSLContext | None:
    """For the option `tls`; None where there is nothing of a user's own.

    Args:
        cacert: A file with the authorities to trust, instead of the system's.
        cert: A file with the client's certificate (mTLS).
        key: Its private key; None if it is in the same file.
        password: What the key is encrypted with.

    Raises:
        ValueError: A file can't be used; the text names it.
    """
    if cert is None and key is not None:
        raise ValueError("a private key needs its certificate")
    if cacert is None and cert is None:
        return None
    try:
        context = ssl.create_default_context(cafile=cacert)
    except OSError as error:
        raise ValueError(f"{cacert}: no certificates can be read ({error})") from None
    if cert is not None:
        # Without this, OpenSSL asks on the terminal.
        secret = password or ""
        try:
            context.load_cert_chain(cert, key, lambda: secret)
        except OSError as error:
            problem = f"{cert}: no certificate and key can be read ({error})"
            raise ValueError(problem) from None
    return context
