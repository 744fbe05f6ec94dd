"""A client and a server's application in one process."""

from __future__ import annotations

import asyncio
import gc
import socket

import pytest
from aiohttp import web

from mcpgen.runtime.client import Client, Progress, TransportError

from .weather import WeatherClient, weather_app
from .wire import LIMIT


async def test_calls_streams_and_errors_work_without_a_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reports: list[Progress] = []

    def refuse(*arguments: object) -> None:
        raise AssertionError("no network")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    client = WeatherClient.in_memory(weather_app(), progress=reports.append)
    assert isinstance(client, WeatherClient)
    async with client as weather:
        assert (await weather.get_forecast(city="Oslo")).days == 3
        await weather.compare(cities=["a", "b"])
        forecasts = await asyncio.gather(
            *(weather.get_forecast(city="x") for _ in range(20))
        )
    assert len(forecasts) == 20
    assert len(reports) == 2


async def test_the_application_starts_and_stops_with_the_client() -> None:
    happened: list[str] = []
    app = weather_app()

    async def start(app: web.Application) -> None:
        happened.append("start")

    async def stop(app: web.Application) -> None:
        happened.append("stop")

    app.on_startup.append(start)
    app.on_cleanup.append(stop)
    async with WeatherClient.in_memory(app):
        assert happened == ["start"]
    assert happened == ["start", "stop"]


async def test_an_application_that_cannot_start_says_why_and_leaves_nothing() -> None:
    app = weather_app()

    async def fail(app: web.Application) -> None:
        raise ZeroDivisionError("no database")

    app.on_startup.append(fail)
    with pytest.raises(ZeroDivisionError):
        await WeatherClient.in_memory(app).open()
    gc.collect()


async def test_the_path_can_be_chosen() -> None:
    app = web.Application()
    app.add_subapp("/deep", weather_app())
    async with WeatherClient.in_memory(app, path="/deep/mcp") as weather:
        assert (await weather.get_forecast(city="Oslo")).days == 3
    with pytest.raises(TransportError, match="Is the path right"):
        await Client.in_memory(weather_app(), path="/other").open()


async def test_great_messages_pass() -> None:
    async with WeatherClient.in_memory(weather_app()) as weather:
        async with asyncio.timeout(LIMIT):
            forecast = await weather.get_forecast(city="x" * 900_000)
    assert len(forecast.city) == 900_000
