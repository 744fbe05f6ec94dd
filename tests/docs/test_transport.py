"""What goes over the WebSocket of the page about transports, beside calls: both eras."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.docs.pages import EXAMPLES, blocks
from tests.interop.everything import HOME, SECONDS, Everything

PAGE = EXAMPLES / "how-to/write-a-transport.md"
ERAS = ["modern", "legacy"]
Connect = Callable[..., Any]


def of_the_page() -> dict[str, Any]:
    """What the page's `sockets.py` defines, for the everything example."""
    (block,) = (each for each in blocks(PAGE) if each.title == "server/sockets.py")
    text = block.text.replace("weather", "everything").replace("Weather", "Everything")
    names: dict[str, Any] = {}
    exec(compile(text, str(PAGE), "exec"), names)
    return names


@pytest.fixture
async def example(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Everything]:
    """The example, served at `/ws`."""
    monkeypatch.syspath_prepend(str(HOME))
    example = Everything()
    names = of_the_page()
    names["app"] = example.app
    example.app.router.add_get("/ws", names["sockets"])
    runner = web.AppRunner(example.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        example.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ws"
        yield example
    finally:
        await runner.cleanup()


@pytest.fixture(params=ERAS)
async def connect(
    request: pytest.FixtureRequest,
    example: Everything,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Connect]:
    """Makes clients over the page's connection; the test enters them."""
    monkeypatch.syspath_prepend(str(HOME.parent / "client"))
    package = importlib.import_module("everything_client")
    connection = of_the_page()["SocketConnection"]
    async with aiohttp.ClientSession() as http:

        async def opened() -> Any:
            return connection(await http.ws_connect(example.url))

        def client(**options: Any) -> Any:
            made = package.EverythingClient.over
            return made(opened, timeout=SECONDS, era=request.param, **options)

        yield client


@pytest.mark.parametrize(
    "page", ["http://evil.example", "http://127.0.0.1:9", "null", "itself"]
)
async def test_no_page_of_another_origin_gets_in(
    page: str, example: Everything
) -> None:
    host = example.url.split("/")[2]
    if page == "itself":
        # What a name has that was bound to this machine: Origin and Host agree.
        page, host = "http://evil.example:8000", "evil.example:8000"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(example.url, headers={"Origin": page, "Host": host})
        for known in ({}, {"Origin": "http://localhost:8000"}):
            async with http.ws_connect(example.url, headers=known):
                pass

    assert refused.value.status == 403


async def test_progress(connect: Connect) -> None:
    steps: list[float] = []

    async with connect(progress=lambda each: steps.append(each.progress)) as client:
        await client.test_tool_with_progress()

    assert steps == [0, 50, 100]


async def test_elicitation(connect: Connect) -> None:
    def fill(question: Any) -> Any:
        assert question.message == "Who?"
        return {"username": "ada", "email": "ada@example.com"}

    async with connect(elicitation=fill) as client:
        result = await client.test_elicitation(message="Who?")

    assert "action=accept" in result.content[0].text
    assert "ada@example.com" in result.content[0].text


async def test_cancellation(connect: Connect, example: Everything) -> None:
    async with connect() as client:
        call = asyncio.create_task(client.test_cancellation())
        await asyncio.wait_for(example.started.wait(), SECONDS)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(example.cancelled.wait(), SECONDS)
        assert (await client.test_simple_text()).content


async def test_a_connection_that_ends_cancels_what_still_runs(
    connect: Connect, example: Everything
) -> None:
    async with connect() as client:
        call = asyncio.create_task(client.test_cancellation())
        await asyncio.wait_for(example.started.wait(), SECONDS)
    with pytest.raises(Exception, match="the client was closed"):
        await call
    await asyncio.wait_for(example.cancelled.wait(), SECONDS)
