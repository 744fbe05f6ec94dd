"""Large messages: how many values they may have, and that others are served meanwhile."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from mcpgen.runtime.core.catalog import Catalog
from mcpgen.runtime.core.model import Codec, Model
from mcpgen.runtime.server import Context, Contract, Service, Settings, ToolBinding
from mcpgen.runtime.server.incoming import has_more_values

from .attacks.conftest import http as request
from .attacks.conftest import message, raw, running, status
from .conftest import Serve
from .wire import ModernWire
from .workshop import Workshop

VALUES: Final = Settings().max_values
"""How many values a message may have by default."""


def _count(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_count, value)) + max(len(value), 1)
    if isinstance(value, dict):
        return sum(map(_count, value.values())) + max(len(value), 1)
    return 0


TEXTS = st.text(st.sampled_from(',[]{}:"\\a\u20ac\n'))
DOCUMENTS = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


class TestCounting:
    """Values are counted as the parser finds them, whatever strings contain."""

    @given(DOCUMENTS, st.booleans())
    def test_any_document(self, document: Any, spaced: bool) -> None:
        body = json.dumps(document).encode() if spaced else to_json(document)
        count = _count(document)

        assert not has_more_values(body, count)
        assert count == 0 or has_more_values(body, count - 1)

    def test_a_string_that_does_not_end(self) -> None:
        assert not has_more_values(b'["' + b',\\"' * 2_000_000, 10)

    @pytest.mark.parametrize("end", [b'"', b"\\", b'\\"'])
    def test_what_is_not_json(self, end: bytes) -> None:
        assert not has_more_values(b"[1," + b'","' * 1_000 + end, 100_000)


class TestLimit:
    """The setting `max_values`."""

    async def test_more_values_are_refused(
        self, http: ClientSession, serve: Serve, service: Workshop
    ) -> None:
        wire = ModernWire(http, await serve(Settings(max_values=1_000)))

        few = await wire.tool("nothing", {"of": [0] * 900})
        many = await wire.tool("nothing", {"of": [0] * 1_000})

        assert few.status == 200
        assert many.status == 413
        assert "more than 1000 values; setting max_values" in many.error["message"]

    async def test_characters_of_strings_are_none(
        self, http: ClientSession, serve: Serve
    ) -> None:
        wire = ModernWire(http, await serve(Settings(max_values=1_000)))

        reply = await wire.tool("nothing", {"csv": 'a,[b],{"c"}\\,\n' * 10_000})

        assert reply.status == 200


class Point(Model):
    """A place."""

    x: float
    y: float


class Points(Model):
    """Places."""

    points: list[Point]


class Numbers(Model):
    """Integers."""

    numbers: list[int]


POINTS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "points": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
                "required": ["x", "y"],
            },
        }
    },
    "required": ["points"],
}
NUMBERS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"numbers": {"type": "array", "items": {"type": "integer"}}},
}


class Large(Service):
    """Tools that take much."""

    contract: ClassVar[Contract] = Contract(
        Catalog(
            {"name": "large", "version": "1"},
            tools=(
                {"name": "any", "inputSchema": {"type": "object"}},
                {"name": "points", "inputSchema": POINTS},
                {"name": "numbers", "inputSchema": NUMBERS},
            ),
        ),
        tools={
            "any": ToolBinding("any", Any),
            "points": ToolBinding("points", Points),
            "numbers": ToolBinding("numbers", Numbers),
        },
    )

    async def any(self, args: Any, ctx: Context) -> str:
        return "ok"

    async def points(self, args: Points, ctx: Context) -> str:
        assert isinstance(args.points[-1], Point)
        return "ok"

    async def numbers(self, args: Numbers, ctx: Context) -> str:
        assert type(args.numbers[-1]) is int
        return "ok"


@dataclass
class Heart:
    """Beats as often as the event loop lets it.

    Attributes:
        longest: CPU seconds of this process between two beats, at most: what others
            take from the machine does not count.
    """

    beats: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(
            later - earlier
            for earlier, later in zip(self.beats, self.beats[1:], strict=False)
        )

    async def beat(self) -> None:
        while True:
            self.beats.append(time.process_time())
            await asyncio.sleep(0.001)


@asynccontextmanager
async def beating() -> AsyncIterator[Heart]:
    heart = Heart()
    task = asyncio.create_task(heart.beat())
    await asyncio.sleep(0)
    try:
        yield heart
        await asyncio.sleep(0.002)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _cpu(work: Callable[[], object]) -> float:
    """CPU seconds of some work, undisturbed by the cycle collector."""
    took = []
    gc.disable()
    try:
        for _ in range(3):
            began = time.thread_time()
            work()
            took.append(time.thread_time() - began)
    finally:
        gc.enable()
    return min(took)


def _call(tool: str, arguments: Any) -> bytes:
    return request(
        message("tools/call", name=tool, arguments=arguments),
        b"Accept: application/json, text/event-stream",
        method=b"tools/call",
        name=tool.encode(),
    )


MOST: Final = VALUES - 100
FULL: Final[dict[str, tuple[str, Any]]] = {
    "empty objects": ("any", {"of": [{}] * (MOST // 2)}),
    "small objects": ("any", {"of": [{"a": 1}] * (MOST // 2)}),
    "nested lists": ("any", {"of": [[[[[[]]]]]] * (MOST // 7)}),
    "numbers": ("any", {"of": [1.25] * MOST}),
    "strings": ("any", {"of": ["text"] * MOST}),
    "names": ("any", {f"k{number}": number for number in range(MOST)}),
    "one string": ("any", {"of": "x" * 4_000_000}),
    "text": ("any", {"of": 'He said, "well, well".\n' * 150_000}),
    "models": ("points", {"points": [{"x": 1.5, "y": 2.5}] * (MOST // 3)}),
    "whole floats": ("numbers", {"numbers": [1.0] * MOST}),
}
"""Arguments of about as many values, or bytes, as a message may have."""
TOO_MANY: Final[dict[str, Any]] = {
    "empty objects": [{}] * 1_000_000,
    "nested lists": [[[[[[]]]]]] * 200_000,
    "numbers": [0] * 1_300_000,
    "strings": [","] * 800_000,
}
"""Arguments of more values, in fewer than 4 MiB."""


class TestHeartbeat:
    """The event loop goes on while a large message is read, validated and built."""

    @pytest.mark.parametrize("shape", FULL)
    async def test_a_large_message_holds_the_loop_for_a_few_times_its_parsing(
        self, shape: str
    ) -> None:
        tool, arguments = FULL[shape]
        data = _call(tool, arguments)
        body = data.partition(b"\r\n\r\n")[2]
        parsing = _cpu(lambda: json.loads(body))
        async with running(Large()) as port:  # type: ignore[arg-type]
            await raw(port, _call("any", {}))
            async with beating() as heart:
                answer = await raw(port, data)
        assert status(answer) == 200
        assert b'"text":"ok"' in answer
        # Several times more without a limit, or with the cycle collector at work.
        assert heart.longest < (25 if shape == "whole floats" else 12) * parsing

    @pytest.mark.parametrize("shape", TOO_MANY)
    async def test_too_many_values_are_refused_without_being_parsed(
        self, shape: str
    ) -> None:
        data = _call("any", {"of": TOO_MANY[shape]})
        body = data.partition(b"\r\n\r\n")[2]
        parsing = _cpu(lambda: json.loads(body))
        async with running(Large()) as port:  # type: ignore[arg-type]
            await raw(port, _call("any", {}))
            async with beating() as heart:
                answer = await raw(port, data)
        assert status(answer) == 413
        assert heart.longest < 3 * parsing


def test_many_whole_floats_become_integers() -> None:
    """The ones in an array of integers, however many they are."""
    codec = Codec[Numbers](Numbers)

    built = codec.build({"numbers": [1.0] * 5_000})

    assert {type(number) for number in built.numbers} == {int}
