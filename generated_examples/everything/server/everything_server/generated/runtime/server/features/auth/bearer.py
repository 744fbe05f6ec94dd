"""Bearer tokens: out of the header, and kept as digests for as long as they are good.

https://www.rfc-editor.org/rfc/rfc6750#section-2.1
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final, Generic, TypeVar

from aiohttp import hdrs

from .authenticator import Refusal

V = TypeVar("V")

MAX_TOKEN: Final = 16 * 1024
"""Characters of a token; the HTTP parser has a limit for header lines, too."""

KEY_PREFIX: Final = "mcp_"
"""What API keys of this server's begin with."""

_KEY: Final = re.compile(rf"{KEY_PREFIX}[\w-]{{43}}", re.ASCII)
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


def only(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a header that may come once; None when it did not come.

    Raises:
        Refusal: It came more than once: a proxy and this server could take different
            ones for the real one.
    """
    getall = getattr(headers, "getall", None)
    if getall is None:
        return headers.get(name)
    values: Sequence[str] = getall(name, ())
    if len(values) > 1:
        raise Refusal(f"{name} was sent more than once", malformed=True)
    return values[0] if values else None


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """The request's bearer token; None when it has none.

    Raises:
        Refusal: The header came twice, or what follows `Bearer` is no token.
    """
    value = only(headers, hdrs.AUTHORIZATION)
    if value is None or value[:7].lower() != "bearer ":
        return None
    token = value[7:].strip(" ")
    if len(token) > MAX_TOKEN or _TOKEN.fullmatch(token) is None:
        raise Refusal("the bearer token is malformed", malformed=True)
    return token


def mark(token: str, audiences: Sequence[str] = ()) -> bytes:
    """What a token is remembered by, however its header was written.

    Args:
        token: From `bearer_token`.
        audiences: The server that it was shown to, where what is remembered counts for
            that one alone; `Remembered.of` does not find it then.
    """
    key = digest(f"Bearer {token}")
    return key + "\n".join(audiences).encode() if audiences else key


def digest(text: str) -> bytes:
    """What a token is remembered by, so that memory does not hold tokens."""
    # As hard to forge as SHA-256, and half its cost on every request; in its own
    # length, as asking for another one costs more than keeping all of it.
    return blake2b(text.encode("utf-8", "surrogatepass")).digest()


class Remembered(Generic[V]):
    """Values until their time is up; the oldest goes when there are too many."""

    __slots__ = ("_entries", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._entries: dict[bytes, tuple[float, V]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, headers: Mapping[str, str]) -> V | None:
        """The value of a request's token, where its header is written as most are.

        Any other spelling costs a reading of it; see `mark`.

        Raises:
            Refusal: `Authorization` came twice.
        """
        value = only(headers, hdrs.AUTHORIZATION)
        return None if value is None else self.get(digest(value))

    def get(self, key: bytes) -> V | None:
        """The value of a key, unless its time is up."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        until, value = entry
        if until <= time.time():
            del self._entries[key]
            return None
        return value

    def put(self, key: bytes, value: V, until: float) -> None:
        """Keep a value until a time in seconds since 1970."""
        self._entries.pop(key, None)
        if until <= time.time():
            return
        if len(self._entries) >= self._limit:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (until, value)


def refuse_api_key(token: str) -> None:
    """Keep an API key of this server's from being shown to those who are asked about tokens.

    Raises:
        Refusal: The token is such a key, by its looks.
    """
    if _KEY.fullmatch(token):
        raise Refusal("the API key is not known")
