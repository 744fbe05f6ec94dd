"""Modules of models that an earlier run made, so that a change costs what it touches.

Part of the models stage; knows no files. A module is remembered by everything that it
was made from, so it is never stale: it is the same, or it is made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from mcpgen.ir import Field, Json, Model, ModelsModule


@dataclass(frozen=True, slots=True)
class Made:
    """One module, and what its classes hold."""

    module: ModelsModule
    models: dict[str, Model]


class Memory:
    """What is known from earlier runs, and what later ones should know.

    Attributes:
        kept: All that this run used or made, by key, as JSON.
        is_changed: Whether that is anything else than what was known.
    """

    def __init__(self, salt: str, known: Mapping[str, Json] | None = None) -> None:
        """Begin a run.

        Args:
            salt: Changes with everything but schemas that shapes modules.
            known: What an earlier run kept; entries that are no modules count as absent.
        """
        self._salt = salt
        self._known = dict(known or {})
        self.kept: dict[str, Json] = {}

    @property
    def is_changed(self) -> bool:
        return self.kept.keys() != self._known.keys()

    def key(self, parts: Iterable[Json]) -> str:
        """The key of what is made from JSON values."""
        text = json.dumps([self._salt, *parts])
        return hashlib.sha256(text.encode()).hexdigest()

    def find(self, key: str) -> Made | None:
        """What was made from the same."""
        try:
            return _made(self._known[key])
        except (KeyError, TypeError, ValueError):
            # What is no entry must not be kept in its place.
            self._known.pop(key, None)
            return None

    def keep(self, key: str, made: Made) -> None:
        """Remember what was made."""
        if key in self._known:
            self.kept[key] = self._known[key]
            return
        models = [astuple(model) for model in made.models.values()]
        self.kept[key] = [*astuple(made.module), models]


def _made(entry: Any) -> Made:
    name, source, imports, bases, names, dicts, dicts_imports, dicts_names, models = (
        entry
    )
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
    return Made(module, {model.name: model for model in found})
