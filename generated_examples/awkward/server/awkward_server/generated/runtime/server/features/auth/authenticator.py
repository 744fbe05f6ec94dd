"""The protocol of authentication: a request's headers in, a `Principal` or a refusal out.

Implement `Authenticator` for rules of your own; `FirstOf` and `AllOf` combine several.
Knows HTTP headers and connections, nothing of MCP.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from ...principal import Principal

Recall: TypeAlias = Callable[[Mapping[str, str]], Principal | None]

CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization"})
"""Headers that always carry credentials, in lower case."""


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
    """Tells who sends a request."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """Who sends the request; None when it has no credentials of this kind.

        Raises:
            Refusal: There are credentials, and they are not accepted.
            Unavailable: It can't be told now.
        """
        ...


@runtime_checkable
class Recalling(Protocol):
    """An authenticator that knows credentials again which it has verified before.

    A short cut for requests that come again and again. It counts only where the class
    that has it is the one that has `authenticate`: whoever overrides that one alone has
    all requests go there.
    """

    def recall(self, headers: Mapping[str, str]) -> Principal | None:
        """Who sent them, where the headers are enough to be sure of it; None leaves the
        request to `authenticate`.

        Raises:
            Refusal: As `authenticate` does.
        """
        ...


@runtime_checkable
class Closable(Protocol):
    """An authenticator that holds connections."""

    async def close(self) -> None:
        """Let go of them."""
        ...


@runtime_checkable
class CarriedByHeaders(Protocol):
    """An authenticator whose credentials come in headers other than `Authorization`."""

    @property
    def credential_headers(self) -> frozenset[str]:
        """Their names in lower case; handlers don't get to see them."""
        ...


class _Several:
    __slots__ = ("_members",)

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
    """Whoever recognises the request first decides who sends it."""

    __slots__ = ()

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """See `Authenticator`; a refusal stands only if nobody else accepts."""
        problem: Refusal | Unavailable | None = None
        for member in self._members:
            try:
                principal = await member.authenticate(request)
            except Unavailable as error:
                problem = error
            except Refusal as refusal:
                if not isinstance(problem, Unavailable):
                    problem = refusal
            else:
                if principal is not None:
                    return principal
        if problem is not None:
            raise problem
        return None


class AllOf(_Several):
    """Everyone must recognise the request; who sends it is what the first one says."""

    __slots__ = ()

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
    """The short cut of an authenticator that has one; see `Recalling`."""
    if not isinstance(authenticator, Recalling) or "authenticate" in getattr(
        authenticator, "__dict__", ()
    ):
        return None
    classes = type(authenticator).__mro__
    home = next(each for each in classes if "authenticate" in vars(each))
    return authenticator.recall if "recall" in vars(home) else None


def credential_headers(authenticator: Authenticator) -> frozenset[str]:
    """The headers, in lower case, that handlers must not see."""
    if isinstance(authenticator, CarriedByHeaders):
        return CREDENTIALS | authenticator.credential_headers
    return CREDENTIALS


async def close(authenticator: Authenticator) -> None:
    """Let an authenticator go."""
    if isinstance(authenticator, Closable):
        await authenticator.close()
