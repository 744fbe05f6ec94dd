"""What the weather server does."""

from __future__ import annotations

import json
from calendar import month_name, monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Literal, TypeAlias

from .generated import Context, ResourceNotFound, ToolError, WeatherService, models

Sky: TypeAlias = Literal["clear", "cloudy", "rain", "snow"]


class Weather(WeatherService):
    """Forecasts from the monthly climate normals of twelve cities."""

    async def get_forecast(
        self, args: models.GetForecastInput, ctx: Context
    ) -> models.GetForecastOutput:
        """The climate normals of the coming days."""
        city = find(args.city)
        today = datetime.now(UTC).date()
        days = [today + timedelta(days=ahead) for ahead in range(args.days)]
        return models.GetForecastOutput(
            city=city.name, days=[expected(city, day) for day in days]
        )

    async def compare_cities(
        self, args: models.CompareCitiesInput, ctx: Context
    ) -> str:
        """A line for each city; its progress is streamed to clients that want it."""
        lines: list[str] = []
        for done, name in enumerate(args.cities):
            await ctx.progress(done, len(args.cities), f"Looking at {name}")
            lines.append(summary(find(name)))
        await ctx.progress(len(args.cities), len(args.cities), "Done")
        return "\n".join(lines)

    async def plan_trip_prompt(
        self, args: models.PlanTripArguments, ctx: Context
    ) -> str:
        """A question for a model, with what is known of the climate."""
        city = find(args.city)
        when = f" in {args.month}" if args.month else ""
        climate = "\n".join(months(city))
        return (
            f"I am going to {city.name}{when}. What should I pack?\n\n"
            f"The climate there:\n{climate}"
        )

    async def read_cities(self, ctx: Context) -> str:
        """The names as a JSON array."""
        return json.dumps(sorted(city.name for city in CITIES))

    async def read_city_climate(
        self, args: models.CityClimateVariables, ctx: Context
    ) -> str:
        """The normals as a JSON array of months."""
        try:
            city = find(args.city)
        except ToolError:
            raise ResourceNotFound from None
        rows = zip(city.lows, city.highs, city.wet_days, strict=True)
        return json.dumps(
            [
                {"month": month_name[number], "low": low, "high": high, "wetDays": wet}
                for number, (low, high, wet) in enumerate(rows, start=1)
            ]
        )

    async def complete_plan_trip_city(self, value: str, ctx: Context) -> list[str]:
        """The cities that begin with what is typed."""
        return beginning_with(value)

    async def complete_city_climate_city(self, value: str, ctx: Context) -> list[str]:
        """The cities that begin with what is typed."""
        return beginning_with(value)


@dataclass(frozen=True, slots=True)
class City:
    """A city's climate normals, January first.

    Attributes:
        name: The English name.
        lows: Mean daily minimum of each month, in degrees Celsius.
        highs: Mean daily maximum of each month, in degrees Celsius.
        wet_days: Days with rain or snow in each month.
    """

    name: str
    lows: tuple[int, ...]
    highs: tuple[int, ...]
    wet_days: tuple[int, ...]


