"""Arguments that are validated against their schema and built, beside pydantic alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console

from benchmarks.scale import Scale
from benchmarks.tables import compared
from mcpgen.runtime.shared.model import Codec, Model
from mcpgen.runtime.shared.schema import SchemaValidator

_LOOPS = 2000
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


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    law = SchemaValidator(_SCHEMA)
    codec: Codec[Input] = Codec(Input)

    def both() -> None:
        if law.problems(_INSTANCE):
            raise RuntimeError("the instance is not valid")
        codec.build(_INSTANCE)

    ways: dict[str, Callable[[], object]] = {
        "pydantic alone": lambda: CheckedInput.model_validate(_INSTANCE),
        "mcpgen: JSON Schema, then the model": both,
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(scale.rounds + 1):
        for name, way in ways.items():
            before = time.process_time()
            for _ in range(_LOOPS):
                way()
            took[name].append((time.process_time() - before) / _LOOPS * 1e6)
    middle = {name: median(values) for name, values in took.items()}
    console.print(compared("validation", "CPU µs", middle, digits=2))
