"""What holds for a client in any storm, in both eras, on every loop.

A call gets its own result or one clear error, and its own progress in order; a question is
answered once, for its own call; and afterwards nothing is left: no task, no connection, no
thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
import uvloop

from mcpgen.runtime.client import (
    Client,
    ClientError,
    Elicitation,
    Progress,
    Reply,
    SyncClient,
)
from tests.pace import patient

from . import SECONDS, SEED
from .chaos import Chaos, Era

ERAS: Final[list[Era]] = ["modern", "legacy"]
WORKERS: Final = 16
GRACE: Final = 10.0
"""Seconds in which everything has ended after a storm."""

LOOPS: Final[dict[str, tuple[Callable[[], asyncio.AbstractEventLoop], bool]]] = {
    "asyncio": (asyncio.new_event_loop, False),
    "debug": (asyncio.new_event_loop, True),
    "uvloop": (uvloop.new_event_loop, False),
}


@pytest.fixture(autouse=True)
def no_callback_fails(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What a callback raises, an assertion for example, is logged."""
    yield
    failed = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert failed == []


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(GRACE)
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("era", ERAS)
def test_a_client_survives_any_storm(era: Era, loop: str) -> None:
    factory, debug = LOOPS[loop]
    with asyncio.Runner(debug=debug, loop_factory=factory) as runner:
        runner.run(storm(era))


async def storm(era: Era) -> None:
    before = asyncio.all_tasks()
    chaos = Chaos(era, SEED)
    async with asyncio.timeout(SECONDS + 3 * GRACE), chaos.running():
        client = Client(chaos.url, era=era, elicitation=answer, timeout=patient(2))
        async with client:
            callers = Callers(client)
            await asyncio.gather(*(callers.run(number) for number in range(WORKERS)))
        await nothing_left(chaos, before)
    assert callers.outcomes["result"], callers.outcomes
    assert all(asked == answered for asked, answered in chaos.answers)
    numbers = [asked for asked, _ in chaos.answers]
    assert len(numbers) == len(set(numbers))


async def answer(question: Elicitation) -> dict[str, Any] | Reply:
    """The number that the question is about, after a while, or no answer."""
    number = int(question.message)
    await asyncio.sleep((number % 5) * 0.01)
    return Reply.DECLINE if number % 7 == 0 else {"n": number}


async def nothing_left(chaos: Chaos, before: set[asyncio.Task[Any]]) -> None:
    """Waits until the client's tasks and connections have ended."""
    server = asyncio.current_task()
    left: set[asyncio.Task[Any]] = set()
    for _ in range(int(GRACE / 0.02)):
        left = {
            task
            for task in asyncio.all_tasks() - before - {server}
            if "mcpgen" in repr(task)
        }
        if not left and not chaos.connections:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{chaos.connections} connections and {left} are left")


class Callers:
    """Tasks that share a client, and do by chance whatever one can do with it.

    Attributes:
        outcomes: How often what came out.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._numbers = itertools.count()
        self._end = time.monotonic() + SECONDS
        self.outcomes: Counter[str] = Counter()

    async def run(self, worker: int) -> None:
        chance = random.Random(SEED * 1000 + worker)
        acts = [self._call] * 6 + [self._cancelled, self._list, self._subscribe]
        while time.monotonic() < self._end:
            try:
                await chance.choice(acts)(chance)
            except ClientError as error:
                self.outcomes[type(error).__name__] += 1

    async def _call(self, chance: random.Random) -> None:
        number = next(self._numbers)
        progress = Reports(number, chance)
        hurried = self._client.with_options(
            progress=progress, timeout=chance.choice([0.01, 0.1, 2, 2, 2])
        )
        result = await hurried.call_tool("echo", {"n": number})
        (block,) = result.model_dump()["content"]
        assert block["text"] == str(number)
        progress.has_ended = True
        self.outcomes["result"] += 1

    async def _cancelled(self, chance: random.Random) -> None:
        task = asyncio.create_task(self._call(chance))
        await asyncio.sleep(chance.random() * 0.03)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self.outcomes["cancelled"] += 1

    async def _list(self, chance: random.Random) -> None:
        tools = await self._client.list_tools()
        assert [tool.name for tool in tools] == ["tool-0", "tool-1", "tool-2"]
        self.outcomes["list"] += 1

    async def _subscribe(self, chance: random.Random) -> None:
        async with self._client.subscribe(tools_changed=True) as changes:
            reader = asyncio.create_task(read(changes))
            await asyncio.sleep(chance.random() * 0.05)
            if chance.random() < 0.3:
                reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        self.outcomes["subscription"] += 1


async def read(changes: Any) -> None:
    async for change in changes:
        assert change.method == "notifications/tools/list_changed"


class Reports:
    """The progress of one call: its own, in order, none after its result."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self._number = number
        self._slow = chance.random() < 0.2
        self._last = 0.0
        self.has_ended = False

    async def __call__(self, report: Progress) -> None:
        assert not self.has_ended
        assert report.message == str(self._number)
        assert report.progress > self._last
        self._last = report.progress
        if self._slow:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("era", ERAS)
def test_a_client_without_asyncio_survives_any_storm(era: Era) -> None:
    async def storm() -> None:
        before = asyncio.all_tasks()
        chaos = Chaos(era, SEED)
        async with asyncio.timeout(SECONDS + 3 * GRACE), chaos.running():
            outcomes = await asyncio.to_thread(use, chaos.url)
            await nothing_left(chaos, before)
        assert outcomes["result"], outcomes

    def use(url: str) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        numbers = itertools.count()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            client = Client.sync(url, era=era, elicitation=person, timeout=0.5)
            client.open()
            threads = [
                threading.Thread(target=call, args=[client, numbers, outcomes])
                for _ in range(6)
            ]
            for thread in threads:
                thread.start()
            time.sleep(SECONDS / 5)
            client.close()
            for thread in threads:
                thread.join(GRACE)
                assert not thread.is_alive()
        return outcomes

    asyncio.run(storm())


def person(question: Elicitation) -> dict[str, Any]:
    time.sleep(0.005)
    return {"n": int(question.message)}


def call(client: SyncClient, numbers: Iterator[int], outcomes: Counter[str]) -> None:
    """Calls until the client is closed."""
    while True:
        number = next(numbers)

        def report(progress: Progress, number: int = number) -> None:
            assert progress.message == str(number)

        calling = client.with_options(progress=report)
        try:
            result = calling.call_tool("echo", {"n": number})
        except ClientError as error:
            outcomes[type(error).__name__] += 1
            if "not open" in str(error) or "was closed" in str(error):
                return
        else:
            (block,) = result.model_dump()["content"]
            assert block["text"] == str(number)
            outcomes["result"] += 1
