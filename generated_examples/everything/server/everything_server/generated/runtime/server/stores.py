"""What stores of a server do: of counters behind limits, of sessions, and of events.

Stores of your own, such as ones that several processes share, are like these. How a
session works is the legacy era's, which a package may lack.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from .handlers.questions import Client


class RateRequest(NamedTuple):
    """A request to take tokens out of a bucket.

    Attributes:
        key: Which bucket, such as `address:192.0.2.1`.
        rate: Tokens added per second; above 0.
        burst: Tokens that it holds at most, and at first; at least 1.
        cost: Tokens to take.
    """

    key: str
    rate: float
    burst: float
    cost: float = 1.0


class RateLimited(NamedTuple):
    """A bucket has too few tokens.

    Attributes:
        request: The position of the request that does not fit.
        seconds: Until there will be enough; infinite where a request exceeds its burst.
    """

    request: int
    seconds: float


class Counters(Protocol):
    """Where limits count. Each method is one atomic step among all processes.

    An exception from any of them is logged, and the request let through: a store that is
    down must not take the server down with it.
    """

    async def take(self, requests: Sequence[RateRequest], /) -> RateLimited | None:
        """Take from all buckets, or from none of them if one has too little.

        One number per key is enough, the time at which the bucket will be full again: a
        request fits if `max(now, full) + cost / rate <= now + burst / rate`, and the left
        side is the new number. What is not in the store is full.
        """
        ...

    async def hold(self, key: str, limit: int) -> bool:
        """Count one more, unless there are `limit` already."""
        ...

    async def release(self, key: str) -> None:
        """Count one less, never below 0. A store that outlives this process must also forget what a
        process that died can't release any more."""
        ...


class MemoryCounters:
    """Counts in this process.

    At most `size` buckets are kept; the one that was used longest ago is then taken for
    full. So memory is bounded, however many addresses an attacker has.
    """

    __slots__ = ("_clock", "_full", "_held", "_size")

    def __init__(
        self, size: int = 100_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with nothing counted.

        Args:
            size: Buckets to keep; about 200 bytes each.
            clock: Seconds that only grow.
        """
        self._size: Final = max(1, size)
        self._clock = clock
        self._full: dict[str, float] = {}
        self._held: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._full) + len(self._held)

    async def take(self, requests: Sequence[RateRequest], /) -> RateLimited | None:
        """See `Counters`."""
        now = self._clock()
        known = self._full
        later: list[tuple[str, float]] = []
        for index, (key, rate, burst, cost) in enumerate(requests):
            full = max(now, known.get(key, now)) + cost / rate
            if full - now > burst / rate + 1e-9:
                never = cost > burst
                return RateLimited(
                    index, float("inf") if never else full - now - burst / rate
                )
            later.append((key, full))
        for key, full in later:
            # Away first: what was used last must be the last one.
            known.pop(key, None)
            known[key] = full
        while len(known) > self._size:
            del known[next(iter(known))]
        return None

    async def hold(self, key: str, limit: int) -> bool:
        """See `Counters`."""
        count = self._held.get(key, 0)
        if count >= limit:
            return False
        self._held[key] = count + 1
        return True

    async def release(self, key: str) -> None:
        """See `Counters`."""
        count = self._held.get(key, 0) - 1
        if count > 0:
            self._held[key] = count
        else:
            self._held.pop(key, None)


class Events(Protocol):
    """The events of one stream, as they go over the wire."""

    def append(self, number: int, framed: bytes) -> None:
        """Keep an event; numbers begin at 1 and increase by one."""
        ...

    def after(self, number: int) -> Iterable[bytes]:
        """The events that are kept after one of them, in their order."""
        ...

    def forget(self) -> None:
        """Nobody can come back for the stream any more."""
        ...


class EventStore(Protocol):
    """Where the events of legacy streams are kept; called in the event loop.

    What it raises is logged; the event is sent all the same, and can't be replayed.
    """

    def open(self, session_id: str, stream: int) -> Events:
        """A place for the events of a new stream; `stream` is unique in its session."""
        ...


@dataclass(eq=False, repr=False, slots=True)
class Session:
    """One client of the legacy era, from `initialize` until it is gone.

    Attributes:
        id: What clients name it by: in `Mcp-Session-Id`, or in the URL to which those of
            HTTP+SSE post. Nobody can guess it.
        client: Who it is.
        counts_for: Whose limits of sessions it counts against.
        owner: The key of its principal; None without authentication.
        used: When it last did something, by `time.monotonic`.
    """

    client: Client
    counts_for: tuple[str, ...] = ()
    owner: str | None = None
    id: str = field(init=False, default_factory=partial(secrets.token_urlsafe, 24))
    used: float = field(init=False, default_factory=time.monotonic)
    _data: dict[str, Any] | None = field(init=False, default=None)

    @property
    def data(self) -> dict[str, Any]:
        """Yours, kept as long as the session in this process."""
        if self._data is None:
            self._data = {}
        return self._data

    @property
    def busy(self) -> bool:
        """Whether something is open or running, so that it is not idle."""
        return False

    def elicitation_complete(self, elicitation_id: str) -> bool:
        """Tell the client that what happens on a page of `ctx.elicit_url` is done.

        Call it in the event loop, at any time, such as when the page's form came in.
        The client may then repeat a request that had to wait for it.
        https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#completion-notifications-for-url-mode-elicitation

        Args:
            elicitation_id: What `ctx.elicit_url` was called with.

        Returns:
            Whether there was anything to tell: not for an id that this session was
            never asked with, or that was complete before.
        """
        return False


class SessionStore(Protocol):
    """Where sessions are kept."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Session]: ...

    def get(self, session_id: str) -> Session | None:
        """The session of an id, which thereby counts as used."""
        ...

    def add(self, session: Session) -> bool:
        """Keep a session; False when there are too many to take another."""
        ...

    def remove(self, session_id: str) -> Session | None:
        """Forget a session, which the caller then ends."""
        ...

    def count(self, owner: str) -> int:
        """How many sessions there are that count for an owner."""
        ...

    def expired(self, before: float) -> list[Session]:
        """Remove and return the idle sessions that were last used before a time."""
        ...
