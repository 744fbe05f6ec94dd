"""What the weather server offers: implement `WeatherService`.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from . import models
from .catalog import CATALOG
from .examples import EXAMPLES
from .revisions import REVISIONS
from .runtime.server import (
    CompletionReturn,
    Context,
    Contract,
    MaybeAwaitable,
    PromptBinding,
    PromptReturn,
    ResourceBinding,
    ResourceReturn,
    Service,
    StructuredReturn,
    TemplateBinding,
    ToolBinding,
    ToolReturn,
)


class WeatherService(Service):
    """Forecasts from the monthly climate normals of twelve cities."""

    @abstractmethod
    def get_forecast(
        self, args: models.GetForecastInput, ctx: Context
    ) -> MaybeAwaitable[StructuredReturn[models.GetForecastOutput]]:
        """The weather to expect in one city in the coming days. A city that is not
        known is an error that names similar ones.
        """

    @abstractmethod
    def compare_cities(
        self, args: models.CompareCitiesInput, ctx: Context
    ) -> MaybeAwaitable[ToolReturn]:
        """Compares the climate of cities over a year, with progress city by city."""

    @abstractmethod
    def plan_trip_prompt(
        self, args: models.PlanTripArguments, ctx: Context
    ) -> MaybeAwaitable[PromptReturn]:
        """Find out what to pack for a trip."""

    @abstractmethod
    def read_cities(self, ctx: Context) -> MaybeAwaitable[ResourceReturn]:
        """The names of all cities that are known."""

    @abstractmethod
    def read_city_climate(
        self, args: models.CityClimateVariables, ctx: Context
    ) -> MaybeAwaitable[ResourceReturn]:
        """The climate normals of one city, month by month."""

    @abstractmethod
    def complete_plan_trip_city(
        self, value: str, ctx: Context
    ) -> MaybeAwaitable[CompletionReturn]:
        """Values for the argument `city` of the prompt `plan_trip` that fit what is
        typed so far.
        """

    @abstractmethod
    def complete_city_climate_city(
        self, value: str, ctx: Context
    ) -> MaybeAwaitable[CompletionReturn]:
        """Values for the variable `city` of `weather://cities/{city}` that fit what is
        typed so far.
        """

    contract: ClassVar[Contract] = Contract(
        CATALOG,
        models,
        tools={
            "get_forecast": ToolBinding(
                "get_forecast", "GetForecastInput", "GetForecastOutput"
            ),
            "compare_cities": ToolBinding("compare_cities", "CompareCitiesInput"),
        },
        prompts={
            "plan_trip": PromptBinding(
                "plan_trip_prompt",
                "PlanTripArguments",
                complete={
                    "city": "complete_plan_trip_city",
                    "month": (
                        "January",
                        "February",
                        "March",
                        "April",
                        "May",
                        "June",
                        "July",
                        "August",
                        "September",
                        "October",
                        "November",
                        "December",
                    ),
                },
            ),
        },
        resources={"weather://cities": ResourceBinding("read_cities")},
        resource_templates={
            "weather://cities/{city}": TemplateBinding(
                "read_city_climate",
                "CityClimateVariables",
                complete={"city": "complete_city_climate_city"},
            ),
        },
        revisions=REVISIONS,
        examples=EXAMPLES,
    )
