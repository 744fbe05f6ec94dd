"""Modules of models that an earlier run made, so that a change costs what it touches.

Part of the models stage; knows no files.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from mcpgen.entries import Entries
from mcpgen.ir import Field, Json, Model, ModelsModule


@dataclass(frozen=True, slots=True)
class Made:
    """One module, what its classes hold, and their places in each schema."""

    module: ModelsModule
    models: dict[str, Model]
    places: dict[str, dict[str, str]]


class Memory(Entries):
    """The modules of earlier runs, and of this one."""

    def module(self, key: str) -> Made | None:
        """The module that was made from the same."""
        return self.find(key, _made)

    def keep_module(self, key: str, made: Made) -> None:
        """Remember a module."""
        self.keep(key, lambda: _entry(made))


def _entry(made: Made) -> list[Json]:
    models = [astuple(model) for model in made.models.values()]
    return [*astuple(made.module), models, made.places]


def _made(entry: Any) -> Made:
    (name, source, imports, bases, names, dicts, dicts_imports, dicts_names) = entry[:8]
    models, places = entry[8:]
    found = [
        Model(model, tuple(Field(*field) for field in fields), is_class)
        for model, fields, is_class in models
    ]
    # JSON has no tuples.
    module = ModelsModule(
        name,
        source,
        tuple(imports),
        tuple(bases),
        tuple(names),
        dicts,
        tuple(dicts_imports),
        tuple(dicts_names),
    )
    is_text = isinstance(source, str) and isinstance(dicts, str)
    if not is_text or [*module.names] != [model.name for model in found]:
        raise ValueError("not what was kept")
    inner = {root: dict(its) for root, its in places.items()}
    return Made(module, {model.name: model for model in found}, inner)
