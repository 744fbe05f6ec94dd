"""What legacy sessions take comes back, and stays within bounds while they live."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import ClientSession

from mcpgen.runtime.server import Settings
from mcpgen.runtime.server.app import SERVER
from mcpgen.runtime.server.eras.legacy.sessions import EventLog, LegacySession
from mcpgen.runtime.server.handlers.context import Context
from mcpgen.runtime.server.transports.http.exchange import Exchange
from mcpgen.runtime.server.transports.http.sse import Mailbox, ResponseStream

from .conftest import Serve
from .wire import LegacyWire, until

KINDS = (LegacySession, Mailbox, EventLog, Context, Exchange, ResponseStream)
CROWD = 20


def alive(kinds: Sequence[type[Any]] = KINDS) -> dict[str, int]:
    """How many objects there are of each kind."""
    gc.collect()
    everything = gc.get_objects()
    return {
        kind.__name__: sum(isinstance(each, kind) for each in everything)
        for kind in kinds
    }


async def crowd(
    http: ClientSession, url: str, stack: AsyncExitStack
) -> list[LegacyWire]:
    """Clients with a session, a finished call and an open stream each."""
    wires = [LegacyWire(http, url) for _ in range(CROWD)]
    for wire in wires:
        await wire.initialize()
        await wire.tool("logging")
        await stack.enter_async_context(wire.get())
    return wires


async def test_delete_gives_back_all_that_a_session_took(
    http: ClientSession, serve: Serve
) -> None:
    url = await serve()
    before = alive()
    async with AsyncExitStack() as stack:
        wires = await crowd(http, url, stack)
        grown = {name: before[name] + CROWD for name in ("LegacySession", "Mailbox")}
        assert alive((LegacySession, Mailbox)) == grown

        for wire in wires:
            await wire.other("DELETE")

    await until(lambda: alive() == before)


async def test_so_does_the_end_of_idle_sessions(
    http: ClientSession, serve: Serve
) -> None:
    url = await serve(Settings(session_idle=0.1))
    before = alive()
    async with AsyncExitStack() as stack:
        await crowd(http, url, stack)
        assert serve.app[SERVER].sessions == CROWD

    await until(lambda: alive() == before)
    assert serve.app[SERVER].sessions == 0


async def test_a_session_remembers_its_last_streams_alone(legacy: LegacyWire) -> None:
    ids = [(await legacy.tool("logging")).events[0].id for _ in range(100)]
    first, last = ids[0], ids[-1]

    assert alive((EventLog,))["EventLog"] < 40
    assert first is not None
    assert last is not None
    async with legacy.get(headers={"Last-Event-ID": last}) as stream:
        assert await stream.message()
    assert (await legacy.other("GET", **{"Last-Event-ID": first})).status == 400
