"""Token buckets and counts in memory, against a bucket that is simulated drop by drop."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpgen.runtime.server.stores import (
    MemoryCounters,
    RateLimited,
    RateRequest,
)


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_burst_passes_and_then_the_rate(clock: Clock) -> None:
    counters = MemoryCounters(clock=clock)
    demand = [RateRequest("a", 2.0, 3.0)]

    assert [await counters.take(demand) for _ in range(3)] == [None] * 3
    shortage = await counters.take(demand)
    assert shortage is not None
    assert shortage.seconds == pytest.approx(0.5)

    clock.now += 0.5
    assert await counters.take(demand) is None
    assert await counters.take(demand) is not None


async def test_one_bucket_too_empty_leaves_the_others_as_they_were(
    clock: Clock,
) -> None:
    counters = MemoryCounters(clock=clock)
    both = [RateRequest("full", 1.0, 2.0), RateRequest("small", 1.0, 1.0)]

    assert await counters.take(both) is None
    shortage = await counters.take(both)
    assert shortage == RateLimited(1, 1.0)
    assert await counters.take(both[:1]) is None, "nothing was taken by the refusal"


async def test_what_never_fits_is_said_so() -> None:
    shortage = await MemoryCounters().take([RateRequest("a", 1.0, 5.0, 6.0)])

    assert shortage == RateLimited(0, math.inf)


async def test_keys_are_apart() -> None:
    counters = MemoryCounters()

    for key in "abc":
        assert await counters.take([RateRequest(key, 1.0, 1.0)]) is None


async def test_memory_is_bounded_and_the_longest_unused_goes(clock: Clock) -> None:
    counters = MemoryCounters(3, clock)
    for key in "abcad":
        await counters.take([RateRequest(key, 1.0, 10.0)])

    assert len(counters) == 3
    full = [RateRequest("a", 1.0, 10.0, 9.0), RateRequest("b", 1.0, 10.0, 10.0)]
    assert await counters.take(full) == RateLimited(0, 1.0)
    assert await counters.take(full[1:]) is None, "b was forgotten, so it is full"


async def test_a_million_addresses_take_no_more_memory_than_the_size() -> None:
    counters = MemoryCounters(1_000)

    for number in range(20_000):
        await counters.take([RateRequest(f"address:{number}", 1.0, 1.0)])

    assert len(counters) == 1_000


async def test_holds_are_counted_up_to_a_limit_and_released() -> None:
    counters = MemoryCounters()

    assert [await counters.hold("a", 2) for _ in range(3)] == [True, True, False]
    await counters.release("a")
    assert await counters.hold("a", 2)
    for _ in range(5):
        await counters.release("a")
    assert len(counters) == 0
    assert [await counters.hold("a", 1) for _ in range(2)] == [True, False]


@settings(max_examples=60, deadline=None)
@given(
    rate=st.integers(1, 20),
    burst=st.integers(1, 20),
    steps=st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 8)), min_size=1, max_size=60
    ),
)
async def test_it_decides_as_a_bucket_that_fills_drop_by_drop(
    rate: int, burst: int, steps: list[tuple[int, int]]
) -> None:
    clock = Clock()
    counters = MemoryCounters(clock=clock)
    tokens = float(burst)
    for wait, cost in steps:
        clock.now += wait / 16
        tokens = min(float(burst), tokens + rate * wait / 16)
        fits = cost <= tokens + 1e-7
        if abs(cost - tokens) < 1e-6:
            continue  # a tie is decided by rounding

        taken = await counters.take([RateRequest("a", rate, burst, cost)]) is None

        assert taken == fits
        tokens -= cost if taken else 0
