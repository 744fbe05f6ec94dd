"""One connection: finds out the server's era, repeats what may be repeated, and ends.

Knows both eras by their interface alone.
https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..core.features import load
from . import backoff
from .calls import Request
from .channel import SessionLostError
from .errors import (
    AuthError,
    CallTimeoutError,
    CapabilityError,
    ClientError,
    ClientStateError,
    MissingHandlerError,
    ProtocolError,
    TransportError,
    not_open,
    public_url,
)
from .handlers import ROOTS_CHANGED
from .incoming import is_object
from .limits import Clock
from .options import CallSettings, KnownServers, Middleware, Next, Result, Settings
from .session import (
    DETACHED_LIMIT,
    EraLostError,
    Parts,
    ServerInfo,
    Wanted,
    cancellation,
    is_busy,
)

if TYPE_CHECKING:
    from .channel import Channel, Transport
    from .incoming import Message
    from .subscriptions import Filter, Subscription

MAX_SENDS: Final = 3
"""How often a request is sent that may be repeated."""

CLOSE_LIMIT: Final = 1.0
"""Seconds that calls have to end when the client is closed."""


class ServerConnection:
    """The way to one server.

    Attributes:
        url: The address, without what may be secret; or the name of the connection.
        max_bytes: The size of the largest response, and of all pages of one list
            together.
        middleware: The names of all middleware, the outermost first.
        quirks: The server's deviations from the protocol.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self.url = public_url(transport.url) if transport.verb else transport.url
        self.max_bytes = settings.max_bytes
        self.middleware = tuple(map(name_of, settings.middleware))
        self.quirks = transport.quirks
        self._settings = settings
        self._wanted = Wanted.read(settings.era, settings.revisions)
        self._known = settings.known_servers or KnownServers()
        self._transport = transport
        self._send = around(settings.middleware, self._sent)
        self._parts: Parts | None = None
        self._session: Session | None = None
        self._lock = asyncio.Lock()

    @property
    def server(self) -> ServerInfo:
        """What the server says of itself."""
        return self._open_session().server

    async def open(self) -> None:
        """Connects.

        Raises:
            ClientError: There is no server that this client can talk to.
        """
        if self._parts is not None:
            raise ClientStateError("this client is open already")
        self._parts = Parts(self._transport, self._settings, self._wanted)
        calls = self._parts.calls
        limits = CallSettings(timeout=self._settings.timeout, idle_timeout=None)
        try:
            await self._transport.open(calls.paused)
            async with calls.limited("the first requests", limits) as clock:
                self._session = await self._negotiated(self._parts, clock)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends the session and everything that still runs; never raises for the server."""
        session, self._session = self._session, None
        parts, self._parts = self._parts, None
        try:
            if parts is not None:
                # What a subscription still has to send is a call, too: it comes first.
                await parts.tasks.settle()
                await parts.calls.stop(CLOSE_LIMIT)
                await parts.tasks.settle()
            if session is not None:
                await session.close()
        finally:
            if parts is not None:
                await parts.tasks.close()
            await self._transport.close()

    def limited(self, method: str, settings: CallSettings) -> Clock:
        """For `async with`: all requests of the block have one call's time together."""
        if self._parts is None:
            raise not_open()
        return self._parts.calls.limited(method, settings)

    async def request(self, request: Request) -> dict[str, Any]:
        """The result of a request, sent again where that is safe, in its time."""
        if not self._settings.middleware:
            return await self._sent(request)
        async with self.limited(request.method, request.options):
            return await self._send(request)

    async def _sent(self, request: Request) -> dict[str, Any]:
        """What all middleware is around."""
        async with self.limited(request.method, request.options) as clock:
            try:
                return await self._repeated(request, clock)
            except ProtocolError as error:
                if self._parts is None:
                    raise
                lacking = self._parts.handlers.lacking(error)
                raise lacking or error from (error if lacking else error.__cause__)

    async def _negotiated(self, parts: Parts, clock: Clock) -> Session:
        """A new connection, as soon as the server is not busy."""
        sends = 1
        while True:
            try:
                return await connected(parts, self._known)
            except TransportError as error:
                if sends >= MAX_SENDS or not is_busy(error):
                    raise
                await _wait(sends, error, clock)
                sends += 1

    async def _repeated(self, request: Request, clock: Clock) -> dict[str, Any]:
        sends = 1
        while True:
            session = self._open_session()
            require(request.method, session.server, self._wanted)
            try:
                return await session.request(request)
            except EraLostError as lost:
                await self._renegotiate(session, lost, clock)
                sends += 1
                if sends > MAX_SENDS:
                    raise lost.cause from None
            except TransportError as error:
                if sends >= MAX_SENDS or not _may_repeat(request, error):
                    raise
                await _wait(sends, error, clock)
                sends += 1
            clock.heard()

    async def roots_changed(self, settings: CallSettings) -> None:
        """The client's roots have changed."""
        async with self.limited(ROOTS_CHANGED, settings):
            if self._settings.roots is None:
                raise MissingHandlerError("this client has no roots; pass `roots`")
            await self._open_session().roots_changed()

    def subscribe(self, wanted: Filter) -> Subscription:
        """The server's notifications of changes."""
        return self._open_session().subscribe(wanted)

    async def _renegotiate(
        self, session: Session, lost: EraLostError, clock: Clock
    ) -> None:
        """Finds out the era again, unless another call has done so already."""
        async with self._lock:
            if self._session is not session or self._parts is None:
                return
            self._known.forget(self._transport.key)
            try:
                self._session = await self._negotiated(self._parts, clock)
            except ClientError:
                # What the server said first is what the user must know.
                raise lost.cause from None

    def _open_session(self) -> Session:
        if self._session is None:
            raise not_open()
        return self._session


