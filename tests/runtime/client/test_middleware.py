"""Middleware of clients: what it sees, changes and answers, and in which order."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from mcpgen.runtime.client import (
    Middleware,
    Next,
    ProtocolError,
    Request,
    Result,
    ToolError,
    TransportError,
)

from .weather import SyncWeatherClient, WeatherClient, weather_app

URL_ERA = ["modern", "legacy"]


@pytest.fixture(params=URL_ERA)
def era(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def client(era: str, *middleware: Middleware, **options: Any) -> WeatherClient:
    return WeatherClient.in_memory(
        weather_app(era), era=era, middleware=middleware, **options
    )


async def test_it_sees_every_request_and_its_result_from_the_outside_in(
    era: str,
) -> None:
    seen: list[Any] = []

    async def outer(request: Request, proceed: Next) -> Result:
        seen.append(("outer", request.method, request.name))
        result = await proceed(request)
        seen.append(("outer", sorted(result)))
        return result

    async def inner(request: Request, proceed: Next) -> Result:
        seen.append(("inner", dict(request.params), request.options.timeout))
        return await proceed(request)

    async with client(era, outer, inner) as weather:
        assert [name.rpartition(".")[2] for name in weather.middleware] == [
            "outer",
            "inner",
        ]
        await weather.with_options(timeout=7).get_forecast(city="Oslo")

    params = {"name": "get-forecast", "arguments": {"city": "Oslo"}}
    assert seen[:2] == [
        ("outer", "tools/call", "get-forecast"),
        ("inner", params, 7),
    ]
    assert seen[2][0] == "outer"
    assert "structuredContent" in seen[2][1]


async def test_it_may_change_parameters_and_results(era: str) -> None:
    async def change(request: Request, proceed: Next) -> Result:
        arguments = {**request.params["arguments"], "city": "Rome"}
        changed = request.replace(params={**request.params, "arguments": arguments})
        result = await proceed(changed)
        return {
            **result,
            "structuredContent": {**result["structuredContent"], "days": 9},
        }

    async with client(era, change) as weather:
        forecast = await weather.get_forecast(city="Oslo")

    assert (forecast.city, forecast.days) == ("Rome", 9)


async def test_it_may_answer_early(era: str) -> None:
    async def refuse(request: Request, proceed: Next) -> Result:
        return {"isError": True, "content": [{"type": "text", "text": "not today"}]}

    async with client(era, refuse) as weather:
        with pytest.raises(ToolError, match="not today"):
            await weather.get_forecast(city="Oslo")


async def test_it_sees_errors_and_the_end_of_a_call(era: str) -> None:
    ends: list[str] = []

    async def watch(request: Request, proceed: Next) -> Result:
        try:
            return await proceed(request)
        except BaseException as error:
            ends.append(type(error).__name__)
            raise

    async def hang(request: Request, proceed: Next) -> Result:
        if request.method == "tools/call":
            started.set()
            await asyncio.Event().wait()
        return await proceed(request)

    started = asyncio.Event()
    async with client(era, watch, hang) as weather:
        with pytest.raises(ProtocolError):
            await weather.complete_prompt("plan", "city")
        call = asyncio.create_task(weather.get_forecast(city="Oslo"))
        await started.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(TransportError, match="no answer to tools/call in time"):
            await weather.with_options(timeout=0.05).get_forecast(city="Oslo")

    assert ends == ["ProtocolError", "CancelledError", "CancelledError"]


async def test_it_may_repeat_a_request(era: str) -> None:
    async def twice(request: Request, proceed: Next) -> Result:
        await proceed(request)
        return await proceed(request)

    async with client(era, twice) as weather:
        assert (await weather.get_forecast(city="Oslo")).city == "Oslo"


async def test_a_request_is_frozen_and_a_result_an_object(era: str) -> None:
    async def change(request: Request, proceed: Next) -> Result:
        request.method = "ping"  # type: ignore[misc]
        return await proceed(request)

    async def nothing(request: Request, proceed: Next) -> Any:
        await proceed(request)

    async with client(era, change) as weather:
        with pytest.raises(dataclasses.FrozenInstanceError):
            await weather.get_forecast(city="Oslo")
    async with client(era, nothing) as weather:
        with pytest.raises(TypeError, match=r"nothing returned None; return a result"):
            await weather.get_forecast(city="Oslo")


async def test_every_kind_of_request_passes_it(era: str) -> None:
    seen: list[str] = []

    async def watch(request: Request, proceed: Next) -> Result:
        seen.append(request.method)
        return await proceed(request)

    async with client(era, watch) as weather:
        await weather.ping()
        await weather.list_tools()
        await weather.set_logging_level("error")

    assert seen == ["ping", "tools/list", "logging/setLevel"]


def test_code_without_asyncio_has_it_too(era: str) -> None:
    seen: list[str] = []

    async def watch(request: Request, proceed: Next) -> Result:
        seen.append(request.method)
        return await proceed(request)

    with SyncWeatherClient.in_memory(
        weather_app(era), era=era, middleware=[watch]
    ) as weather:
        weather.get_forecast(city="Oslo")
        assert len(weather.middleware) == 1

    assert seen == ["tools/call"]
