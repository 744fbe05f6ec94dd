"""A client as mcpgen writes it, by hand, and a server for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from mcpgen.runtime.client import OMIT, Client, Omit, SyncClient, ToolCall
from mcpgen.runtime.core.catalog import Catalog, JsonObject
from mcpgen.runtime.core.model import Model, absent

from .wire import (
    EVERYTHING,
    Call,
    Handler,
    Wire,
    event,
    legacy,
    modern,
    notification,
)
from .wire import Reply as WireReply

if TYPE_CHECKING:
    from typing import Unpack

    from mcpgen.runtime.client import ClientOptions
    from mcpgen.runtime.protocol.types import (
        CallToolResult,
        GetPromptResult,
        ReadResourceResult,
    )


class Place(Model):
    lat: float
    lon: float
    name: str | None = absent()


class Forecast(Model):
    city: str
    days: int = 3


GET_FORECAST: Final[JsonObject] = {
    "name": "get-forecast",
    "inputSchema": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "minLength": 1},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "place": {
                "type": "object",
                "properties": {
                    "lat": {"type": "number"},
                    "lon": {"type": "number"},
                    "name": {"type": "string"},
                },
                "required": ["lat", "lon"],
                "additionalProperties": False,
            },
        },
        "required": ["city"],
        "additionalProperties": False,
    },
    "outputSchema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
}
COMPARE: Final[JsonObject] = {"name": "compare", "inputSchema": {"type": "object"}}
CATALOG: Final = Catalog(
    server={"name": "weather", "version": "0.1.0"}, tools=(GET_FORECAST, COMPARE)
)

_GET_FORECAST: Final = ToolCall(GET_FORECAST, Forecast)
_COMPARE: Final = ToolCall(COMPARE)


class WeatherClient(Client):
    """Forecasts."""

    catalog = CATALOG

    @classmethod
    def sync(cls, url: str, **options: Unpack[ClientOptions]) -> SyncWeatherClient:
        return SyncWeatherClient(cls(url, **options))

    async def get_forecast(
        self, *, city: str, days: int | Omit = OMIT, place: Place | Omit = OMIT
    ) -> Forecast:
        return await self._call_tool(
            _GET_FORECAST, {"city": city, "days": days, "place": place}
        )

    async def compare(self, *, cities: list[str]) -> CallToolResult:
        return await self._call_tool(_COMPARE, {"cities": cities})

    async def plan_prompt(
        self, *, city: str, month: str | Omit = OMIT
    ) -> GetPromptResult:
        return await self._get_prompt("plan", {"city": city, "month": month})

    async def read_cities(self) -> ReadResourceResult:
        return await self._read_resource("weather://cities")

    async def read_city(self, *, city: str) -> ReadResourceResult:
        return await self._read_template("weather://cities/{city}", {"city": city})


class SyncWeatherClient(SyncClient):
    """`WeatherClient` without asyncio."""

    _client_class = WeatherClient

    def get_forecast(
        self, *, city: str, days: int | Omit = OMIT, place: Place | Omit = OMIT
    ) -> Forecast:
        return self._call_tool(
            _GET_FORECAST, {"city": city, "days": days, "place": place}
        )

    def compare(self, *, cities: list[str]) -> CallToolResult:
        return self._call_tool(_COMPARE, {"cities": cities})

    def plan_prompt(self, *, city: str, month: str | Omit = OMIT) -> GetPromptResult:
        return self._get_prompt("plan", {"city": city, "month": month})

    def read_city(self, *, city: str) -> ReadResourceResult:
        return self._read_template("weather://cities/{city}", {"city": city})


async def call_tool(call: Call) -> WireReply:
    arguments = call.params["arguments"]
    if call.params["name"] == "get-forecast":
        if arguments["city"] == "Nowhere":
            content = [{"type": "text", "text": "no such city"}]
            return call.result(isError=True, content=content)
        days = "many" if arguments["city"] == "Wrong" else arguments.get("days", 3)
        forecast = {"city": arguments["city"], "days": days}
        return call.result(content=[], structuredContent=forecast)
    stream = await call.stream()
    for done, _ in enumerate(arguments["cities"], 1):
        report = notification(
            "notifications/progress",
            progressToken=call.meta["progressToken"],
            progress=done,
        )
        await stream.write(event(report))
    await stream.write(event(call.result(content=[])))
    return stream


async def get_prompt(call: Call) -> WireReply:
    text = str(call.params["arguments"])
    content = {"type": "text", "text": text}
    return call.result(messages=[{"role": "user", "content": content}])


async def read(call: Call) -> WireReply:
    return call.result(contents=[{"uri": call.params["uri"], "text": "x"}])


async def tools(call: Call) -> WireReply:
    return call.result(tools=[GET_FORECAST])


async def done(call: Call) -> WireReply:
    return call.result()


METHODS: Final[dict[str, Handler]] = {
    "tools_list": tools,
    "tools_call": call_tool,
    "prompts_get": get_prompt,
    "resources_read": read,
}


def weather_wire() -> Wire:
    """The server's wire."""
    return modern(**METHODS)


def weather_app(era: str = "modern") -> web.Application:
    """The same server as an application."""
    old: dict[str, Any] = {**METHODS, "ping": done, "logging_setLevel": done}
    wire = weather_wire() if era == "modern" else legacy(capabilities=EVERYTHING, **old)
    app = web.Application()
    app.router.add_route("*", "/mcp", wire.handle)
    return app
