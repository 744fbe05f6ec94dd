"""The client for code without asyncio."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Iterator

import pytest

from mcpgen.runtime.client import (
    Client,
    Notification,
    Progress,
    Reply,
    SyncClient,
    ToolError,
    TransportError,
)

from .sdk_server import sdk_server
from .weather import (
    Forecast,
    SyncWeatherClient,
    WeatherClient,
    weather_app,
    weather_wire,
)
from .wire import LIMIT, Call, Wire, modern, running
from .wire import Reply as WireReply


@pytest.fixture
def loop_threads() -> Iterator[None]:
    """No thread of a client is left behind."""
    yield
    assert "mcp-client" not in {thread.name for thread in threading.enumerate()}


pytestmark = pytest.mark.usefixtures("loop_threads")


async def off_loop(work: object) -> None:
    """Runs a test's synchronous part in a thread, beside the server's loop."""
    assert callable(work)
    await asyncio.wait_for(asyncio.to_thread(work), LIMIT)


async def test_the_same_methods_wait_for_their_results() -> None:
    async with running(weather_wire()) as wire:

        def use() -> None:
            with WeatherClient.sync(wire.url) as weather:
                assert isinstance(weather, SyncWeatherClient)
                forecast = weather.get_forecast(city="Oslo")
                assert forecast == Forecast(city="Oslo", days=3)
                assert weather.era == "modern"
                assert weather.server_info.name == "wire"
                with pytest.raises(ToolError, match="no such city"):
                    weather.get_forecast(city="Nowhere")
                assert weather.plan_prompt(city="Oslo").messages
                assert weather.read_city(city="Oslo").contents
                reports: list[Progress] = []
                weather.with_options(progress=reports.append).compare(cities=["a"])
                assert len(reports) == 1

        await off_loop(use)


async def test_every_general_call() -> None:
    async with sdk_server("stream") as url:

        def use() -> None:
            with Client.sync(url, elicitation=lambda question: Reply.CANCEL) as client:
                assert client.list_tools()
                assert client.list_prompts()
                assert client.list_resources()
                assert client.list_resource_templates()
                assert client.call_tool("add", {"terms": [1]}).structured_content
                assert client.get_prompt("greet", {"name": "x"}).messages
                assert client.read_resource("note://one").contents
                assert client.complete_prompt("greet", "name").completion.values
                completed = client.complete_template("note://by/{name}", "name", "x")
                assert completed.completion.values[0] == "xslo"
                client.ping()
                assert client.check()
                client.set_logging_level("error")
                assert client.instructions == "Ask me."
                assert client.capabilities
                assert client.protocol_version == "2026-07-28"
                with client.subscribe(tools_changed=True) as changes:
                    client.call_tool("touch")
                    change: Notification = next(changes)
                    assert change.method == "notifications/tools/list_changed"

        await off_loop(use)


async def test_threads_share_a_client() -> None:
    async with running(weather_wire()) as wire:

        def use() -> None:
            with WeatherClient.sync(wire.url) as weather:
                results: list[Forecast] = []
                threads = [
                    threading.Thread(
                        target=lambda: results.append(weather.get_forecast(city="A"))
                    )
                    for _ in range(8)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(LIMIT)
                assert len(results) == 8

        await off_loop(use)


def test_a_failure_to_connect_leaves_nothing_behind() -> None:
    with pytest.raises(TransportError, match="cannot connect"):
        Client.sync("http://127.0.0.1:9/mcp").open()


def test_a_client_that_is_not_open_says_so() -> None:
    client = SyncClient(Client("http://127.0.0.1:9/mcp"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeError, match="use it in `with`"):
            client.ping()
    client.close()


def test_in_memory_without_asyncio() -> None:
    with SyncWeatherClient(WeatherClient.in_memory(weather_app())) as weather:
        assert weather.get_forecast(city="Oslo").days == 3


async def test_an_interrupt_cancels_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    wire: Wire = weather_wire()
    hanging = asyncio.Event()

    async def hang(call: object) -> object:
        hanging.set()
        await asyncio.sleep(LIMIT)
        raise AssertionError

    wire.methods["tools/call"] = hang
    async with running(wire):

        def use() -> None:
            with WeatherClient.sync(wire.url) as weather:
                monkeypatch.setattr(
                    "concurrent.futures.Future.result", interrupted, raising=True
                )
                with pytest.raises(KeyboardInterrupt):
                    weather.get_forecast(city="Oslo")
                monkeypatch.undo()

        def interrupted(self: object, timeout: float | None = None) -> None:
            raise KeyboardInterrupt

        await off_loop(use)


async def test_a_handler_that_blocks_does_not_hold_up_the_end() -> None:
    asked, answer = threading.Event(), threading.Event()

    def person(question: object) -> Reply:
        asked.set()
        answer.wait(LIMIT)
        return Reply.CANCEL

    async def ask(call: Call) -> WireReply:
        params = {"message": "?", "requestedSchema": {"type": "object"}}
        question = {"method": "elicitation/create", "params": params}
        return call.result(resultType="input_required", inputRequests={"a": question})

    async with running(modern(tools_call=ask)) as wire:

        def use() -> None:
            with Client.sync(wire.url, elicitation=person, timeout=None) as client:
                thread = threading.Thread(target=call_and_fail, args=[client])
                thread.start()
                asked.wait(LIMIT)
            thread.join(LIMIT)
            assert not thread.is_alive()
            answer.set()

        def call_and_fail(client: SyncClient) -> None:
            with pytest.raises(TransportError, match="was closed while tools/call ran"):
                client.call_tool("ask")

        await off_loop(use)
