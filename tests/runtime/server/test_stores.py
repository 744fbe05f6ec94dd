"""Sessions and events in stores that a user wrote."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from mcpgen.runtime.server import (
    Events,
    EventStore,
    MemorySessions,
    Session,
    Settings,
    create_app,
)

from .conftest import serving
from .wire import LegacyWire
from .workshop import Workshop

PROGRESS = {"_meta": {"progressToken": 1}}


class Folder:
    """Keeps each stream's events in a file of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def open(self, session_id: str, stream: int) -> Events:
        return File(self._home / f"{session_id}.{stream}")


class File:
    """The events of one stream, separated as they are on the wire."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, number: int, framed: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(framed)

    def after(self, number: int) -> Iterable[bytes]:
        blocks = self._path.read_bytes().split(b"\n\n")
        return [block + b"\n\n" for block in blocks[number:] if block]

    def forget(self) -> None:
        self._path.unlink()


class Broken:
    """Can keep nothing."""

    def open(self, session_id: str, stream: int) -> Events:
        return self

    def append(self, number: int, framed: bytes) -> None:
        raise OSError("the disk is full")

    def after(self, number: int) -> Iterable[bytes]:
        return []

    def forget(self) -> None:
        raise OSError("the disk is gone")


@asynccontextmanager
async def connected(
    service: Workshop, http: ClientSession, **options: Any
) -> AsyncIterator[LegacyWire]:
    """A client of a server with stores."""
    async with serving(
        create_app(service, Settings(event_history=1), **options)
    ) as url:
        wire = LegacyWire(http, url)
        await wire.initialize()
        yield wire


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_stream_is_replayed_from_the_users_store(
    service: Workshop, http: ClientSession, tmp_path: Path
) -> None:
    async with connected(service, http, events=Folder(tmp_path)) as wire:
        events = (await wire.tool("threaded", params=PROGRESS)).events
        async with wire.get(headers={"Last-Event-ID": events[0].id}) as stream:
            replayed = [await stream.next() for _ in events[1:]]
            assert await stream.ended()
        async with wire.get() as stream:
            await wire.tool("change_lists")
            first = await stream.next()
        async with wire.get(headers={"Last-Event-ID": first.id}) as stream:
            missed = [(await stream.message())["method"] for _ in range(2)]
        kept = names(tmp_path)
        await wire.other("DELETE")

    assert replayed == events[1:]
    assert missed == [
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
    ]
    assert len(kept) == 2
    assert names(tmp_path) == []


async def test_a_store_that_fails_is_logged_and_stops_nobody(
    service: Workshop, http: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    store: EventStore = Broken()
    async with connected(service, http, events=store) as wire:
        messages = (await wire.tool("threaded", params=PROGRESS)).messages
        assert (await wire.other("DELETE")).status == 204

    assert messages[-1]["result"]["content"]
    assert "the disk is full" in caplog.text
    assert "the disk is gone" in caplog.text


class Known(MemorySessions):
    """Admits who is on a list, and knows who was here."""

    def __init__(self) -> None:
        super().__init__(10)
        self.ended: list[str] = []

    def add(self, session: Session) -> bool:
        return session.client.info["name"] == "test" and super().add(session)

    def remove(self, session_id: str) -> Session | None:
        self.ended.append(session_id)
        return super().remove(session_id)


async def test_the_users_store_decides_which_sessions_there_are(
    service: Workshop, http: ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = Known()
    async with connected(service, http, sessions=store) as wire:
        assert [session.id for session in store] == [wire.headers["Mcp-Session-Id"]]
        stranger = LegacyWire(http, wire.url)
        params = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "stranger", "version": "1"},
        }
        refused = await stranger.call("initialize", params)
        session_id = wire.headers["Mcp-Session-Id"]
        await wire.other("DELETE")

    assert refused.status == 503
    assert store.ended == [session_id]
    assert len(store) == 0
