"""What storms share: seeded choices, workers until a deadline, and rules for answers."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Literal, TypeAlias

import uvloop

from tests.pace import patient

LoopKind: TypeAlias = Literal["asyncio", "debug", "uvloop"]

LOOPS: Final[tuple[LoopKind, ...]] = ("asyncio", "debug", "uvloop")

ACTION_SECONDS: Final = patient(20.0)
"""The bound of everything that a worker does; more means that something hangs."""
CALM_SECONDS: Final = patient(20.0)
"""The bound of what must come to its end after a storm."""


class Storm:
    """One storm: what is chosen at random, for how long, and what went wrong.

    Attributes:
        random: Where all choices come from; the seed tells which.
        seen: How often what happened, to show that a storm did what it is for.
        faults: What must not happen, in words.
    """

    def __init__(self, seed: int, seconds: float) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.seen: Counter[str] = Counter()
        self.faults: list[str] = []
        self._end = time.monotonic() + seconds
        self._last_id = 0

    @property
    def goes_on(self) -> bool:
        """Whether workers shall do something more."""
        return time.monotonic() < self._end

    def new_id(self) -> int:
        """An id that no other request has."""
        self._last_id += 1
        return self._last_id

    def check(self, holds: bool, rule: str) -> None:
        """Note a rule that does not hold."""
        if not holds:
            self.faults.append(rule)

    async def pause(self, seconds: float = 0.03) -> None:
        """Wait for a random time of at most some seconds."""
        await asyncio.sleep(self.random.random() * seconds)

    async def work(
        self, count: int, actions: Iterable[Callable[[], Awaitable[None]]]
    ) -> None:
        """Let workers do one action after the other until the storm is over."""
        choices = list(actions)

        async def worker() -> None:
            while self.goes_on:
                action = self.random.choice(choices)
                name = action.__name__
                try:
                    async with asyncio.timeout(ACTION_SECONDS):
                        await action()
                except TimeoutError:
                    self.faults.append(f"{name} did not end")
                self.seen[name] += 1

        await asyncio.gather(*(worker() for _ in range(count)))

    async def calm(self, left: Callable[[], dict[str, int]]) -> None:
        """Wait for what is left of the storm to end; what does not is a fault."""
        try:
            async with asyncio.timeout(CALM_SECONDS):
                while any(left().values()):  # noqa: ASYNC110  # nobody announces it
                    await asyncio.sleep(0.02)
        except TimeoutError:
            self.faults.append(f"left over: { {k: v for k, v in left().items() if v} }")

    def answer(self, messages: list[Any], request_id: object, *, ended: bool) -> None:
        """The rules for the messages of one request's answer.

        Args:
            messages: What came, in order.
            request_id: The request's id.
            ended: Whether the answer was read to its end.
        """
        responses = [each for each in messages if "method" not in each]
        self.check(len(responses) <= 1, f"{len(responses)} responses to one request")
        if responses:
            self.check(
                responses[0].get("id") == request_id,
                f"the response to {request_id} has the id {responses[0].get('id')}",
            )
            self.check(messages[-1] is responses[0], "a message after the response")
            self.seen["responses"] += 1
        elif ended:
            self.seen["no response"] += 1
        told = [
            each["params"]["progress"]
            for each in messages
            if each.get("method") == "notifications/progress"
        ]
        increases = all(a < b for a, b in itertools.pairwise(told))
        self.check(increases, f"progress does not increase: {told}")
        self.seen["progress"] += len(told)


def blocks(text: str) -> list[dict[str, str]]:
    """The events of a stream: their fields; comments are left out."""
    found = []
    for block in text.split("\n\n")[:-1]:
        fields = [line.partition(":") for line in block.split("\n")]
        event = {name: value.strip() for name, _, value in fields if name}
        if event:
            found.append(event)
    return found


def messages(text: str) -> list[Any]:
    """The messages of a whole answer: an event stream, or one JSON object."""
    if text.startswith("{"):
        return [json.loads(text)]
    return [json.loads(each["data"]) for each in blocks(text) if each.get("data")]


def run(
    kind: LoopKind, seed: int, seconds: float, storm: Callable[[Storm], Awaitable[None]]
) -> Storm:
    """Run a storm in an event loop of its own, and check that no task is left."""

    async def main() -> Storm:
        made = Storm(seed, seconds)
        await storm(made)
        own = asyncio.current_task()
        await made.calm(lambda: {"tasks": len(asyncio.all_tasks() - {own})})
        return made

    factory = uvloop.new_event_loop if kind == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(debug=kind == "debug", loop_factory=factory) as runner:
        return runner.run(main())
