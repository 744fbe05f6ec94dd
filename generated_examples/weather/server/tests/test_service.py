"""Calls the weather server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from weather_client import Progress, ProtocolError, ToolError, WeatherClient

from weather_server.app import make_app


@pytest.fixture
async def client() -> AsyncIterator[WeatherClient]:
    """A client of the server, in memory: nothing listens, nothing is sent."""
    async with WeatherClient.in_memory(make_app()) as client:
        yield client


async def test_a_forecast_has_the_days_that_were_asked_for(
    client: WeatherClient,
) -> None:
    forecast = await client.get_forecast(city="oslo", days=14)
    assert forecast.city == "Oslo"
    assert len({day.date for day in forecast.days}) == 14
    assert all(day.low < day.high for day in forecast.days)


async def test_a_forecast_is_for_three_days_by_default(
    client: WeatherClient,
) -> None:
    assert len((await client.get_forecast(city="Cairo")).days) == 3


async def test_an_unknown_city_is_an_error_that_helps(
    client: WeatherClient,
) -> None:
    with pytest.raises(ToolError, match="did you mean Reykjavik"):
        await client.get_forecast(city="Reykjawik")


async def test_a_comparison_reports_its_progress(
    client: WeatherClient,
) -> None:
    reports: list[Progress] = []
    listening = client.with_options(progress=reports.append)
    result = await listening.compare_cities(cities=["Oslo", "Lima"])
    assert [report.message for report in reports] == [
        "Looking at Oslo",
        "Looking at Lima",
        "Done",
    ]
    assert "Lima: 15 °C" in str(result.content)


async def test_the_prompt_tells_the_climate(
    client: WeatherClient,
) -> None:
    prompt = await client.plan_trip_prompt(city="Tokyo", month="May")
    assert "I am going to Tokyo in May." in str(prompt.messages)


async def test_the_cities_can_be_read(
    client: WeatherClient,
) -> None:
    cities = await client.read_cities()
    assert "New York" in str(cities.contents)


async def test_the_climate_of_a_city_can_be_read(
    client: WeatherClient,
) -> None:
    climate = await client.read_city_climate(city="New York")
    months = json.loads(climate.model_dump()["contents"][0]["text"])
    assert [month["month"] for month in months][:2] == ["January", "February"]


async def test_the_climate_of_an_unknown_city_is_not_found(
    client: WeatherClient,
) -> None:
    with pytest.raises(ProtocolError, match="not found"):
        await client.read_city_climate(city="Atlantis")


async def test_cities_and_months_are_completed(
    client: WeatherClient,
) -> None:
    cities = await client.complete_prompt("plan_trip", "city", "l")
    assert cities.completion.values == ["Lima", "London"]
    months = await client.complete_prompt("plan_trip", "month", "Ju")
    assert months.completion.values == ["June", "July"]
    names = await client.complete_template("weather://cities/{city}", "city", "s")
    assert names.completion.values == ["Singapore", "Sydney"]
