"""Requests to authorization servers: bounded, never redirected, over TLS or loopback.

A server on the internet must not make a client send requests to hosts that only the
client can reach. So a request may be limited to a `Reach`: the name is resolved and
checked before connecting, and the address of the connection is checked again before
anything is sent over it.

Knows HTTP and JSON; what is asked for is others' affair. No message of an error has a
form's content, which is full of secrets.
"""

from __future__ import annotations

import asyncio
import json
import socket
import unicodedata
from collections.abc import Mapping, Sequence
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
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

from ...errors import AuthError
from ...incoming import members

if TYPE_CHECKING:
    import aiohttp

IpAddress: TypeAlias = IPv4Address | IPv6Address
Exceptions: TypeAlias = "tuple[str | IPv4Network | IPv6Network, ...]"

LARGEST: Final = 256 * 1024
"""Bytes of a metadata document or a token answer."""
SECONDS: Final = 30.0
"""How long one request may take."""
RESOLVE_SECONDS: Final = 10.0
"""How long a name may take to be resolved."""
_EMBEDDING: Final = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
"""Networks of IPv6 whose addresses end with one of IPv4: NAT64, and "compatible" ones."""
_THIS_HOST: Final = ip_network("0.0.0.0/8")


class OAuthError(AuthError):
    """No token can be had. `url` is what `problem` is about."""

    def __init__(
        self,
        problem: str,
        url: str,
        hint: str | None = None,
        *,
        method: str = "GET",
        status: int | None = None,
    ) -> None:
        super().__init__(problem, url=url, method=method, hint=hint, status=status)


class Place(IntEnum):
    """Where an address is, the most public place first."""

    PUBLIC = 1
    PRIVATE = 2
    LOOPBACK = 3
    LINK_LOCAL = 4


_NAMES: Final = {
    Place.PRIVATE: "in a private network",
    Place.LOOPBACK: "on this machine",
    Place.LINK_LOCAL: "a link-local address",
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
        """The reach of a server at a place: there, and where more can reach."""
        places = frozenset([Place.PUBLIC, min(place, Place.PRIVATE), place])
        return cls(places, exceptions)

    def refused(self, host: str, address: str | None = None) -> Place | None:
        """The place of a host, or of an address that it stands for, if it is out of reach."""
        if normal_host(host) in self.exceptions:
            return None
        place, found = _place(host if address is None else address)
        networks = [each for each in self.exceptions if not isinstance(each, str)]
        is_exception = found is not None and any(found in each for each in networks)
        return None if is_exception or place in self.places else place

    async def check(self, url: str, what: str) -> None:
        """See that an address and everything that its name stands for is in reach.

        Raises:
            AuthError: It is not.
        """
        if self is ANYWHERE:
            return
        host = urlsplit(url).hostname or ""
        place = self.refused(host)
        for address in () if place else await resolved(host):
            place = place or self.refused(host, address)
        if place:
            raise out_of_reach(url, what, place)


ANYWHERE: Final = Reach(frozenset(Place))


def out_of_reach(url: str, what: str, place: Place) -> AuthError:
    """The error about an address that is out of reach."""
    return OAuthError(
        f"the {what} is {_NAMES[place]}, and the server is not",
        url,
        hint="If you trust the server, name the host in `allow_private`",
    )


def check_secure(url: str, what: str) -> None:
    """See that secrets may go to an address.

    Raises:
        AuthError: It is neither https nor http on this machine.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https" and parts.hostname
    if not secure and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise OAuthError(
            f"the {what} is no https URL, so nothing secret can be sent there", url
        )
    if parts.username or parts.password:
        raise OAuthError(f"the {what} has a password in it", url)


async def place_of_server(url: str) -> Place:
    """Where a server is: the most public of the addresses that its name stands for.

    A name that cannot be resolved counts as public: a proxy may resolve it.
    """
    host = urlsplit(url).hostname or ""
    place, _ = _place(host)
    if place is not Place.PUBLIC:
        return place
    places = [_place(address)[0] for address in await resolved(host)]
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


def _place(host: str) -> tuple[Place, IpAddress | None]:
    """Where a host is by the way it is written, and the address that it is written as."""
    found = literal(host)
    if found is not None:
        return place_of(found), found
    name = normal_host(host)
    is_local = name == "localhost" or name.endswith(".localhost")
    return Place.LOOPBACK if is_local else Place.PUBLIC, None


def is_loopback(host: str | None) -> bool:
    """Whether a host is written as an address or name of this machine."""
    return _place(host or "")[0] is Place.LOOPBACK


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
    _, relayed = address.teredo or (None, None)
    found = address.ipv4_mapped or address.sixtofour or relayed
    if found or int(address) <= 1 or not any(address in each for each in _EMBEDDING):
        return found
    return IPv4Address(int(address) & 0xFFFFFFFF)


def normal_host(host: str) -> str:
    """A host in one spelling: lower case, plain digits, no final dot."""
    return unicodedata.normalize("NFKC", host).strip("[]").lower().removesuffix(".")


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


# ------------------------------------------------------------------ requests


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in JSON.

    Attributes:
        status: The HTTP status.
        body: Its object, empty where the body has none.
        headers: Its headers.
        place: Where the connection led; None where a proxy or a local socket answered.
        url: What was asked.
        method: How it was asked.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    place: Place | None
    url: str
    method: str


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    what: str,
    reach: Reach = ANYWHERE,
    *,
    form: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A document, or the answer to a form or a JSON document, whatever its status.

    Raises:
        AuthError: The address is refused, or there is no usable answer.
    """
    await reach.check(url, what)
    check_secure(url, what)
    import aiohttp

    from ...transports.http.requests import read_some
    from .watched import watched

    place: Place | None = None

    def connected(transport: asyncio.Transport | None) -> None:
        nonlocal place
        peer = transport and transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            address = str(peer[0])  # pyright: ignore[reportUnknownArgumentType]
            place, _ = _place(address)
            refused = reach.refused(urlsplit(url).hostname or "", address)
            if refused:
                raise out_of_reach(url, what, refused)

    method = "GET" if form is document is None else "POST"
    try:
        with watched(session, connected) as checked:
            async with (
                asyncio.timeout(SECONDS),
                checked.request(
                    method,
                    url,
                    data=form,
                    json=document,
                    headers={"Accept": "application/json", **(headers or {})},
                    allow_redirects=False,
                ) as response,
            ):
                content = await read_some(response, LARGEST + 1)
                if len(content) > LARGEST:
                    raise ValueError("too large")
                status, said = response.status, response.headers
                return Answer(status, _object(content), said, place, url, method)
    except TimeoutError:
        problem = f"the {what} did not answer within {SECONDS:g} s"
    except NotImplementedError as error:
        problem = str(error)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        problem = f"the {what} can't be reached: {type(error).__name__}"
    raise OAuthError(problem, url, method=method)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        return members(json.loads(body))
    except (ValueError, RecursionError):
        return {}
