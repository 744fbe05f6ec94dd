"""Answers byte by byte: what HTTP asks of them, however they are sent."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

import pytest
from aiohttp import ClientSession, web

from mcpgen.runtime.server import Settings, create_app
from mcpgen.runtime.server.transports.http import exchange

from .attacks.conftest import http, message, raw, running
from .conftest import serving
from .wire import MODERN, SECONDS
from .workshop import Workshop

LIST = http(message("tools/list"))


def fields(answer: bytes) -> dict[bytes, bytes]:
    """The headers of an answer; none of them may come twice."""
    head, _, _ = answer.partition(b"\r\n\r\n")
    pairs = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    found = {name.lower(): value for name, value in pairs}
    assert len(found) == len(pairs)
    return found


async def read_chunk(reader: asyncio.StreamReader) -> bytes:
    """The next chunk of a body; empty at its end."""
    size = int(await reader.readline(), 16)
    data = await reader.readexactly(size)
    assert await reader.readline() == b"\r\n"
    return data


@pytest.fixture(params=["in one write", "with aiohttp's response"])
def sent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the answer is sent, which nobody may notice."""
    if request.param != "in one write":
        monkeypatch.setattr(exchange, "writer_for", lambda _: None)
    return str(request.param)


@pytest.mark.usefixtures("sent")
async def test_the_head_says_what_follows() -> None:
    async with running(Workshop()) as port:
        answer = await raw(port, LIST)

    found = fields(answer)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert set(found) == {b"content-type", b"content-length", b"date", b"server"}
    assert found[b"content-type"] == b"application/json"
    date = parsedate_to_datetime(found[b"date"].decode())
    assert date.utcoffset() is not None
    assert found[b"server"].startswith(b"Python/")


@pytest.mark.usefixtures("sent")
async def test_a_connection_serves_request_after_request() -> None:
    async with running(Workshop()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(SECONDS):
            bodies: list[bytes] = []
            for _ in range(3):
                writer.write(LIST)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(fields(head.removesuffix(b"\r\n\r\n"))[b"content-length"])
                bodies.append(await reader.readexactly(length))
        writer.close()

    assert bodies[0].startswith(b'{"jsonrpc":"2.0","id":1,"result":')
    assert bodies == bodies[:1] * 3


@pytest.mark.usefixtures("sent")
async def test_an_event_stream_leaves_the_connection_for_the_next_request() -> None:
    body = message("tools/call", name="threaded", arguments={})
    body = body.replace(b'"_meta": {', b'"_meta": {"progressToken": 1, ')
    async with running(Workshop()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(SECONDS):
            writer.write(http(body, method=b"tools/call", name=b"threaded"))
            head = await reader.readuntil(b"\r\n\r\n")
            events = b""
            while chunk := await read_chunk(reader):
                events += chunk
            writer.write(LIST)
            next_head = await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    found = fields(head.removesuffix(b"\r\n\r\n"))
    assert set(found) == {
        b"content-type",
        b"cache-control",
        b"x-accel-buffering",
        b"transfer-encoding",
        b"date",
        b"server",
    }
    assert found[b"content-type"] == b"text/event-stream"
    assert found[b"transfer-encoding"] == b"chunked"
    first, last = events.removesuffix(b"\n\n").split(b"\n\n")
    assert b'"method":"notifications/progress"' in first
    assert last.startswith(b'data: {"jsonrpc":"2.0","id":1,"result":')
    assert next_head.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    ("line", "more", "says"),
    [
        (b"POST /mcp HTTP/1.1", [b"Connection: close"], b"close"),
        (b"POST /mcp HTTP/1.0", [], None),
    ],
)
async def test_a_connection_ends_where_the_client_wants_it(
    line: bytes, more: list[bytes], says: bytes | None
) -> None:
    async with running(Workshop()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(http(message("tools/list"), *more, line=line))
        async with asyncio.timeout(SECONDS):
            answer = await reader.read()
        writer.close()

    assert fields(answer).get(b"connection") == says
    assert answer.endswith(b"}")


async def test_an_old_client_that_keeps_its_connection_is_told_so() -> None:
    async with running(Workshop()) as port:
        answer = await raw(
            port,
            http(
                message("tools/list"),
                b"Connection: keep-alive",
                line=b"POST /mcp HTTP/1.0",
            ),
        )

    assert fields(answer)[b"connection"] == b"keep-alive"


async def test_answers_that_nobody_reads_stop_the_server_from_working() -> None:
    service = Workshop()
    worked = 0
    lines: list[str] = []
    async with running(service, Settings(), lines=lines.append) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(4_000):
            writer.write(LIST)
        # What the server has not read stays in the client's own buffers.
        while True:
            await asyncio.sleep(0.2)
            if len(lines) == worked:
                break
            worked = len(lines)
        unread = worked
        async with asyncio.timeout(SECONDS):
            while len(lines) < 4_000:
                assert await reader.read(1 << 20)
        writer.close()

    assert 0 < unread < 4_000


async def test_a_mounted_server_leaves_the_head_to_its_application() -> None:
    app = create_app(Workshop())

    async def mark(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["X-Marked"] = response.headers["Content-Type"]

    app.on_response_prepare.append(mark)
    async with (
        serving(app) as url,
        ClientSession() as session,
        session.post(
            url,
            data=message("tools/list"),
            headers={
                "Content-Type": "application/json",
                "MCP-Protocol-Version": MODERN,
                "Mcp-Method": "tools/list",
            },
        ) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["X-Marked"] == "application/json"
