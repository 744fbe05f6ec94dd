"""What requests of one connection share, and what ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Any

import pytest

from mcpgen.runtime.server import (
    Answer,
    Call,
    Hook,
    Next,
    Outcome,
    Request,
    Server,
    Settings,
)

from ..wire import SECONDS
from ..workshop import Workshop
from .lines import modern

TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")


class Memory:
    """A connection to this process."""

    def __init__(
        self, *messages: object, open_until: asyncio.Event | None = None
    ) -> None:
        self.messages = [json.dumps(each).encode() for each in messages]
        self.sent: list[dict[str, Any]] = []
        self.is_closed = False
        self._open_until = open_until

    async def receive(self) -> bytes | None:
        if self.messages:
            return self.messages.pop(0)
        if self._open_until is not None:
            await self._open_until.wait()
        return None

    async def send(self, message: bytes) -> None:
        self.sent.append(json.loads(message))

    async def close(self) -> None:
        self.is_closed = True


def call(number: int) -> dict[str, object]:
    params = modern({"name": "add", "arguments": {"a": number}})
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


async def serve(connection: Memory, *hooks: Any) -> None:
    async with Server(Workshop(), Settings(), hooks=hooks).running() as server:
        await asyncio.wait_for(server.serve(connection), SECONDS)


async def test_a_request_sees_no_context_variables_of_others() -> None:
    seen: dict[object, str] = {}
    going_on = asyncio.Event()

    async def choosing(request: Request, proceed: Next) -> Answer:
        number = request.arguments["a"]
        seen[number] = TENANT.get()
        TENANT.set(f"tenant of {number}")
        if number == 1:
            # The others are read, and answered, meanwhile.
            await going_on.wait()
        elif number == 4:
            going_on.set()
        answer = await proceed(request)
        assert TENANT.get() == f"tenant of {number}"
        return answer

    messages = [call(number) for number in range(1, 5)]
    connection = Memory(*messages)
    await serve(connection, choosing)
    assert seen == dict.fromkeys(range(1, 5), "nobody")
    assert {each["id"] for each in connection.sent if "result" in each} == {1, 2, 3, 4}


async def test_the_second_half_of_a_hook_sees_what_the_first_has_set() -> None:
    ended: list[str] = []

    class Tenants(Hook):
        def before(self, call: Call) -> Awaitable[None] | None:
            call.notes["token"] = TENANT.set("red")
            return None

        async def after(self, call: Call, outcome: Outcome) -> None:
            ended.append(TENANT.get())
            TENANT.reset(call.notes["token"])
            ended.append(TENANT.get())

    await serve(Memory(call(1), call(2)), Tenants())
    assert ended == ["red", "nobody"] * 2


async def test_serving_ends_with_what_broke_the_connection() -> None:
    class Broken(Exception):
        """What a library of WebSockets may raise."""

    class Breaking(Memory):
        async def send(self, message: bytes) -> None:
            raise Broken

    connection = Breaking("no message", call(1), open_until=asyncio.Event())
    with pytest.raises(Broken):
        await serve(connection)
    assert connection.is_closed
