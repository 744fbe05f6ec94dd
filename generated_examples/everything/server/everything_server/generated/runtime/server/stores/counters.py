"""The counters behind limits: how fast, and how many at one time.

`Counters` is for stores of your own, such as one that several processes share;
`MemoryCounters` is the default. Knows keys and numbers, not who or what they stand for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol


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
    """Where limits count. Each method is one atomic step, whoever else counts there.

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
        return self.take_now(requests)

    async def hold(self, key: str, limit: int) -> bool:
        """See `Counters`."""
        return self.hold_now(key, limit)

    async def release(self, key: str) -> None:
        """See `Counters`."""
        self.release_now(key)

    def take_now(self, requests: Sequence[RateRequest]) -> RateLimited | None:
        """`take` without waiting."""
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

    def hold_now(self, key: str, limit: int) -> bool:
        """`hold` without waiting."""
        count = self._held.get(key, 0)
        if count >= limit:
            return False
        self._held[key] = count + 1
        return True

    def release_now(self, key: str) -> None:
        """`release` without waiting."""
        count = self._held.get(key, 0) - 1
        if count > 0:
            self._held[key] = count
        else:
            self._held.pop(key, None)
