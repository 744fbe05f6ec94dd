"""Mock mode: every answer is made up, valid, always the same; no handler is called."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiohttp import ClientSession

from mcpgen.render import runtime_distribution
from mcpgen.runtime.core.catalog import Catalog
from mcpgen.runtime.server import Contract, Service, Settings, ToolBinding
from tests.formatting import write
from tests.render.projects import example, native, project, texts
from tests.render.projects import tool as rendered_tool
from tests.servers import running_server

from .conftest import Serve
from .wire import LegacyWire, ModernWire
from .workshop import PLAIN, Workshop, tool

MOCK = Settings(mock=True)
UNREADABLE = {"type": "string", "pattern": "(a)\\1"}


class ByHand(Service):
    """A tool of which mcpgen has made no result, since it made nothing."""

    contract: ClassVar[Contract] = Contract(
        Catalog(
            server={"name": "hand", "version": "1"},
            tools=(tool("count", outputSchema={"type": "integer"}), tool("plain")),
        ),
        tools={
            "count": ToolBinding("count", Any, int),
            "plain": ToolBinding("plain", Any),
        },
    )


@pytest.fixture
async def url(serve: Serve) -> str:
    return await serve(MOCK)


@pytest.fixture
def modern(http: ClientSession, url: str) -> ModernWire:
    return ModernWire(http, url)


async def test_a_tool_gives_a_value_that_its_output_schema_admits(
    modern: ModernWire,
) -> None:
    result = (await modern.tool("add", {"a": 404})).result
    assert result["structuredContent"] == {"sum": 1}
    assert json.loads(result["content"][0]["text"]) == {"sum": 1}
    assert (await modern.tool("numbers")).result["structuredContent"] == [1]


async def test_a_legacy_client_is_answered_alike(http: ClientSession, url: str) -> None:
    legacy = LegacyWire(http, url)
    await legacy.initialize()
    result = (await legacy.tool("add", {"a": 1})).result
    assert result["structuredContent"] == {"sum": 1}


@pytest.mark.parametrize("name", PLAIN)
async def test_a_tool_without_an_output_schema_gives_a_text_at_once(
    modern: ModernWire, name: str
) -> None:
    result = (await modern.tool(name)).result
    assert result["content"] == [
        {"type": "text", "text": f"A made-up result of {name}."}
    ]
    assert "isError" not in result


async def test_invalid_arguments_are_refused_as_ever(modern: ModernWire) -> None:
    reply = await modern.tool("add", {"b": 1})
    assert reply.result["isError"] is True
    assert "Invalid arguments" in reply.content


async def test_prompts_show_what_they_were_given(modern: ModernWire) -> None:
    params = {"name": "trip", "arguments": {"city": "Oslo"}}
    result = (await modern.call("prompts/get", params)).result
    (message,) = result["messages"]
    assert "trip" in message["content"]["text"]
    assert "Plan a trip." in message["content"]["text"]
    assert '{"city":"Oslo"}' in message["content"]["text"]
    assert (await modern.call("prompts/get", {"name": "bad"})).result["messages"]


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("shop://text", "text"),
        ("shop://full", "text"),
        ("shop://bytes", "blob"),
        ("shop://cities/oslo", "text"),
    ],
)
async def test_resources_have_contents_of_their_type(
    modern: ModernWire, uri: str, kind: str
) -> None:
    result = (await modern.call("resources/read", {"uri": uri})).result
    (contents,) = result["contents"]
    assert contents["uri"] == uri
    assert contents[kind]
    if uri.startswith("shop://cities/"):
        assert json.loads(contents["text"])


async def test_completions_are_those_of_the_manifest(modern: ModernWire) -> None:
    for argument, values in (("city", []), ("month", ["March", "May"])):
        params = {
            "ref": {"type": "ref/prompt", "name": "trip"},
            "argument": {"name": argument, "value": ""},
        }
        result = (await modern.call("completion/complete", params)).result
        assert result["completion"]["values"] == values


@pytest.mark.parametrize("shared", [False, True])
async def test_where_no_value_is_found_the_error_says_what_to_do(
    http: ClientSession, tmp_path: Path, shared: bool
) -> None:
    tools = [
        rendered_tool("never", outputSchema=UNREADABLE),
        rendered_tool("shown", outputSchema={**UNREADABLE, "examples": ["aa"]}),
    ]
    chosen = {"runtime": "shared"} if shared else {}
    write(tmp_path, texts(project(native(tools=tools, **chosen))))
    if shared:
        write(tmp_path / "server", runtime_distribution())
    start = running_server(tmp_path / "server", "weather_server", "--mock")
    async with start as url:
        wire = ModernWire(http, url)
        reply = await wire.tool("never")
        shown = await wire.tool("shown")
    assert reply.result["isError"] is True
    assert "must match the pattern" in reply.content
    assert "`examples: [...]`" in reply.content
    assert shown.result["structuredContent"] == "aa"


async def test_where_the_package_has_no_result_the_error_says_to_generate(
    http: ClientSession, serve: Serve
) -> None:
    wire = ModernWire(http, await serve(MOCK, ByHand()))
    reply = await wire.tool("count")
    assert reply.result["isError"] is True
    assert reply.content == (
        "Mock mode has no result of count: run `mcpgen generate`, with `mock` among the "
        "manifest's `features.server`."
    )
    assert (await wire.tool("plain")).content == "A made-up result of plain."


async def test_nothing_of_the_service_is_run(
    http: ClientSession, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    service = Workshop()
    wire = ModernWire(http, await serve(MOCK, service))
    for name in ("context", "remembering", "swallowing"):
        await wire.tool(name)
    assert not service.up
    assert service.seen == []
    said = [
        r
        for r in caplog.records
        if "mock mode: returning sample data" in r.getMessage()
    ]
    assert [r.levelno for r in said] == [logging.WARNING]


async def test_a_generated_server_answers_before_its_handlers_exist(
    http: ClientSession, tmp_path: Path
) -> None:
    files = example()
    path = "server/weather_server/handlers.py"
    assert "class Weather(WeatherService):" in files[path]
    files[path] = (
        "from .generated import WeatherService\n\n\n"
        "class Weather(WeatherService):\n"
        "    def __init__(self) -> None:\n"
        "        raise RuntimeError('no database here')\n"
    )
    write(tmp_path, files)
    start = running_server(tmp_path / "server", "weather_server", "--mock")
    async with start as url:
        result = (
            await ModernWire(http, url).tool("get_forecast", {"city": "Oslo"})
        ).result
    assert result["structuredContent"]["days"]


async def test_a_server_without_anything_has_nothing_to_make_up(
    http: ClientSession, tmp_path: Path
) -> None:
    write(tmp_path, texts(project(native())))
    start = running_server(tmp_path / "server", "weather_server", "--mock")
    async with start as url:
        reply = await ModernWire(http, url).call("server/discover")
    assert reply.result["resultType"] == "complete"
