"""How a request looked before it passed proxies, according to trusted ones alone.

One kind of header counts, not whichever is there: a proxy that writes the one passes the
other on as the client sent it.
https://www.rfc-editor.org/rfc/rfc7239 and the older X-Forwarded-* headers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

Kind: TypeAlias = Literal["x-forwarded", "forwarded"]
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PAIR: Final = re.compile(r'\s*([A-Za-z]+)=("[^"\\]*"|[^\s;,"]+)\s*')
_REMEMBERED: Final = 10_000


class Headers(Protocol):
    """What is needed of a request's headers; names in any case."""

    def getall(self, name: str, default: list[str], /) -> list[str]:
        """All values of a header, in order."""
        ...


class Seen(NamedTuple):
    """A request as its client sent it.

    Attributes:
        scheme: "http" or "https".
        host: The Host header's value; None where it is invalid.
        remote: The client's address; None where the connection has none.
    """

    scheme: str
    host: str | None
    remote: str | None


class Proxies:
    """The proxies whose word counts."""

    __slots__ = ("_kind", "_known", "_networks")

    def __init__(self, trusted: Iterable[str], kind: Kind = "x-forwarded") -> None:
        """Read addresses and networks, such as `127.0.0.1` and `10.0.0.0/8`.

        Args:
            trusted: Whose word counts; nobody's when empty.
            kind: The headers that they write, and overwrite when clients send them.

        Raises:
            ValueError: An entry is neither address nor network.
        """
        self._networks: tuple[_Network, ...] = tuple(map(_network, trusted))
        self._kind: Kind = kind
        self._known: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._networks)

    def seen(
        self,
        headers: Headers,
        scheme: str,
        remote: str | None,
        named: str | None = None,
    ) -> Seen:
        """The request as its client sent it, as far as proxies can be believed.

        Args:
            headers: The request's headers.
            scheme: The connection's scheme.
            remote: The connection's address.
            named: The host that the request is for; None: what `Host` says.
        """
        host = _host(",".join(headers.getall("Host", [])) if named is None else named)
        if not self.trusts(remote):
            return Seen(scheme, host, remote)
        chain, told_scheme, told_host = self._told(headers)
        proto = told_scheme.lower()
        return Seen(
            proto if proto in ("http", "https") else scheme,
            _host(told_host) or host,
            self._client(chain, remote),
        )

    def client(self, headers: Headers, remote: str | None) -> str | None:
        """The client's address alone."""
        if not self._networks or not self.trusts(remote):
            return remote
        return self._client(self._told(headers)[0], remote)

    def names_client(self, headers: Headers) -> bool:
        """Whether a request has the header that names clients, valid or not."""
        forwarded = self._kind == "forwarded"
        name = "Forwarded" if forwarded else "X-Forwarded-For"
        return bool(headers.getall(name, []))

    def is_unknown(self, headers: Mapping[str, str]) -> bool:
        """Whether a proxy has passed a request on, although none is trusted."""
        return not self._networks and (
            "X-Forwarded-For" in headers or "Forwarded" in headers
        )

    def trusts(self, address: str | None) -> bool:
        """Whether an address is that of a trusted proxy."""
        if not self._networks or address is None:
            return False
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[address] = self._is_inside(address)
        return known

    def _is_inside(self, address: str) -> bool:
        parsed = parse_address(address)
        return parsed is not None and any(
            parsed in network for network in self._networks
        )

    def _client(self, chain: list[str], remote: str | None) -> str | None:
        """The last address of a chain that is no trusted proxy's."""
        for entry in reversed(chain):
            address = _node(entry)
            if address is None:
                # A proxy that hides its client, or nonsense: the proxy stands for it.
                return remote
            remote = address
            if not self.trusts(address):
                break
        return remote

    def _told(self, headers: Headers) -> tuple[list[str], str, str]:
        """The chain of addresses, and the scheme and host that the nearest proxy saw."""
        if self._kind == "forwarded":
            return _forwarded(headers.getall("Forwarded", []))
        return (
            _entries(headers.getall("X-Forwarded-For", [])),
            (_entries(headers.getall("X-Forwarded-Proto", [])) or [""])[-1],
            (_entries(headers.getall("X-Forwarded-Host", [])) or [""])[-1],
        )


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address from its text, with IPv4 unpacked from IPv6; None if it is invalid."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"trusted_proxies: {text!r} is no address and no network"
        ) from None


def _host(value: str) -> str | None:
    return value if _HOST.fullmatch(value) else None


def _node(entry: str) -> str | None:
    """The address of an entry such as `192.0.2.1`, `192.0.2.1:80` or `[2001:db8::1]:80`."""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    address = parse_address(entry)
    return None if address is None else str(address)


def _entries(values: list[str]) -> list[str]:
    return [entry.strip() for value in values for entry in value.split(",")]


def _forwarded(values: list[str]) -> tuple[list[str], str, str]:
    chain: list[str] = []
    nearest: dict[str, str] = {}
    for element in _entries(values):
        nearest = {
            pair[1].lower(): pair[2].strip('"')
            for pair in map(_PAIR.fullmatch, element.split(";"))
            if pair is not None
        }
        chain.append(nearest.get("for", ""))
    return chain, nearest.get("proto", ""), nearest.get("host", "")
