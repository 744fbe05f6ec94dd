"""`WWW-Authenticate` in a server's refusal: schemes and their parameters (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PART: Final = re.compile(
    rf'[\s,]*(?P<name>{_TOKEN})(?:\s*=\s*(?P<value>"(?:[^"\\]|\\.)*"|[^\s,"]+)|'
    rf"(?P<scheme>(?=\s|$|,)))"
)
_SCHEMES: Final = frozenset(["bearer", "dpop"])
LONGEST: Final = 8 * 1024
"""Characters of a header that are read."""


def parameters(headers: Iterable[str]) -> dict[str, str]:
    """The parameters of all Bearer and DPoP challenges, the first of each name.

    Text that is no challenge is passed over: a refusal is a refusal, however written.
    """
    found: dict[str, str] = {}
    for header in headers:
        for name, value in _read(header[:LONGEST]):
            found.setdefault(name, value)
    return found


def _read(header: str) -> Iterator[tuple[str, str]]:
    """Name and value of each parameter that belongs to a scheme that is understood."""
    scheme, at = "", 0
    while match := _PART.match(header, at):
        at = match.end()
        if match["scheme"] is not None:
            scheme = match["name"].lower()
        elif scheme in _SCHEMES:
            yield match["name"].lower(), _plain(match["value"])


def _plain(value: str) -> str:
    if value.startswith('"'):
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value