def _may_repeat(request: Request, error: TransportError) -> bool:
    if isinstance(error, AuthError | CallTimeoutError):
        return False
    if is_busy(error):
        return True
    if error.sent and not request.repeatable:
        return False
    return error.status in backoff.PASSING


async def _wait(failures: int, error: TransportError, clock: Clock) -> None:
    """Waits before the next try: as long as the server wishes, if the call has the time.

    Raises:
        TransportError: It has not.
    """
    wish = error.retry_after
    if wish is None:
        await backoff.wait(failures)
        return
    if clock.remaining is not None and wish >= clock.remaining:
        raise error
    with clock.idle():
        await backoff.at_least(wish)


def around(middleware: Sequence[Middleware], send: Next) -> Next:
    """A function that sends a request through all middleware, the outermost first."""
    for each in reversed(middleware):
        send = _bound(each, send)
    return send


def _bound(middleware: Middleware, proceed: Next) -> Next:
    async def run(request: Request) -> Result:
        result = await middleware(request, proceed)
        if not is_object(result):
            raise TypeError(
                f"the middleware {name_of(middleware)} returned {result!r}; "
                "return a result, such as that of `await proceed(request)`"
            )
        return result

    return run


def name_of(middleware: Middleware) -> str:
    """What a middleware is called when the order is printed."""
    named = getattr(middleware, "__qualname__", None)
    return str(named or type(middleware).__qualname__)


_ERAS: Final = {"modern": "modern", "legacy": "legacy.session"}


async def connected(parts: Parts, known: KnownServers) -> Session:
    """A connection in the best era and version that both sides speak.

    Args:
        parts: What the connection is made of.
        known: The eras of servers that were met before; only clients that speak both
            eras need them.

    Raises:
        ClientError: There is no server, it refuses, or nothing is in common.
    """
    era = parts.wanted.era
    session: Session
    if era is None:
        both = load(
            f"{__package__}.eras.negotiation",
            "the choice of an era",
            "client",
            "legacy",
        )
        session = await both.negotiate(parts, known)
    else:
        one = load(f"{__package__}.eras.{_ERAS[era]}", f"the {era} era", "client", era)
        try:
            session = await one.opened(parts)
        except EraLostError as refusal:
            raise refusal.cause from None
    return session


class Session(ABC):
    """The client side of one era.

    Attributes:
        server: What the server says of itself.
    """

    server: ServerInfo

    def __init__(self, parts: Parts, channel: Channel) -> None:
        self._parts = parts
        self._base_channel = channel
        self._log_level = parts.log_level

    @abstractmethod
    async def request(self, request: Request) -> dict[str, Any]:
        """The result of a request.

        Raises:
            ProtocolError: The server refuses it.
            TransportError: It did not get through.
            EraLostError: The server has changed since the connection was made.
        """

    async def roots_changed(self) -> None:
        """The client's roots have changed."""
        return

    @abstractmethod
    def subscribe(self, wanted: Filter) -> Subscription:
        """Notifications of changes."""

    async def close(self) -> None:
        """Ends the session; sends nothing afterwards."""
        return

    async def _answered(
        self,
        message: Message,
        clock: Clock,
        options: CallSettings,
        headers: Mapping[str, str],
    ) -> Message:
        """What answers a request; it is cancelled where nobody awaits that any more."""
        request_id, calls = message["id"], self._parts.events.calls
        calls[request_id] = options.progress, clock
        try:
            return await self._base_channel.exchange(message, clock, headers)
        except asyncio.CancelledError:
            if message["method"] not in _FIRST and not self._base_channel.cancels:
                sent = self._quietly(cancellation(request_id))
                self._parts.tasks.detached(sent, DETACHED_LIMIT)
            raise
        finally:
            del calls[request_id]

    async def _quietly(self, message: Message) -> None:
        with contextlib.suppress(ClientError, SessionLostError):
            await self._base_channel.post(message)


_FIRST: Final = frozenset(["initialize", "server/discover"])
"""Requests that can't be cancelled: the server may not know what to make of it."""


def require(method: str, server: ServerInfo, speaks: Wanted) -> None:
    """Only what a server declares is asked for.

    A server that declares nothing at all is called for what the user asks for: some have
    tools and an empty object. Lists of it are empty.
    https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#operation

    Raises:
        CapabilityError: The server does not declare the capability of the method.
    """
    wanted = NEEDED_BY.get(method.partition("/")[0])
    if not server.capabilities or wanted is None or wanted in server.capabilities:
        return
    revision = speaks.revisions.get(server.protocol_version)
    if revision is None or (
        method in revision.client_requests and wanted in revision.server_capabilities
    ):
        raise lacking(method, wanted, server)


def lacking(method: str, capability: str, server: ServerInfo) -> CapabilityError:
    """The error for a request that needs what the server does not declare."""
    return CapabilityError(method, capability, tuple(server.capabilities))


NEEDED_BY: Final = {
    "tools": "tools",
    "prompts": "prompts",
    "resources": "resources",
    "completion": "completions",
    "logging": "logging",
}
"""The server's capability by how methods begin."""
