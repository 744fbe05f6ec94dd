"""What the parts of one server share, and what they ask before and while they serve.

What authentication, limits and the access log do for the rest of a server, and what is
done where a package does not have them.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from aiohttp import web

from ..core.jsonrpc import RequestId
from .incoming import OVERLOADED, Incoming, too_many
from .methods.steps import Answer
from .middleware import Next, Request
from .principal import Principal

if TYPE_CHECKING:
    from .handlers.contract import Offer
    from .methods.registry import LiveCatalog
    from .middleware import Chain, Next
    from .monitor import RequestMonitor
    from .service import Service
    from .settings import Settings
    from .transports.http.exchange import Exchange


Sink: TypeAlias = Callable[[str], None]
"""Takes a line of the access log, without its end."""


class Authentication(Protocol):
    """Finds out who sends a request, and what the sender may do."""

    needed: Callable[[object, object], tuple[str, ...]]
    """The scopes that a method with its parameters needs."""

    hides_forbidden: bool
    """Whether lists leave out what the caller lacks scopes for."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Where metadata for clients is served."""
        ...

    @property
    def named(self) -> tuple[str, ...]:
        """Those of `paths` that belong to this server alone, as clients know it."""
        ...

    async def admit(self, exchange: Exchange, /) -> str:
        """The principal's key; it is put into the exchange.

        Raises:
            Refused: The sender is unknown.
        """
        ...

    def extended(self, principal: Principal, /) -> Principal:
        """A principal with all scopes that its own imply."""
        ...

    def require_common(self, incoming: Incoming, /) -> None:
        """Raise `Refused` where the sender lacks a scope that every request needs."""
        ...

    def require(
        self,
        incoming: Incoming,
        scopes: Sequence[str],
        request_id: RequestId | None = None,
        /,
    ) -> None:
        """Raise `Refused` where the sender lacks a scope."""
        ...

    def local_principal(self) -> Principal:
        """Who started the process, where it is talked to over its standard input."""
        ...

    def metadata(self, request: web.BaseRequest, /) -> web.StreamResponse:
        """Answer a request for the metadata."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


class Limits:
    """Counts calls and open-ended streams; the feature of that name counts more.

    Attributes:
        calls: Calls that run now.
        streams: Open-ended streams that are open now.
    """

    def __init__(self, max_calls: int) -> None:
        """Prepare; 0 is no limit."""
        self._max_calls: float = max_calls or math.inf
        self.calls = 0
        self.streams = 0

    def admit(self, exchange: Exchange, /) -> Awaitable[None] | None:
        """Count an HTTP request, before anything else is known of it.

        Returns:
            What is to be waited for, if anything.
        """

    async def identify(self, exchange: Exchange, owner: str, /) -> None:
        """Count an HTTP request whose principal is known now."""

    async def batch(self, exchange: Exchange, size: int, /) -> None:
        """Count a batch."""

    def around(self, proceed: Next, /) -> Next:
        """Message middleware: count a call while it runs."""

        async def call(request: Request) -> Answer:
            if self.calls >= self._max_calls:
                raise too_many(OVERLOADED, "The server is busy", "max_calls", 1)
            self.calls += 1
            try:
                return await proceed(request)
            finally:
                self.calls -= 1

        return call

    @asynccontextmanager
    async def streaming(self, incoming: Incoming, /) -> AsyncGenerator[None, None]:
        """The time that an open-ended stream is open."""
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    def session_owners(self, incoming: Incoming, /) -> dict[str, int]:
        """Whom a session counts for, and how many each may have."""
        return {}

    async def settle(self, seconds: float, /) -> None:
        """Wait until everything is given back, at most for some time."""


class AccessLog:
    """Takes every HTTP request to the endpoint when it is over."""

    def write(self, exchange: Exchange, status: int, seconds: float, /) -> None:
        """Write the line of one request, in packages with that feature."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that all eras and transports of one server use.

    Attributes:
        service: The user's service.
        settings: How the server is run.
        offer: What it declares, per revision.
        catalog: What it lists now.
        methods: What answers the requests that both eras have, by name.
        custom: Names of further methods, which features bring.
        chain: The middleware around all methods.
        limits: Counts calls, streams and sessions.
        authentication: Authentication; None where everyone is served.
        monitor: Looks after running requests.
    """

    service: Service
    settings: Settings
    offer: Offer
    catalog: LiveCatalog
    methods: dict[str, Next]
    custom: frozenset[str]
    chain: Chain
    limits: Limits
    authentication: Authentication | None
    monitor: RequestMonitor
