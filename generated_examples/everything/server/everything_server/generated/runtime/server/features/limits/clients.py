"""Who is counted: a principal, or an address where no principal is known.

Makes the keys that counters count under, once for each client; counts nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final

from ...stores.counters import RateRequest
from ...transports.http.proxies import parse_address

_REMEMBERED: Final = 10_000


class Client:
    """What is counted of a client.

    Attributes:
        key: Who it is, such as `address:192.0.2.1`; sessions count under it.
        calls: Where its calls count.
        streams: Where its open streams count.
        requests: What each of its requests takes from token buckets.
    """

    __slots__ = ("calls", "key", "requests", "streams")

    def __init__(self, key: str, requests: tuple[RateRequest, ...]) -> None:
        self.key: Final = key
        self.calls: Final = "calls:" + key
        self.streams: Final = "streams:" + key
        self.requests: Final = requests


class Clients(dict[str, "Client | None"]):
    """What names count as; None for nothing. Makes clients, and keeps the last ones."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str], Client | None]) -> None:
        """Prepare; `make` tells what a name counts as, None for nothing."""
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> Client | None:
        """What a name counts as that was not seen lately."""
        if len(self) >= _REMEMBERED:
            self.clear()
        client = self[name] = self._make(name)
        return client


def address_key(remote: str) -> str | None:
    """What an address counts as; None for one that has no limits of its own.

    Everyone with IPv6 has at least 2^64 addresses, so the network is what counts.
    """
    address = parse_address(remote)
    if address is None or address.is_loopback:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return f"address:{ipaddress.IPv6Network((address, 64), strict=False)}"
    return f"address:{address}"
