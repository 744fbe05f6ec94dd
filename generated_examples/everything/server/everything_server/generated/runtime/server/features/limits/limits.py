"""How much one client may ask for, and all of them together.

A client is its principal once that is known, else its address. Loopback addresses are
not counted: they are the user, or a proxy that is not configured as a trusted one.
Knows exchanges and counters, not JSON-RPC methods or eras.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Final

from aiohttp import web

from ... import parts
from ...handlers.invoke import contained
from ...incoming import OVERLOADED, TOO_MANY, Counted, Incoming, Refused, too_many
from ...methods.steps import Answer
from ...middleware import Next, Request
from ...settings import Settings
from ...stores import Counters, MemoryCounters, RateRequest
from ...transports.http.exchange import Exchange
from ...transports.http.proxies import Proxies, parse_address

_log: Final = logging.getLogger("mcp.server")

_TOO_FAST: Final[Mapping[str, str]] = {
    "address_rate": "Too many requests from this address",
    "principal_rate": "Too many requests",
    "total_rate": "Too many requests from all clients together",
}
_NAMELESS: Final = "behind "
"""Before the address of a proxy, what its clients count as that it does not name."""
_COMPLAIN_SECONDS: Final = 10.0
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


class Limits(parts.Limits):
    """Counts requests, calls and streams, and refuses what is too much.

    See `parts.Limits`.
    """

    def __init__(self, settings: Settings, counters: Counters | None = None) -> None:
        """Prepare.

        Args:
            settings: What is allowed; 0 means that something is not limited.
            counters: Where to count; this process's memory without it.

        Raises:
            ValueError: `trusted_proxies` names what is no network.
        """
        super().__init__(settings.max_calls)
        self._settings = settings
        self._counters = MemoryCounters() if counters is None else counters
        # What is in this process never waits and never fails.
        self._in_memory = type(self._counters) is MemoryCounters
        proxies = Proxies(settings.trusted_proxies, settings.proxy_headers)
        self._proxies = proxies if proxies else None
        self._is_unknown = proxies.is_unknown
        self._total = _requests("total", settings.total_rate, settings.total_burst)
        self._addresses = lru_cache(_REMEMBERED)(self._of_address)
        self._principals = lru_cache(_REMEMBERED)(self._of_principal)
        self._complained = -math.inf
        self._background: set[asyncio.Task[None]] = set()
        self._uncounted: dict[str, int] = {}

    def admit(self, exchange: Exchange) -> Awaitable[None] | None:
        """Count a request that came in, before anything else is known of it.

        Returns:
            What is to be waited for, where something is to be counted.

        Raises:
            Refused: 429; says whether for its address or for the whole server.
        """
        remote = exchange.request.remote
        if self._proxies is not None:
            client = self._behind_proxies(exchange.request, self._proxies)
        else:
            client = None if remote is None else self._addresses(remote)
        exchange.client = exchange.address = client
        requests = self._total if client is None else client.requests
        return self._take(exchange, requests) if requests else None

    async def identify(self, exchange: Exchange, owner: str) -> None:
        """Count a request whose principal is known now.

        Raises:
            Refused: 429.
        """
        client = exchange.client = self._principals(owner)
        if client.requests:
            await self._take(exchange, client.requests)

    async def batch(self, exchange: Exchange, size: int) -> None:
        """Count a batch, whose first message has been counted as the request.

        Raises:
            Refused: 429 as for requests.
        """
        address, client = _counted(exchange.address), _counted(exchange.client)
        requests = self._total if address is None else address.requests
        if client is not None and client is not address:
            requests += client.requests
        if requests:
            cost = max(0.0, size - 1.0)
            await self._take(exchange, [each._replace(cost=cost) for each in requests])

    def around(self, proceed: Next) -> Next:
        """Message middleware: count a call while it runs.

        A plain handler can't be stopped: its thread goes on when the call was canceled or
        took too long. Until it is back the call counts, so that nobody takes all threads.

        Raises:
            Refused: 429 when the client has too many, 503 when the server has.
        """
        limit = self._settings.client_calls

        async def call(request: Request) -> Answer:
            sender = request.incoming.client
            client = sender if limit and isinstance(sender, Client) else None
            if self.calls >= self._max_calls:
                raise too_many(OVERLOADED, "The server is busy", "max_calls", 1)
            self.calls += 1
            if client is not None:
                await self._enter(client, limit)
            try:
                return await proceed(request)
            finally:
                thread = request.ctx.left_behind
                if thread is not None and not thread.done():
                    self._start(self._leave_later(thread, client))
                else:
                    self.calls -= 1
                    if client is not None:
                        await self._release(client.calls)

        return call

    async def _enter(self, client: Client, limit: int) -> None:
        held = False
        try:
            held = await self._hold(client.calls, limit)
        finally:
            # A caller that stops waiting for the store's answer begins no call either.
            if not held:
                self.calls -= 1
        if not held:
            raise too_many(TOO_MANY, "Too many calls at one time", "client_calls", 1)

    async def _leave_later(self, thread: Future[Any], client: Client | None) -> None:
        await asyncio.wait([asyncio.wrap_future(thread)])
        self.calls -= 1
        if client is not None:
            await self._release(client.calls)

    @asynccontextmanager
    async def streaming(self, incoming: Incoming) -> AsyncGenerator[None, None]:
        """The time that an open-ended stream is open.

        Raises:
            Refused: 429 when the client has too many.
        """
        client = _counted(incoming.client)
        limit = self._settings.client_streams
        key = client.streams if client is not None and limit else None
        if key is not None and not await self._hold(key, limit):
            raise too_many(TOO_MANY, "Too many open streams", "client_streams", 5)
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1
            if key is not None:
                await self._release(key)

    def session_owners(self, incoming: Incoming) -> dict[str, int]:
        """Whom a session of this client counts for, and how many each may have."""
        settings = self._settings
        address, client = incoming.address, incoming.client
        limits: dict[str, int] = {}
        if address is not None:
            limits[address.key] = settings.address_sessions
        if client is not None and client is not address:
            limits[client.key] = settings.principal_sessions
        return {owner: limit for owner, limit in limits.items() if limit}

    def _behind_proxies(
        self, request: web.BaseRequest, proxies: Proxies
    ) -> Client | None:
        """What a request counts as that trusted proxies may have passed on.

        Those of which a trusted proxy names no valid client count together, even if the
        proxy runs on this machine: anybody may have sent them.
        """
        remote, headers = request.remote, request.headers
        client = proxies.client(headers, remote)
        if (
            client is not None
            and proxies.trusts(client)
            and proxies.names_client(headers)
        ):
            return self._addresses(_NAMELESS + client)
        return None if client is None else self._addresses(client)

    def _of_address(self, remote: str) -> Client | None:
        nameless = remote.startswith(_NAMELESS)
        key = f"address:{remote}" if nameless else address_key(remote)
        if key is None:
            return None
        rate, burst = self._settings.address_rate, self._settings.address_burst
        return Client(key, _requests(key, rate, burst) + self._total)

    def _of_principal(self, owner: str) -> Client:
        key = "principal:" + owner
        rate, burst = self._settings.principal_rate, self._settings.principal_burst
        return Client(key, _requests(key, rate, burst))

    async def _take(self, exchange: Exchange, requests: Sequence[RateRequest]) -> None:
        try:
            taking = self._counters.take(requests)
            limited = await (taking if self._in_memory else contained(taking))
        except Exception:
            self._complain()
            return
        if limited is not None:
            bucket, _, _ = requests[limited.request].key.partition(":")
            raise self._too_fast(exchange, f"{bucket}_rate", limited.seconds)

    def _too_fast(self, exchange: Exchange, setting: str, seconds: float) -> Refused:
        wait = max(1, math.ceil(seconds)) if math.isfinite(seconds) else 3600
        whose = _TOO_FAST[setting]
        if setting == "address_rate" and self._is_unknown(exchange.request.headers):
            setting += " (clients of a proxy count as one: see trusted_proxies)"
        return too_many(TOO_MANY, whose, setting, wait)

    async def _hold(self, key: str, limit: int) -> bool:
        """Count one more in the store, unless there are too many.

        What is canceled meanwhile is given back as soon as the store has answered.
        """
        if self._in_memory:
            return await self._counters.hold(key, limit)
        counting: asyncio.Future[bool] | None = None
        try:
            counting = asyncio.ensure_future(contained(self._counters.hold(key, limit)))
            return await asyncio.shield(counting)
        except asyncio.CancelledError:
            if counting is not None:
                self._start(self._give_back(counting, key))
            raise
        except Exception:
            self._complain()
            # It is not in the store, so it must not be taken out of it either.
            self._uncounted[key] = self._uncounted.get(key, 0) + 1
            return True

    async def _release(self, key: str) -> None:
        """Count one less, also if the caller is canceled meanwhile."""
        if self._in_memory:
            await self._counters.release(key)
            return
        if uncounted := self._uncounted.pop(key, 0):
            if uncounted > 1:
                self._uncounted[key] = uncounted - 1
            return
        await asyncio.shield(self._start(self._give_back(None, key)))

    async def _give_back(self, counted: asyncio.Future[bool] | None, key: str) -> None:
        try:
            if counted is None or await counted:
                await contained(self._counters.release(key))
        except Exception:
            self._complain()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def settle(self, seconds: float) -> None:
        """Wait until everything is given back, at most for some time."""
        if self._background:
            await asyncio.wait(self._background, timeout=seconds)

    def _complain(self) -> None:
        """Log the current exception, but not for every request."""
        now = time.monotonic()
        if now - self._complained > _COMPLAIN_SECONDS:
            self._complained = now
            _log.exception("limits can't be counted; requests are let through")


def _requests(key: str, rate: float, burst: int) -> tuple[RateRequest, ...]:
    """What one request takes; nothing where there is no limit."""
    return (RateRequest(key, rate, float(max(1, burst))),) if rate else ()


def _counted(client: Counted | None) -> Client | None:
    """What `admit` and `identify` have put there."""
    return client if isinstance(client, Client) else None
