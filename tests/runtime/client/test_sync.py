"""The client for code without asyncio."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest

from mcpgen.runtime.client import (
    Client,
    ClientError,
    Notification,
    Progress,
    Reply,
    SyncClient,
    ToolError,
    TransportError,
)

from .raw import Fault, raw_server
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


def test_help_and_signatures_are_those_of_the_synchronous_methods() -> None:
    subscribe = inspect.signature(SyncClient.subscribe)
    assert list(subscribe.parameters)[:2] == ["self", "resources"]
    assert subscribe.return_annotation == "SyncSubscription"
    assert SyncClient.subscribe.__annotations__["return"] == "SyncSubscription"
    for make in ("over", "stdio", "in_memory", "from_config"):
        made = inspect.signature(getattr(SyncWeatherClient, make))
        assert made.return_annotation == "SyncWeatherClient"
        assert "cls" not in made.parameters
    for name in ("subscribe", "over", "stdio", "list_tools"):
        text = getattr(SyncClient, name).__doc__
        assert text
        assert "async" not in text


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
        with pytest.raises(ClientError, match="use it in `with`") as caught:
            client.ping()
    assert isinstance(caught.value, RuntimeError)
    client.close()


def test_in_memory_without_asyncio() -> None:
    reports: list[Progress] = []
    with SyncWeatherClient.in_memory(weather_app(), progress=reports.append) as weather:
        assert weather.get_forecast(city="Oslo").days == 3
        weather.compare(cities=["a"])
    assert len(reports) == 1
    with SyncClient.in_memory(weather_app()) as client:
        assert client.call_tool("get-forecast", {"city": "Oslo"}).structured_content


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


def use_in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


async def test_callbacks_may_use_the_client() -> None:
    async with running(weather_wire()) as wire:

        def use() -> None:
            forecasts: list[Forecast] = []
            with WeatherClient.sync(wire.url) as weather:

                def report(progress: Progress) -> None:
                    forecasts.append(weather.get_forecast(city="Oslo"))

                weather.with_options(progress=report).compare(cities=["a"])
            assert len(forecasts) == 1

        await off_loop(use)


async def test_a_coroutine_on_the_clients_loop_is_told_that_it_cannot_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(weather_wire()) as wire:

        def use() -> None:
            with WeatherClient.sync(wire.url) as weather:

                async def report(progress: Progress) -> None:
                    for wait in (weather.ping, weather.close):
                        with pytest.raises(ClientError, match="pass a plain function"):
                            wait()

                weather.with_options(progress=report).compare(cities=["a"])

        await off_loop(use)
    assert "failed" not in caplog.text


def call_for_ever(weather: SyncWeatherClient) -> None:
    while True:
        weather.get_forecast(city="Oslo")


async def test_closing_while_other_threads_call_leaves_none_waiting() -> None:
    async with running(weather_wire()) as wire:

        def use() -> None:
            for _ in range(20):
                weather = WeatherClient.sync(wire.url)
                weather.open()
                outcomes: list[Exception] = []
                begun = threading.Barrier(5)

                def call(
                    weather: SyncWeatherClient = weather,
                    begun: threading.Barrier = begun,
                    outcomes: list[Exception] = outcomes,
                ) -> None:
                    begun.wait(LIMIT)
                    with pytest.raises(ClientError) as caught:
                        call_for_ever(weather)
                    outcomes.append(caught.value)

                threads = [use_in_thread(call) for _ in range(4)]
                begun.wait(LIMIT)
                closing = [use_in_thread(weather.close) for _ in range(2)]
                weather.close()
                for thread in [*threads, *closing]:
                    thread.join(LIMIT)
                assert not any(thread.is_alive() for thread in threads)
                assert len(outcomes) == 4

        await asyncio.wait_for(asyncio.to_thread(use), 3 * LIMIT)


async def test_copies_with_other_options_are_open_as_long_as_the_client() -> None:
    async with running(weather_wire()) as wire:

        def use() -> None:
            weather = WeatherClient.sync(wire.url)
            copy = weather.with_options(timeout=5)
            with weather:
                copy.get_forecast(city="Oslo")
            with pytest.raises(ClientError, match="not open"):
                copy.get_forecast(city="Oslo")
            with copy:
                weather.get_forecast(city="Oslo")

        await off_loop(use)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
async def test_a_forked_process_is_told_to_make_its_own_client() -> None:
    program = """
import os, sys
from mcpgen.runtime.client import Client, ClientError

with Client.sync(sys.argv[1]) as client:
    client.ping()
    child = os.fork()
    if child == 0:
        try:
            client.ping()
        except ClientError as error:
            assert "forked" in str(error), error
        client.close()
        with Client.sync(sys.argv[1]) as mine:
            mine.ping()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    client.ping()
sys.exit(os.waitstatus_to_exitcode(status))
"""
    async with running(weather_wire()) as wire:
        await run_python(program, wire.url)


async def run_python(program: str, *arguments: str) -> None:
    """Runs a program that must end well, in time and without a word."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-X",
        "dev",
        "-W",
        "ignore::DeprecationWarning",
        "-c",
        program,
        *arguments,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await asyncio.wait_for(process.communicate(), 3 * LIMIT)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, errors.decode()) == (0, "")


def drop_clients(url: str) -> None:
    for _ in range(10):
        Client.sync(url).open()
    gc.collect()


async def test_a_client_that_is_dropped_is_closed_with_a_warning() -> None:
    def use(url: str) -> None:
        with pytest.warns(ResourceWarning, match="unclosed MCP client of http"):
            drop_clients(url)
        for thread in threading.enumerate():
            if thread.name == "mcp-client":
                thread.join(LIMIT)

    async with raw_server("modern", Fault(b"")) as server:
        await off_loop(lambda: use(server.url))
        await server.no_connection_is_left()


async def test_a_handler_that_blocks_does_not_hold_up_the_end_of_the_interpreter() -> (
    None
):
    program = """
import sys, threading, time
from mcpgen.runtime.client import Client, Reply

asked = threading.Event()

def person(question):
    asked.set()
    time.sleep(3600)
    return Reply.CANCEL

client = Client.sync(sys.argv[1], elicitation=person)
client.open()
threading.Thread(target=client.call_tool, args=["ask"], daemon=True).start()
assert asked.wait(60)
"""

    async def ask(call: Call) -> WireReply:
        params = {"message": "?", "requestedSchema": {"type": "object"}}
        question = {"method": "elicitation/create", "params": params}
        return call.result(resultType="input_required", inputRequests={"a": question})

    async with running(modern(tools_call=ask)) as wire:
        await run_python(program, wire.url)


async def test_a_handler_that_blocks_does_not_hold_up_the_end_of_a_loop() -> None:
    asked, answer = threading.Event(), threading.Event()

    def person(question: object) -> Reply:
        asked.set()
        answer.wait(2 * LIMIT)
        return Reply.CANCEL

    async def ask(call: Call) -> WireReply:
        params = {"message": "?", "requestedSchema": {"type": "object"}}
        question = {"method": "elicitation/create", "params": params}
        return call.result(resultType="input_required", inputRequests={"a": question})

    async def give_up(url: str) -> None:
        async with Client(url, elicitation=person) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.call_tool("ask")

    async with running(modern(tools_call=ask)) as wire:
        await off_loop(lambda: asyncio.run(give_up(wire.url)))
    assert asked.is_set()
    answer.set()
