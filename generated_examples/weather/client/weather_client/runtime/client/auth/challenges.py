"""`WWW-Authenticate` in a server's refusal: schemes and their parameters (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

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