CITIES = (
    City(
        "Berlin",
        (-2, -2, 1, 4, 9, 12, 14, 14, 10, 6, 2, -1),
        (3, 5, 9, 15, 20, 23, 25, 25, 20, 14, 8, 4),
        (10, 8, 9, 8, 9, 9, 9, 9, 8, 8, 9, 11),
    ),
    City(
        "Cairo",
        (9, 10, 12, 15, 18, 20, 22, 22, 21, 18, 14, 10),
        (19, 20, 24, 28, 32, 34, 35, 34, 33, 29, 25, 20),
        (4, 3, 2, 1, 1, 0, 0, 0, 0, 1, 1, 3),
    ),
    City(
        "Lima",
        (20, 20, 20, 18, 17, 16, 15, 15, 15, 16, 17, 18),
        (26, 27, 26, 25, 22, 20, 19, 18, 19, 20, 22, 24),
        (1, 0, 0, 0, 1, 1, 1, 2, 1, 0, 0, 0),
    ),
    City(
        "London",
        (3, 3, 4, 6, 9, 12, 14, 14, 12, 9, 5, 3),
        (8, 9, 12, 15, 18, 21, 24, 23, 20, 16, 11, 9),
        (12, 10, 9, 9, 8, 8, 8, 8, 8, 11, 11, 11),
    ),
    City(
        "Nairobi",
        (13, 13, 14, 15, 14, 12, 11, 11, 12, 14, 14, 14),
        (26, 27, 27, 25, 24, 23, 22, 23, 25, 26, 24, 25),
        (5, 4, 8, 14, 12, 4, 3, 4, 3, 6, 14, 8),
    ),
    City(
        "New York",
        (-3, -2, 2, 7, 12, 18, 21, 20, 16, 10, 5, 0),
        (4, 6, 10, 17, 22, 27, 30, 29, 25, 18, 12, 7),
        (11, 10, 11, 11, 12, 11, 11, 10, 9, 9, 9, 11),
    ),
    City(
        "Oslo",
        (-5, -5, -2, 2, 7, 11, 13, 12, 8, 4, 0, -4),
        (0, 1, 5, 11, 17, 20, 23, 21, 16, 10, 4, 1),
        (10, 8, 8, 8, 8, 10, 10, 11, 9, 11, 11, 10),
    ),
    City(
        "Reykjavik",
        (-2, -2, -2, 1, 4, 7, 9, 9, 6, 3, 0, -2),
        (3, 3, 4, 6, 10, 13, 15, 14, 11, 7, 5, 3),
        (15, 15, 14, 12, 11, 10, 10, 12, 14, 14, 14, 15),
    ),
    City(
        "Rome",
        (3, 4, 6, 8, 13, 16, 19, 19, 16, 12, 8, 4),
        (12, 13, 16, 19, 24, 28, 31, 31, 27, 22, 17, 13),
        (7, 7, 7, 8, 6, 4, 2, 3, 6, 8, 10, 8),
    ),
    City(
        "Singapore",
        (24, 25, 25, 25, 26, 26, 25, 25, 25, 25, 24, 24),
        (31, 32, 32, 32, 32, 32, 31, 31, 31, 32, 31, 31),
        (13, 9, 13, 15, 15, 13, 14, 14, 13, 15, 19, 19),
    ),
    City(
        "Sydney",
        (20, 20, 18, 15, 12, 10, 9, 10, 12, 14, 16, 18),
        (27, 27, 25, 23, 21, 18, 17, 19, 21, 23, 24, 26),
        (8, 9, 10, 9, 9, 9, 7, 6, 6, 8, 8, 8),
    ),
    City(
        "Tokyo",
        (1, 2, 5, 10, 15, 19, 23, 24, 21, 15, 9, 4),
        (10, 11, 14, 19, 24, 26, 30, 31, 28, 22, 17, 12),
        (5, 6, 10, 10, 10, 12, 11, 8, 12, 10, 7, 5),
    ),
)


def find(name: str) -> City:
    """The city of that name; raises `ToolError` with similar names."""
    known = {city.name.casefold(): city for city in CITIES}
    wanted = " ".join(name.split()).casefold()
    if wanted in known:
        return known[wanted]
    similar = [known[key].name for key in get_close_matches(wanted, known, cutoff=0.5)]
    hint = (
        f"did you mean {' or '.join(similar)}?"
        if similar
        else "the resource 'cities' lists them"
    )
    raise ToolError(f"There is no city called {name!r}: {hint}")


def beginning_with(text: str) -> list[str]:
    """The names of the cities that begin with `text`, in any case."""
    names = (city.name for city in CITIES)
    return [name for name in names if name.casefold().startswith(text.casefold())]


def expected(city: City, day: date) -> models.GetForecastOutputDaysItem:
    """What a day is like, by the normals of its month and the nearest other one."""
    month = day.month - 1
    length = monthrange(day.year, day.month)[1]
    # -0.5 on the month's first day, 0 in its middle, 0.5 on its last.
    offset = (day.day - (length + 1) / 2) / length
    other = (month + (1 if offset > 0 else -1)) % 12

    def between(values: tuple[int, ...]) -> float:
        share = abs(offset)
        return round(values[month] * (1 - share) + values[other] * share, 1)

    high = between(city.highs)
    return models.GetForecastOutputDaysItem(
        date=day.isoformat(),
        low=between(city.lows),
        high=high,
        sky=sky(day, city.wet_days[month] / length, high),
    )


def sky(day: date, wet: float, high: float) -> Sky:
    """A sky that keeps to the share of wet days; the same day has the same one."""
    # Multiples of the golden ratio spread evenly between 0 and 1.
    spread = day.toordinal() * 0.6180339887 % 1
    if spread < wet:
        return "snow" if high < 2 else "rain"
    return "cloudy" if spread < (1 + wet) / 2 else "clear"


def summary(city: City) -> str:
    """A city's year in one line."""
    warmest = max(city.highs)
    coldest = min(city.lows)
    return (
        f"{city.name}: {coldest} °C in {month_name[city.lows.index(coldest) + 1]} to "
        f"{warmest} °C in {month_name[city.highs.index(warmest) + 1]}, "
        f"{sum(city.wet_days)} wet days a year"
    )


def months(city: City) -> Iterator[str]:
    """A line for each month."""
    rows = zip(city.lows, city.highs, city.wet_days, strict=True)
    for number, (low, high, wet) in enumerate(rows, start=1):
        yield f"- {month_name[number]}: {low} to {high} °C, {wet} wet days"
