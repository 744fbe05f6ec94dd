"""Typed calls: what goes in is checked and dumped exactly, what comes out is built."""

from __future__ import annotations

import datetime
import enum
import typing
from typing import Any

import pytest
from pydantic import ValidationError

from mcpgen.runtime.client import (
    OMIT,
    Client,
    ClientOptions,
    InvalidArgumentsError,
    InvalidResultError,
    Progress,
    ToolCall,
    ToolError,
)
from mcpgen.runtime.client.calls import plain
from mcpgen.runtime.client.options import CallOptions, CallSettings, Settings
from mcpgen.runtime.core.model import Codec
from tests.requirements import requirement

from .weather import Forecast, Place, WeatherClient, weather_wire
from .wire import Call, modern, running
from .wire import Reply as WireReply


async def test_typed_in_typed_out() -> None:
    async with running(weather_wire()) as wire, WeatherClient(wire.url) as weather:
        forecast = await weather.get_forecast(city="Oslo", days=5)
        assert forecast == Forecast(city="Oslo", days=5)
        prompt = await weather.plan_prompt(city="Oslo")
        assert "'city': 'Oslo'" in str(prompt.messages[0].content)
        contents = (await weather.read_city(city="São Paulo/x")).contents
        assert contents[0].uri == "weather://cities/S%C3%A3o%20Paulo%2Fx"
        assert (await weather.read_cities()).contents[0].uri == "weather://cities"
    meta = wire.calls[0].meta
    name = meta["io.modelcontextprotocol/clientInfo"]
    assert name == {"name": "weather-client", "version": "0.1.0"}


async def test_omitted_arguments_are_not_sent() -> None:
    async with running(weather_wire()) as wire, WeatherClient(wire.url) as weather:
        await weather.get_forecast(city="Oslo", days=OMIT)
        await weather.plan_prompt(city="Oslo")
    assert wire.of("tools/call")[0].params["arguments"] == {"city": "Oslo"}
    assert wire.of("prompts/get")[0].params["arguments"] == {"city": "Oslo"}


@pytest.mark.parametrize(
    "place",
    [Place(lat=1.5, lon=2), Place(lat=1.5, lon=2, name=None), {"lat": 1.5, "lon": 2}],
)
async def test_models_and_mappings_are_sent_as_they_are(place: Any) -> None:
    async with running(weather_wire()) as wire, WeatherClient(wire.url) as weather:
        await weather.get_forecast(city="Oslo", place=place)
    sent = wire.of("tools/call")[0].params["arguments"]
    assert sent == {"city": "Oslo", "place": {"lat": 1.5, "lon": 2}}


async def test_wrong_arguments_are_refused_with_every_problem_and_not_sent() -> None:
    async with running(weather_wire()) as wire, WeatherClient(wire.url) as weather:
        with pytest.raises(InvalidArgumentsError) as caught:
            await weather.get_forecast(city="", days=20, place=typing.cast(Any, {}))
        with pytest.raises(InvalidArgumentsError, match="arguments of get-forecast"):
            await weather.call_tool("get-forecast", {"town": "Oslo"})
    assert {problem.path for problem in caught.value.problems} == {
        "city",
        "days",
        "place.lat",
        "place.lon",
    }
    assert str(caught.value).count("\n") == 4
    assert wire.of("tools/call") == []


@requirement("2025-11-25/client/schema-2020-12", "2026-07-28/client/schema-2020-12")
async def test_a_result_that_breaks_the_output_schema_is_refused() -> None:
    async with running(weather_wire()) as wire, WeatherClient(wire.url) as weather:
        with pytest.raises(InvalidResultError, match="days: must be an integer"):
            await weather.get_forecast(city="Wrong")
        with pytest.raises(InvalidResultError, match="days: must be an integer"):
            await weather.call_tool("get-forecast", {"city": "Wrong"})
        with pytest.raises(ToolError, match="get-forecast: no such city"):
            await weather.get_forecast(city="Nowhere")


