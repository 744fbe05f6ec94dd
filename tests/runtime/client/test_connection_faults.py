"""Whatever comes over a connection is one clear error, in time, and the next call works."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from mcpgen.runtime.client import CallTimeoutError, Client, TransportError, backoff

from .raw import STREAM, Fault, answer, open_answer, raw_server
from .wire import LIMIT, event

ERAS = ["modern", "legacy", "sse"]
NOTICED = 0.03
"""Seconds in which the end of a connection is seen on both sides."""
RESULT = b'{"jsonrpc":"2.0","id":3,"result":{"content":[]}}'

ANSWERS: list[tuple[str, Fault, str]] = [
    ("nothing", Fault(b""), "closed the connection without an answer"),
    ("a reset", Fault(b"", "reset"), "the connection broke|without an answer"),
    ("no HTTP", Fault(b"\x16\x03\x01 what?\r\n\r\n"), "not HTTP|answer is unreadable"),
    (
        "half a head",
        Fault(b"HTTP/1.1 200 OK\r\nContent-Le"),
        "without an answer|not HTTP",
    ),
    (
        "a reset in the head",
        Fault(b"HTTP/1.1 200 O", "reset"),
        "broke|without an answer",
    ),
    ("half a body", Fault(answer(RESULT)[:-9]), "broke off"),
    ("a reset in the body", Fault(answer(RESULT)[:-9], "reset"), "broke"),
    (
        "wrong chunks",
        Fault(open_answer("Transfer-Encoding: chunked") + b"ZZ\r\nxx\r\n"),
        "not valid HTTP: Invalid character in chunk size",
    ),
    (
        "chunks that end",
        Fault(open_answer("Transfer-Encoding: chunked") + b"ff\r\n{"),
        "broke off",
    ),
    (
        "no gzip",
        Fault(answer(b"plain", "Content-Encoding: gzip")),
        "broke off|unreadable",
    ),
    (
        "half of gzip",
        Fault(answer(gzip.compress(RESULT)[:-12], "Content-Encoding: gzip")),
        "broke off|not valid JSON|unreadable",
    ),
    (
        "an endless head",
        Fault(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000),
        "not valid HTTP: Got more than",
    ),
    (
        "no type",
        Fault(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        "content type",
    ),
    ("no bytes", Fault(answer(b"")), "not valid JSON|ended before its result"),
    (
        "a redirect nowhere",
        Fault(answer(b"", "Location: http://[", status="307 Temporary Redirect")),
        "redirects to an invalid URL",
    ),
    (
        "a redirect without a place",
        Fault(answer(b"", status="307 Temporary Redirect")),
        "redirects to an invalid URL",
    ),
    (
        "a port that is none",
        Fault(answer(b"", "Location: http://h:x/", status="308 Permanent Redirect")),
        "redirects to an invalid URL",
    ),
]
"""Faults of an answer, by name, each with what the error says."""

EVENTS: list[tuple[str, Fault, str]] = [
    ("half an event", Fault(STREAM + event({"id": 3})[:-9]), "ended before|broke off"),
    ("a reset in an event", Fault(STREAM + b"data: {", "reset"), "broke|ended before"),
    (
        "bytes that are no text",
        Fault(STREAM + b"data: \xff\xfe\n\n"),
        "ended before its result; the server sent: \ufffd|broke off",
    ),
    ("an event that is no JSON", Fault(STREAM + event("{]")), "not valid JSON"),
    (
        "an event of another protocol",
        Fault(STREAM + event('{"a": 1}')),
        r'the server sent: \{"a": 1\}',
    ),
]
"""Faults of a stream."""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_FIRST", 0.001)


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.parametrize(
    "fault, message", [each[1:] for each in ANSWERS], ids=[each[0] for each in ANSWERS]
)
async def test_a_broken_answer_is_told(era: str, fault: Fault, message: str) -> None:
    await told(era, fault, message)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "fault, message", [each[1:] for each in EVENTS], ids=[each[0] for each in EVENTS]
)
async def test_a_broken_stream_is_told(era: str, fault: Fault, message: str) -> None:
    await told(era, fault, message)


async def told(era: str, fault: Fault, message: str) -> None:
    """One error, one call, and all is well again."""
    async with raw_server(era, fault) as server, asyncio.timeout(LIMIT):
        async with Client(server.url) as client:
            with pytest.raises(TransportError, match=message) as caught:
                await client.call_tool("bad")
            assert server.url.rpartition("/")[0] in str(caught.value)
            # A whole answer leaves the connection in use, and its end comes just after.
            await asyncio.sleep(NOTICED)
            await client.call_tool("good")
        await server.no_connection_is_left()
    assert server.calls == ["bad", "good"]


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.parametrize(
    "sent",
    [b"", b"HTTP/1.1 200 OK\r\n", answer(RESULT)[:-9], STREAM, STREAM + b"data: {"],
    ids=["nothing", "half a head", "half a body", "no event", "half an event"],
)
async def test_a_server_that_stops_in_the_middle_is_not_waited_for(
    era: str, sent: bytes
) -> None:
    async with raw_server(era, Fault(sent, "hang")) as server, asyncio.timeout(LIMIT):
        async with Client(server.url) as client:
            with pytest.raises(
                CallTimeoutError, match="no answer to tools/call in time"
            ):
                await client.with_options(timeout=0.2).call_tool("bad")
            await client.call_tool("good")
        await server.no_connection_is_left()


async def test_an_event_that_never_comes_is_not_waited_for() -> None:
    async with raw_server("sse", Fault(STREAM, "hang")) as server:
        async with asyncio.timeout(LIMIT), Client(server.url) as client:
            with pytest.raises(
                CallTimeoutError, match="no answer to tools/call in time"
            ):
                await client.with_options(timeout=0.2).call_tool("bad")
            await client.call_tool("good")
        await server.no_connection_is_left()


@pytest.mark.parametrize("era", ERAS)
async def test_what_runs_when_a_client_is_cancelled_ends(era: str) -> None:
    async with raw_server(era, Fault(STREAM, "hang")) as server, asyncio.timeout(LIMIT):
        before = asyncio.all_tasks()

        async def work() -> None:
            async with Client(server.url) as client, asyncio.TaskGroup() as group:
                for _ in range(5):
                    group.create_task(client.call_tool("bad"))

        task = asyncio.create_task(work())
        await server.calls_came(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.no_connection_is_left()
        assert {
            each for each in asyncio.all_tasks() - before if not each.done()
        } == set()
