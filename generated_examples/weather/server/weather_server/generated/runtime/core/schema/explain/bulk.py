"""Picks the invalid ones among many parts of a value, with the compiled validator.

It decides on a part a hundred times as fast as an evaluation that finds reasons. Only
schemas that mean the same wherever they stand are compiled alone: not where `$id` or
dynamic references change what a reference means, nor with `unevaluated…`, which takes
the compiler long.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote

from ..references import encoded
from ..subschemas import below
from .keywords import written_out
from .words import Json, is_object

if TYPE_CHECKING:
    from jsonschema_rs import Validator

    from .walk import Walk

MAX_SCHEMAS: Final = 1_500
"""Schemas in a document whose parts are compiled alone."""
MAX_SPELLED: Final = 20_000
"""Characters of its patterns with their repetitions written out."""
MAX_VALIDATORS: Final = 16
"""Parts of a schema that stay compiled."""
MAX_PASSES: Final = 2
"""How often one explanation looks through the same, or through nested parts."""
MAX_INVALID: Final = 1_000
"""Invalid parts of one array or object that are picked."""
_CHUNK: Final = 512

Key: TypeAlias = str | int
_URI: Final = "urn:mcpgen:schema"
_MOVING: Final = frozenset(
    {
        *("$dynamicRef", "$id", "$recursiveRef", "id"),
        *("unevaluatedItems", "unevaluatedProperties"),
    }
)
Path: TypeAlias = "tuple[Path, tuple[str | int, ...]] | None"


class Bulk:
    """Validators for parts of one schema; threads may share it."""

    def __init__(
        self, schema: Json, compiler: Callable[[Json, Any], Validator]
    ) -> None:
        self._schema = schema
        self._compile = compiler
        self._made: OrderedDict[int, Validator | None] = OrderedDict()
        self._places: dict[int, Path] | None = None
        self._registry: Any = None

    def invalid(
        self, schema: Json, container: Json, keys: Sequence[Key], walk: Walk
    ) -> list[Key] | None:
        """The keys of parts that are not valid; None where that is not known.

        One more than `MAX_INVALID` at most.
        """
        passes = walk.passes.get(id(container), 0)
        walk.passes[id(container)] = passes + 1
        validator = self._validator(schema) if passes < MAX_PASSES else None
        if validator is None:
            return None
        walk.spend(10 + len(self._places or ()))
        found: list[Key] = []
        for start in range(0, len(keys), _CHUNK):
            if walk.is_over:
                walk.is_incomplete = True
                break
            chunk = keys[start : start + _CHUNK]
            for key in _picked(validator, container, chunk, walk):
                found.append(key)
                if len(found) > MAX_INVALID:
                    return found
        return found

    def _validator(self, schema: Json) -> Validator | None:
        if self._places is None:
            self._places = _places(self._schema)
        if id(schema) not in self._places:
            return None
        validator = self._made.get(id(schema))
        if validator is None and id(schema) not in self._made:
            validator = self._made[id(schema)] = self._make(
                _pointer(self._places[id(schema)])
            )
            if len(self._made) > MAX_VALIDATORS:
                self._made.popitem(last=False)
        return validator

    def _make(self, pointer: str) -> Validator | None:
        from jsonschema_rs import ReferencingError, Registry

        made: dict[str, Json] = {"items": {"$ref": f"{_URI}#{pointer}"}}
        if is_object(self._schema) and "$schema" in self._schema:
            made["$schema"] = self._schema["$schema"]
        try:
            if self._registry is None:
                self._registry = Registry([(_URI, encoded(self._schema))])
            return self._compile(made, self._registry)
        except (ValueError, ReferencingError):
            return None


def _picked(
    validator: Validator, container: Json, keys: Sequence[Key], walk: Walk
) -> Iterator[Key]:
    """The keys of invalid parts in their order; none if all are valid together."""
    walk.spend(2)
    if walk.is_over or validator.is_valid(_values(container, keys)):
        return
    walk.spend(len(keys) >> 4)
    for key in keys:
        if not validator.is_valid([container[key]]):
            yield key


def _values(container: Json, keys: Sequence[Key]) -> list[Json]:
    if isinstance(keys, range):
        some: list[Json] = container[keys.start : keys.stop]
        return some
    return [container[key] for key in keys]


def _places(document: Json) -> dict[int, Path]:
    """The path to each schema; nothing where parts can't be compiled alone, or slowly."""
    found: dict[int, Path] = {}
    waiting: list[tuple[Json, Path]] = [(document, None)]
    spelled = 0
    while waiting:
        schema, path = waiting.pop()
        if not is_object(schema):
            continue
        found[id(schema)] = path
        spelled += sum(map(written_out, schema.get("patternProperties", ())))
        spelled += written_out(schema.get("pattern", ""))
        if len(found) > MAX_SCHEMAS or spelled > MAX_SPELLED or schema.keys() & _MOVING:
            return {}
        waiting.extend(
            (inner, (path, (keyword, *keys)))
            for keyword, value in schema.items()
            for keys, inner in below(keyword, value)
        )
    return found


def _pointer(path: Path) -> str:
    steps: list[str] = []
    while path is not None:
        path, keys = path
        escaped = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
        steps.append("".join(f"/{quote(key, safe='~')}" for key in escaped))
    return "".join(reversed(steps))
