"""The types of what the weather server takes and gives.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import Literal

from .runtime.core.model import Model, absent


class GetForecastInput(Model):
    city: str
    """The city's English name, for example Oslo."""
    days: int = 3
    """How many days, today included."""


class GetForecastOutputDaysItem(Model):
    date: str
    low: int | float
    """Degrees Celsius."""
    high: int | float
    """Degrees Celsius."""
    sky: Literal["clear", "cloudy", "rain", "snow"]


class GetForecastOutput(Model):
    city: str
    days: list[GetForecastOutputDaysItem]


class CompareCitiesInput(Model):
    cities: list[str]
    """The cities' English names."""


class PlanTripArguments(Model):
    city: str
    """Where the trip goes."""
    month: str | None = absent()
    """The month's English name."""


class CityClimateVariables(Model):
    city: str
