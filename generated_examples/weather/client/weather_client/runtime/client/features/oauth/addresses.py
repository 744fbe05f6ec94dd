"""Where addresses lead: to the internet, a private network, or this machine.

A server on the internet must not make a client send requests to hosts that only the
client can reach.
"""

from __future__ import annotations

import asyncio
import socket
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from ...errors import AuthError

IpAddress: TypeAlias = IPv4Address | IPv6Address
Exceptions: TypeAlias = "tuple[str | IPv4Network | IPv6Network, ...]"

RESOLVE_SECONDS: Final = 10.0
_NAT64: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_COMPATIBLE: Final = ip_network("::/96")
_THIS_HOST: Final = ip_network("0.0.0.0/8")


class Place(IntEnum):
    """Where an address is, the most public place first."""

    PUBLIC = 0
    PRIVATE = 1
    LOOPBACK = 2
    LINK_LOCAL = 3


_NAMES: Final = {
    Place.PRIVATE: "in a private network",
    Place.LOOPBACK: "on this machine",
    Place.LINK_LOCAL: "a link-local address",
}
_REACH: Final = {
    Place.PUBLIC: frozenset([Place.PUBLIC]),
    Place.PRIVATE: frozenset([Place.PUBLIC, Place.PRIVATE]),
    Place.LOOPBACK: frozenset([Place.PUBLIC, Place.PRIVATE, Place.LOOPBACK]),
    Place.LINK_LOCAL: frozenset([Place.PUBLIC, Place.PRIVATE, Place.LINK_LOCAL]),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a server may lead a client.

    Attributes:
        places: The places.
        exceptions: Hosts and networks that are allowed besides.
    """

    places: frozenset[Place]
    exceptions: Exceptions = ()

    @classmethod
    def of(cls, place: Place, exceptions: Exceptions = ()) -> Reach:
        """The reach of a server at a place."""
        return cls(_REACH[place], exceptions)

    def without(self, place: Place) -> Reach:
        """The same with one place less."""
        return Reach(self.places - {place}, self.exceptions)

    def refused(self, host: str, address: str | None = None) -> Place | None:
        """The place of a host, or of an address that it stands for, if it is out of reach."""
        if normal_host(host) in self.exceptions:
            return None
        found = literal(host) if address is None else literal(address)
        if found is None:
            place = Place.LOOPBACK if _is_local_name(host) else Place.PUBLIC
        else:
            if any(_contains(each, found) for each in self.exceptions):
                return None
            place = place_of(found)
        return None if place in self.places else place

    async def check(self, url: str, what: str) -> None:
        """See that an address and everything that its name stands for is in reach.

        Raises:
            AuthError: It is not.
        """
        host = urlsplit(url).hostname or ""
        place = self.refused(host)
        for address in () if place else await resolved(host):
            place = place or self.refused(host, address)
        if place:
            raise out_of_reach(url, what, place)


def out_of_reach(url: str, what: str, place: Place) -> AuthError:
    """The error about an address that is out of reach."""
    return AuthError(
        f"the {what} is {_NAMES[place]}, and the server is not",
        url=url,
        method="GET",
        hint="If you trust the server, name the host in `allow_private`",
    )


async def place_of_server(url: str) -> Place:
    """Where a server is: the most public of the addresses that its name stands for.

    A name that cannot be resolved counts as public: a proxy may resolve it.
    """
    host = urlsplit(url).hostname or ""
    found = literal(host)
    if found is not None:
        return place_of(found)
    if _is_local_name(host):
        return Place.LOOPBACK
    places = [place_of_text(address) for address in await resolved(host)]
    return min(places, default=Place.PUBLIC)


async def resolved(host: str) -> tuple[str, ...]:
    """The addresses of a name; none where it has none, or is an address itself."""
    if literal(host) is not None or not host:
        return ()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return ()
    return tuple(str(address[0]) for *_, address in found)


def literal(host: str) -> IpAddress | None:
    """The address that a host is written as, in any spelling that systems accept."""
    text = normal_host(host)
    try:
        return ip_address(text)
    except ValueError:
        pass
    try:
        # 127.1, 2130706433, 0x7f.1 and the like.
        return IPv4Address(socket.inet_aton(text)) if text[:1].isdigit() else None
    except (OSError, UnicodeError):
        return None


def place_of_text(address: str) -> Place:
    """Where an address is that is given as text."""
    found = literal(address)
    return Place.PUBLIC if found is None else place_of(found)


def place_of(address: IpAddress) -> Place:
    """Where an address is; one that contains an IPv4 address is where that is."""
    if isinstance(address, IPv6Address):
        address = _embedded(address) or address
    if address.is_loopback or address.is_unspecified or address in _THIS_HOST:
        return Place.LOOPBACK
    if address.is_link_local or address.is_multicast:
        return Place.LINK_LOCAL
    return Place.PUBLIC if address.is_global else Place.PRIVATE


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    embeds = any(address in network for network in _NAT64)
    if embeds or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def normal_host(host: str) -> str:
    """A host in one spelling: lower case, plain digits, no final dot."""
    return unicodedata.normalize("NFKC", host).strip("[]").lower().removesuffix(".")


def is_loopback(host: str | None) -> bool:
    """Whether a host is written as an address or name of this machine."""
    found = literal(host or "")
    if found is not None:
        return place_of(found) is Place.LOOPBACK
    return _is_local_name(host or "")


def read_exceptions(entries: Sequence[str]) -> Exceptions:
    """Hosts and networks as a user writes them: `sso.corp.example`, `10.1.0.0/16`.

    Raises:
        ValueError: An entry is neither.
    """
    return tuple(map(_exception, entries))


def _exception(entry: str) -> str | IPv4Network | IPv6Network:
    try:
        return ip_network(entry)
    except ValueError:
        pass
    host = normal_host(entry)
    if not host or any(c.isspace() or c in "/:@?#*" for c in host):
        raise ValueError(
            "allow_private takes host names, addresses and networks such as "
            f"'sso.corp.example' and '10.1.0.0/16', not {entry!r}"
        )
    return host


def _contains(entry: str | IPv4Network | IPv6Network, address: IpAddress) -> bool:
    return not isinstance(entry, str) and address in entry


def _is_local_name(host: str) -> bool:
    name = normal_host(host)
    return name == "localhost" or name.endswith(".localhost")


def most_public(places: Iterable[Place | None]) -> Place:
    """The most public of the places that are known."""
    return min((place for place in places if place is not None), default=Place.PUBLIC)
