"""Typed access to the weather server.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .catalog import CATALOG
from .revisions import REVISIONS
from .runtime.client import OMIT, Client, Omit, SyncClient

if TYPE_CHECKING:
    from typing import Unpack

    from . import models
    from .runtime.client import ClientOptions
    from .runtime.protocol.types import (
        CallToolResult,
        GetPromptResult,
        ReadResourceResult,
    )
else:
    from .runtime.core.lazy import LazyModule

    models = LazyModule(__package__, "models")


class WeatherClient(Client):
    """Forecasts from the monthly climate normals of twelve cities."""

    catalog = CATALOG
    _revisions = REVISIONS

    @classmethod
    def sync(cls, url: str, **options: Unpack[ClientOptions]) -> SyncWeatherClient:
        """The same client without asyncio: each method waits for its result."""
        return SyncWeatherClient(cls(url, **options))

    async def get_forecast(
        self, *, city: str, days: int | Omit = OMIT
    ) -> models.GetForecastOutput:
        """The weather to expect in one city in the coming days. A city that is not
        known is an error that names similar ones.

        Args:
            city: The city's English name, for example Oslo.
            days: How many days, today included.
        """
        return await self._call(
            "get_forecast", {"city": city, "days": days}, models.GetForecastOutput
        )

    async def compare_cities(self, *, cities: list[str]) -> CallToolResult:
        """Compares the climate of cities over a year, with progress city by city.

        Args:
            cities: The cities' English names.
        """
        return await self._call("compare_cities", {"cities": cities})

    async def plan_trip_prompt(
        self, *, city: str, month: str | Omit = OMIT
    ) -> GetPromptResult:
        """Find out what to pack for a trip.

        Args:
            city: Where the trip goes.
            month: The month's English name.
        """
        return await self._get_prompt("plan_trip", {"city": city, "month": month})

    async def read_cities(self) -> ReadResourceResult:
        """The names of all cities that are known."""
        return await self._read_resource("weather://cities")

    async def read_city_climate(self, *, city: str) -> ReadResourceResult:
        """The climate normals of one city, month by month."""
        return await self._read_template("weather://cities/{city}", {"city": city})


class SyncWeatherClient(SyncClient):
    """The same methods without asyncio: each waits for its result."""

    _client_class = WeatherClient

    def get_forecast(
        self, *, city: str, days: int | Omit = OMIT
    ) -> models.GetForecastOutput:
        """The weather to expect in one city in the coming days. A city that is not
        known is an error that names similar ones.

        Args:
            city: The city's English name, for example Oslo.
            days: How many days, today included.
        """
        return self._call(
            "get_forecast", {"city": city, "days": days}, models.GetForecastOutput
        )

    def compare_cities(self, *, cities: list[str]) -> CallToolResult:
        """Compares the climate of cities over a year, with progress city by city.

        Args:
            cities: The cities' English names.
        """
        return self._call("compare_cities", {"cities": cities})

    def plan_trip_prompt(
        self, *, city: str, month: str | Omit = OMIT
    ) -> GetPromptResult:
        """Find out what to pack for a trip.

        Args:
            city: Where the trip goes.
            month: The month's English name.
        """
        return self._get_prompt("plan_trip", {"city": city, "month": month})

    def read_cities(self) -> ReadResourceResult:
        """The names of all cities that are known."""
        return self._read_resource("weather://cities")

    def read_city_climate(self, *, city: str) -> ReadResourceResult:
        """The climate normals of one city, month by month."""
        return self._read_template("weather://cities/{city}", {"city": city})