@pytest.mark.parametrize(
    "result, message",
    [
        ({"content": []}, "structuredContent is missing"),
        ({"content": [{"type": "text", "text": "no json"}]}, "is missing"),
        ({}, "is missing"),
    ],
)
async def test_a_result_without_its_structure_is_refused(
    result: dict[str, Any], message: str
) -> None:
    async def answer(call: Call) -> WireReply:
        return call.result(**result)

    async with (
        running(modern(tools_call=answer)) as wire,
        WeatherClient(wire.url) as weather,
    ):
        with pytest.raises(InvalidResultError, match=message):
            await weather.get_forecast(city="Oslo")


async def test_results_that_are_not_mcp_are_refused() -> None:
    async def answer(call: Call) -> WireReply:
        return call.result(content="text", contents=3, tools={"a": 1}, messages=None)

    methods = dict.fromkeys(
        ("tools_call", "resources_read", "tools_list", "prompts_get"), answer
    )
    async with running(modern(**methods)) as wire, Client(wire.url) as client:
        for call in (
            client.call_tool("a"),
            client.read_resource("a://b"),
            client.list_tools(),
            client.get_prompt("a"),
        ):
            with pytest.raises(InvalidResultError, match="result of "):
                await call


async def test_options_of_a_call_leave_the_client_alone() -> None:
    reports: list[Progress] = []
    async with running(weather_wire()) as wire, WeatherClient(wire.url) as weather:
        counting = weather.with_options(progress=reports.append)
        assert isinstance(counting, WeatherClient)
        await counting.compare(cities=["Oslo", "Rome"])
        await weather.compare(cities=["Oslo", "Rome"])
    assert [report.progress for report in reports] == [1, 2]


def test_options_are_declared_once_more_in_settings() -> None:
    for declared, settings in ((ClientOptions, Settings), (CallOptions, CallSettings)):
        assert set(declared.__annotations__) <= set(settings.__slots__) | set(
            CallSettings.__slots__
        )
    # The revisions are the generated class's affair.
    given = set(Settings.__slots__) - {"revisions"}
    assert set(ClientOptions.__annotations__) == given | set(CallSettings.__slots__)


def test_an_unknown_option_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="colour"):
        Client("http://localhost/", colour="red")  # type: ignore[call-arg]  # on purpose


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    "value, json",
    [
        (
            {"a": (1, {"b": Place(lat=1, lon=2)})},
            {"a": [1, {"b": {"lat": 1, "lon": 2}}]},
        ),
        (datetime.date(2026, 7, 28), "2026-07-28"),
        (Colour.RED, "red"),
        ({1}, [1]),
        (None, None),
    ],
)
def test_python_values_become_json(value: object, json: object) -> None:
    assert plain(value) == json


def test_what_is_no_json_value_is_the_problem_and_not_its_schema() -> None:
    schema = {"type": "object"}
    call = ToolCall({"name": "a", "outputSchema": schema}, Codec[Any](Any))
    for _ in range(2):
        with pytest.raises(InvalidResultError, match="is no JSON value: Dict key must"):
            call.read({"structuredContent": {1: 2}})


def test_a_codec_stands_for_types_that_are_no_class() -> None:
    call = ToolCall({"name": "a"}, Codec[list[int]](list[int]))
    assert call.read({"structuredContent": [1, 2]}) == [1, 2]
    with pytest.raises((InvalidResultError, ValidationError)):
        call.read({"structuredContent": ["x"]})


@requirement(
    "2025-11-25/client/schema-unknown-dialect",
    "2025-11-25/client/schema-valid",
    "2026-07-28/client/schema-references",
    "2026-07-28/client/schema-unknown-dialect",
    "2026-07-28/client/schema-valid",
)
@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"$ref": "http://evil.example/"}, "evil.example"),
        ({"$schema": "http://example.org/dialect"}, "Unknown meta-schema"),
        ({"type": "strin"}, "is not valid"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(
    schema: dict[str, Any], problem: str
) -> None:
    call = ToolCall({"name": "a", "inputSchema": schema})
    with pytest.raises(InvalidArgumentsError, match="can't be used") as raised:
        call.checked({})
    assert problem in str(raised.value)
    promised = ToolCall({"name": "a", "outputSchema": schema}, Codec[Any](Any))
    with pytest.raises(InvalidResultError) as raised_later:
        promised.read({"structuredContent": {}})
    assert problem in str(raised_later.value)
