"""Both eras over standard input and output: what goes in, what comes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ..seams.lines import modern
from ..wire import SECONDS
from .process import LOOP_NAMES, LOOPS, NOISY, Served, served

MB = 1024 * 1024


@pytest.fixture(params=LOOPS, ids=LOOP_NAMES)
async def peer(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    async with served(NOISY, *request.param, "--max-body", str(11 * MB)) as peer:
        yield peer
        peer.end_input()
        code, log, rest = await peer.end()
    assert (code, rest, "Traceback" in log) == (0, b"", False), log


def call(name: str, number: int | str, **arguments: object) -> Any:
    """A modern call."""
    params = modern({"name": name, "arguments": arguments}, progressToken=f"p{number}")
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


async def test_modern(peer: Served) -> None:
    found = await peer.call("server/discover", modern())
    assert found["supportedVersions"][0] == "2026-07-28"
    result = await peer.call(
        "tools/call", modern({"name": "add", "arguments": {"a": 1}})
    )
    assert result["structuredContent"] == {"sum": 2}
    number = await peer.begin(
        "tools/call", modern({"name": "threaded"}, progressToken=1)
    )
    assert (await peer.next())["params"]["progress"] == 1
    await peer.answer(number)
    for tool, capability, answer in (
        ("asking", "elicitation", {"action": "accept", "content": {"name": "Bo"}}),
        (
            "sampling",
            "sampling",
            {
                "role": "assistant",
                "model": "m",
                "content": {"type": "text", "text": "Paris"},
            },
        ),
        ("roots", "roots", {"roots": [{"uri": "file:///home/bo"}]}),
    ):
        can: dict[str, object] = {capability: {}}
        first = await peer.call("tools/call", modern({"name": tool}, can))
        ((key, _),) = first["inputRequests"].items()
        again = {
            "name": tool,
            "inputResponses": {key: answer},
            "requestState": first["requestState"],
        }
        second = await peer.call("tools/call", modern(again, can))
        assert second["resultType"] == "complete"
        assert not second.get("isError")
    listen = modern({"notifications": {"toolsListChanged": True}})
    number = await peer.begin("subscriptions/listen", listen)
    assert (await peer.next())["method"] == "notifications/subscriptions/acknowledged"
    await peer.begin("tools/call", modern({"name": "change_lists"}))
    methods = {(await peer.next()).get("method") for _ in range(2)}
    assert methods == {None, "notifications/tools/list_changed"}
    blocked = await peer.begin("tools/call", modern({"name": "blocking"}))
    for each in (blocked, number):
        await peer.notify("notifications/cancelled", {"requestId": each})
    assert await peer.call("server/discover", modern())


async def test_legacy(peer: Served) -> None:
    await peer.initialize({"elicitation": {}, "sampling": {}, "roots": {}})
    number = await peer.begin(
        "tools/call", {"name": "threaded", "_meta": {"progressToken": "t"}}
    )
    assert (await peer.next())["method"] == "notifications/progress"
    await peer.answer(number)
    for tool, answer in (
        ("asking", {"action": "accept", "content": {"name": "Bo"}}),
        (
            "sampling",
            {
                "role": "assistant",
                "model": "m",
                "content": {"type": "text", "text": "Paris"},
            },
        ),
        ("roots", {"roots": [{"uri": "file:///home/bo"}]}),
    ):
        number = await peer.begin("tools/call", {"name": tool})
        question = await peer.next()
        await peer.send({"jsonrpc": "2.0", "id": question["id"], "result": answer})
        response = await peer.answer(number)
        assert not response["result"].get("isError")
    await peer.call("resources/subscribe", {"uri": "shop://text"})
    number = await peer.begin("tools/call", {"name": "change_lists"})
    methods = {(await peer.next()).get("method") for _ in range(5)}
    assert "notifications/resources/updated" in methods
    blocked = await peer.begin("tools/call", {"name": "blocking"})
    await peer.notify("notifications/cancelled", {"requestId": blocked})
    assert await peer.call("ping") == {}


async def test_both_eras_on_one_connection(peer: Served) -> None:
    await peer.initialize()
    assert (await peer.call("tools/list"))["tools"]
    assert (await peer.call("tools/list", modern()))["resultType"] == "complete"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"hello", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"pi', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', -32700),
        (b'"text"', -32600),
        (b"[]", -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600),
        (b"[" * 100_000, -32700),
        (b"x" * (11 * MB + 1), -32600),
        (b'{"jsonrpc":"2.0","method":"x","params":"%b"}' % (b"y" * 12 * MB), -32600),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_line_that_is_no_message_gets_its_error(
    peer: Served, line: bytes, code: int
) -> None:
    await peer.send(line)
    refused = await peer.next()
    assert (refused["error"]["code"], refused.get("id")) == (code, None)
    assert await peer.call("server/discover", modern())


async def test_a_request_that_is_too_long_is_answered_by_its_id(peer: Served) -> None:
    text = "y" * 12 * MB
    for message in (
        {"jsonrpc": "2.0", "id": 7, "method": "x", "params": {"id": 1, "text": text}},
        {"method": "x", "params": {"text": text, "id": 1}, "jsonrpc": "2.0", "id": 7},
    ):
        await peer.send(message)
        refused = await peer.next()
        assert refused["id"] == 7
        assert "setting max_body" in refused["error"]["message"]
    await peer.send({"jsonrpc": "2.0", "method": "x", "params": {"id": 1, "t": text}})
    assert "id" not in await peer.next()


async def test_empty_lines_and_carriage_returns(peer: Served) -> None:
    ping = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    await peer.send(b"\n\r\n  \n" + ping + b"\r")
    assert (await peer.next())["id"] == 1


async def test_a_message_without_a_newline_at_the_end(peer: Served) -> None:
    assert peer.process.stdin is not None
    peer.process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}')
    peer.process.stdin.write_eof()
    assert (await peer.next())["id"] == 1


async def test_half_a_line_at_the_end(peer: Served) -> None:
    assert peer.process.stdin is not None
    peer.process.stdin.write(b'{"jsonrpc":"2.0","id":1,"met')
    peer.process.stdin.write_eof()
    assert (await peer.next())["error"]["code"] == -32700


async def test_messages_of_ten_megabytes(peer: Served) -> None:
    await peer.initialize()
    assert await peer.tool("measured", text="x" * 10 * MB) == str(10 * MB)
    assert len(await peer.tool("big", size=10 * MB)) == 10 * MB


async def test_sixty_four_calls_at_once_keep_apart(peer: Served) -> None:
    tags = {f"c{number}": f"tag {number}" for number in range(64)}
    await asyncio.gather(
        *(peer.send(call("steps", number, tag=tag)) for number, tag in tags.items())
    )
    steps: dict[str, list[int]] = {number: [] for number in tags}
    answers: dict[str, str] = {}
    while len(answers) < len(tags):
        message = await peer.next()
        if "id" in message:
            answers[message["id"]] = message["result"]["content"][0]["text"]
            continue
        params = message["params"]
        number = params["progressToken"][1:]
        assert number not in answers
        assert params["message"] == tags[number]
        steps[number].append(params["progress"])
    assert answers == tags
    assert all(each == [1, 2, 3, 4, 5] for each in steps.values())


async def test_a_client_that_does_not_read_is_waited_for(peer: Served) -> None:
    """What it asked for does not pile up in the server."""
    await peer.initialize()
    before = int((await peer.tool("state")).split()[2])
    count, size = 400, MB

    async def ask() -> None:
        for number in range(count):
            params = {"name": "big", "arguments": {"size": size}}
            message = {"jsonrpc": "2.0", "id": f"b{number}", "method": "tools/call"}
            await peer.send({**message, "params": params | {"_pad": "p" * 10_000}})

    asking = asyncio.create_task(ask())
    reader = peer.process.stdout
    assert reader is not None
    # Nothing is read until the server has stopped to read, too.
    transport: Any = reader._transport  # type: ignore[attr-defined]
    transport.pause_reading()
    stdin = peer.process.stdin
    assert stdin is not None
    async with asyncio.timeout(SECONDS * 4):
        while not (stdin.transport.get_write_buffer_size() or asking.done()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not asking.done()
    transport.resume_reading()
    for _ in range(count):
        assert len((await peer.next())["result"]["content"][0]["text"]) == size
    await asking
    assert int((await peer.tool("state")).split()[2]) - before < 150


async def test_nothing_is_left_of_what_is_over(peer: Served) -> None:
    await peer.initialize()
    before = (await peer.tool("state")).split()[:2]
    for _ in range(20):
        await peer.tool("steps", tag="x")
        blocked = await peer.begin("tools/call", {"name": "blocking"})
        await peer.notify("notifications/cancelled", {"requestId": blocked})
        await peer.call("ping")
    assert (await peer.tool("state")).split()[:2] == before


@pytest.mark.parametrize(
    "line", [b'{"id":1,"method":"ping"}', b'{"jsonrpc":"2.0","id":1,"method":5}']
)
async def test_the_error_of_a_malformed_request_has_its_id(
    peer: Served, line: bytes
) -> None:
    await peer.send(line)
    refused = await peer.next()
    assert (refused["error"]["code"], refused["id"]) == (-32600, 1)
