"""Why a value is not valid: problems with paths, found in bounded work.

Used where a value has already been refused by the compiled validator of its schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .bulk import Bulk
from .keywords import Compiled
from .references import References, draft_of
from .render import Rendering
from .walk import Plans, Walk
from .words import Json, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema_rs import Validator


class Explainer:
    """Explains what one schema does not admit; threads may share it.

    Args:
        schema: The JSON Schema document.
        compiler: Compiles a schema, given a registry of further ones or None.
    """

    def __init__(
        self, schema: Json, compiler: Callable[[Json, Any], Validator]
    ) -> None:
        self._schema = schema
        self._plans = Plans(draft_of(schema))
        self._references = References(schema)
        named = {"$schema": schema["$schema"]} if "$schema" in _members(schema) else {}
        self._compiled = Compiled(lambda part: compiler({**named, **part}, None))
        self._bulk = Bulk(schema, compiler)

    def problems(self, value: Json, limit: int) -> list[tuple[str, str]]:
        """Paths and reasons, `limit` at most; a last one is about those left out.

        Never empty, and the same for the same value.
        """
        walk = Walk(
            self._schema, self._references, self._compiled, self._bulk, self._plans
        )
        try:
            return Rendering(walk).problems(walk.run(value), limit)
        except RecursionError:
            return [("", "is not valid")]


def _members(schema: Json) -> Any:
    return schema if is_object(schema) else {}
