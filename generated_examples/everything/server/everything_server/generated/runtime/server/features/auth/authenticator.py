"""The protocol of authentication: a request's headers in, a `Principal` or a refusal out.

Implement `Authenticator` for rules of your own; `FirstOf` and `AllOf` combine several.
Bearer tokens come out of the header: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
Knows HTTP headers and connections, nothing of MCP.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Protocol, TypeAlias

from aiohttp import hdrs

from ...principal import Principal

Recall: TypeAlias = Callable[[Mapping[str, str]], Principal | None]

CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization"})
"""Headers that always carry credentials, in lower case."""

MAX_TOKEN: Final = 16 * 1024
"""Characters of a token; the HTTP parser has a limit for header lines, too."""

KEY_PREFIX: Final = "mcp_"
"""What API keys of this server's begin with."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


class Refusal(Exception):
    """Credentials that are not accepted.

    Attributes:
        reason: One sentence for the client and the log, without anything of the token.
        malformed: Whether the request itself is wrong (400) rather than the token (401).
    """

    def __init__(self, reason: str, *, malformed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.malformed = malformed


class Unavailable(Exception):
    """Nobody can tell now whether credentials are good: answered with 503, not 401.

    Clients throw a token away that is refused with 401; this is not its fault.
    """


class AuthRequest:
    """What a request brings along to say who sends it.

    Attributes:
        headers: The HTTP request's headers; names in any case.
        remote: The address that the connection comes from.
    """

    __slots__ = ("_audiences", "_transport", "headers", "remote")

    def __init__(
        self,
        headers: Mapping[str, str],
        remote: str | None = None,
        audiences: tuple[str, ...] | Callable[[], tuple[str, ...]] = (),
        transport: asyncio.BaseTransport | None = None,
    ) -> None:
        self.headers = headers
        self.remote = remote
        self._audiences = audiences
        self._transport = transport

    @property
    def audiences(self) -> tuple[str, ...]:
        """The URIs that mean this server: a token must be made for one of them."""
        given = self._audiences
        return given() if callable(given) else given

    @property
    def certificate(self) -> Mapping[str, Any] | None:
        """The client's verified certificate, as `ssl.SSLSocket.getpeercert` has it."""
        channel = self._channel()
        return None if channel is None else channel.getpeercert() or None

    @property
    def certificate_der(self) -> bytes | None:
        """The client's certificate in DER form, verified by the TLS layer."""
        channel = self._channel()
        return None if channel is None else channel.getpeercert(binary_form=True)

    def _channel(self) -> ssl.SSLObject | None:
        if self._transport is None:
            return None
        channel = self._transport.get_extra_info("ssl_object")
        return channel if isinstance(channel, ssl.SSLObject) else None


class Authenticator(Protocol):
    """Identifies the caller of a request.

    It may have more: `credential_headers`, the headers in lower case that handlers must
    not see beside `Authorization`; `close()`, which lets go of connections; and `recall`,
    which identifies the caller from a request's headers alone, or None to leave the
    request to `authenticate`. That short cut counts only where the class that has it is
    the one that has `authenticate`: a subclass that overrides that one alone gets all
    requests there.
    """

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """Who sends the request; None when it has no credentials of this kind.

        Raises:
            Refusal: There are credentials, and they are not accepted.
            Unavailable: Credentials cannot be verified now.
        """
        ...


class Authenticates:
    """What services have where the package has authentication."""

    def authenticator(self, configured: Authenticator | None) -> Authenticator | None:
        """The authenticator of the server; override it for rules of your own.

        Args:
            configured: What the manifest and the settings choose; None without a choice.

        Returns:
            What is used; None lets everyone in.
        """
        return configured


@dataclass(frozen=True, slots=True)
class Deployment:
    """What each kind of authentication may need of the server that it is for.

    Attributes:
        scopes: All that it has.
        issuer: Its authorization server; empty without one.
        urls: What clients know it as; empty where requests name the host.
        is_local: Whether only this machine reaches it.
    """

    scopes: frozenset[str]
    issuer: str
    urls: tuple[str, ...]
    is_local: bool


class _Several:
    def __init__(self, *members: Authenticator | None) -> None:
        """Combine authenticators; None among them is left out."""
        self._members = tuple(member for member in members if member is not None)
        if not self._members:
            raise ValueError("nothing to combine: at least one authenticator is needed")

    @property
    def credential_headers(self) -> frozenset[str]:
        """All that the members name."""
        return frozenset[str]().union(*map(credential_headers, self._members))

    async def close(self) -> None:
        """Close all members."""
        for member in self._members:
            await close(member)


class FirstOf(_Several):
    """The first that recognizes the credentials identifies the caller."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """See `Authenticator`; a refusal stands only if nobody else accepts."""
        problem: Refusal | Unavailable | None = None
        for member in self._members:
            try:
                principal = await member.authenticate(request)
            except (Refusal, Unavailable) as error:
                if not isinstance(problem, Unavailable):
                    problem = error
            else:
                if principal is not None:
                    return principal
        if problem is not None:
            raise problem
        return None


class AllOf(_Several):
    """Everyone must recognise the request; who sends it is what the first one says."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """See `Authenticator`."""
        first: Principal | None = None
        for member in self._members:
            principal = await member.authenticate(request)
            if principal is None:
                return None
            first = first or principal
        return first


def recall_of(authenticator: Authenticator) -> Recall | None:
    """The short cut of an authenticator that has one; see `Authenticator`."""
    if "authenticate" in getattr(authenticator, "__dict__", ()):
        return None
    classes = type(authenticator).__mro__
    home = next((each for each in classes if "authenticate" in vars(each)), None)
    if home is None:
        return None
    recall: Recall | None = getattr(authenticator, "recall", None)
    return recall if "recall" in vars(home) else None


def credential_headers(authenticator: Authenticator) -> frozenset[str]:
    """The headers, in lower case, that handlers must not see."""
    further: frozenset[str] = getattr(authenticator, "credential_headers", frozenset())
    return CREDENTIALS | further


async def close(authenticator: Authenticator) -> None:
    """Let an authenticator go."""
    closing = getattr(authenticator, "close", None)
    if closing is not None:
        await closing()


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


def digest(text: str) -> bytes:
    """What a token is remembered by, so that memory does not hold tokens."""
    # As hard to forge as SHA-256, and half its cost on every request; in its own
    # length, as asking for another one costs more than keeping all of it.
    return blake2b(text.encode("utf-8", "surrogatepass")).digest()
