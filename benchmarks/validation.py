"""JSON that is validated against its schema and built, beside pydantic alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console

from benchmarks.scale import Scale
from benchmarks.tables import compared
from mcpgen.runtime.core.model import Codec, Model
from mcpgen.runtime.core.schema.validator import SchemaValidator

GOAL = 2
"""How often pydantic's time both may take together."""

_TEXT = {"type": "string", "minLength": 1}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": _TEXT,
        "owner": {
            "type": "object",
            "properties": {"id": _TEXT, "email": {"type": ["string", "null"]}},
            "required": ["id"],
        },
        "labels": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 5},
    },
    "required": ["title", "owner"],
}
_INSTANCE = {
    "title": "boat",
    "owner": {"id": "x", "email": "x@example.org"},
    "labels": ["a", "b", "c"],
    "limit": 7,
}


class Owner(Model):
    """As mcpgen generates it."""

    id: str
    email: str | None = None


class Input(Model):
    """As mcpgen generates it."""

    title: str
    owner: Owner
    labels: list[str] = []  # noqa: RUF012  # pydantic copies it
    limit: int = 5


class CheckedOwner(BaseModel):
    """As it is written by hand, constraints included."""

    model_config = ConfigDict(strict=True)

    id: str = Field(min_length=1)
    email: str | None = None


class CheckedInput(BaseModel):
    """As it is written by hand, constraints included."""

    model_config = ConfigDict(strict=True)

    title: str = Field(min_length=1)
    owner: CheckedOwner
    labels: list[str] = Field(default_factory=list[str], max_length=20)
    limit: int = Field(default=5, ge=1, le=100)


_MANY: dict[str, Any] = {
    "type": "object",
    "properties": {"boats": {"type": "array", "items": _SCHEMA}},
    "required": ["boats"],
}
_MANY_INSTANCE = {"boats": [_INSTANCE] * 100}


class Many(Model):
    """As mcpgen generates it."""

    boats: list[Input]


class CheckedMany(BaseModel):
    """As it is written by hand."""

    model_config = ConfigDict(strict=True)

    boats: list[CheckedInput]


def measured(scale: Scale) -> dict[str, dict[str, float]]:
    """CPU microseconds of each way, for small arguments and for a large result."""
    return {
        "arguments": _compared(
            scale, 2000, _SCHEMA, _INSTANCE, Codec(Input), CheckedInput
        ),
        "a result with 100 objects": _compared(
            scale, 50, _MANY, _MANY_INSTANCE, Codec(Many), CheckedMany
        ),
    }


def _compared(
    scale: Scale,
    loops: int,
    schema: dict[str, Any],
    instance: object,
    codec: Codec[Any],
    checked: type[BaseModel],
) -> dict[str, float]:
    law = SchemaValidator(schema)

    def both() -> None:
        if law.problems(instance):
            raise RuntimeError("the instance is not valid")
        codec.build(instance)

    ways: dict[str, Callable[[], object]] = {
        "pydantic alone": lambda: checked.model_validate(instance),
        "mcpgen: JSON Schema, then the model": both,
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(scale.rounds + 1):
        for name, way in ways.items():
            before = time.process_time()
            for _ in range(loops):
                way()
            took[name].append((time.process_time() - before) / loops * 1e6)
    return {name: median(values) for name, values in took.items()}


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    for what, values in measured(scale).items():
        title = f"validation of {what} (goal: {GOAL})"
        console.print(compared(title, "CPU µs", values, digits=2))
