"""A client says how the live server differs from what it was generated for."""

from __future__ import annotations

import copy
from typing import Any

from mcpgen.runtime.client import Client

from .weather import COMPARE, GET_FORECAST, WeatherClient
from .wire import Call, Wire, discover, modern, running
from .wire import Reply as WireReply


def serving(*tools: Any) -> Wire:
    async def list_tools(call: Call) -> WireReply:
        return call.result(tools=list(tools))

    return modern({"tools": {}}, tools_list=list_tools)


async def test_no_difference() -> None:
    async with (
        running(serving(COMPARE, GET_FORECAST)) as wire,
        WeatherClient(wire.url) as weather,
    ):
        assert await weather.check() == ()


async def test_every_difference_is_named_with_its_place() -> None:
    changed: Any = copy.deepcopy(GET_FORECAST)
    schema = changed["inputSchema"]
    schema["properties"]["days"]["maximum"] = 7
    schema["properties"]["unit"] = {"type": "string"}
    schema["required"].append("days")
    schema["additionalProperties"] = 0
    del schema["properties"]["place"]
    changed["_meta"] = {"a": 1}
    new = {"name": "new", "inputSchema": {"type": "object"}}
    async with (
        running(serving(changed, new)) as wire,
        WeatherClient(wire.url) as weather,
    ):
        found = await weather.check()
    assert [str(difference) for difference in found] == [
        "tool get-forecast: changed\n"
        "  inputSchema.properties.days.maximum: 14 here, 7 on the server\n"
        "  inputSchema.properties.place: gone on the server\n"
        "  inputSchema.properties.unit: new on the server\n"
        "  inputSchema.required: ['city'] here, ['city', 'days'] on the server\n"
        "  inputSchema.additionalProperties: False here, 0 on the server",
        "tool compare: missing",
        "tool new: added",
    ]


async def test_what_the_server_does_not_have_is_not_asked_for() -> None:
    async def nothing(call: Call) -> WireReply:
        reply = await discover(call)
        reply["result"]["capabilities"] = {}
        return reply

    wire = modern()
    wire.methods["server/discover"] = nothing
    async with running(wire), WeatherClient(wire.url) as weather:
        found = await weather.check()
    assert {difference.change for difference in found} == {"missing"}
    assert len(wire.calls) == 1


async def test_malformed_definitions_are_left_out_of_lists() -> None:
    bad = {"name": "bad", "inputSchema": "none"}
    async with running(serving(bad, COMPARE)) as wire, Client(wire.url) as client:
        assert [tool.name for tool in await client.list_tools()] == ["compare"]


async def test_null_is_absent_and_an_empty_list_an_empty_object() -> None:
    live: Any = copy.deepcopy(GET_FORECAST)
    live["title"] = None
    live["inputSchema"]["$defs"] = None
    async with (
        running(serving(COMPARE, live)) as wire,
        WeatherClient(wire.url) as weather,
    ):
        assert await weather.check() == ()
