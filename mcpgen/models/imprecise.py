"""Places where a type says less than its JSON Schema, for people to know of.

Part of the models stage. Such a place is never wrong: its type admits more, and the
validator judges by the schema. But nobody should have to find out by reading types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from mcpgen.ir import Json

from .documents import Document, Schema

Pointer: TypeAlias = tuple[str | int, ...]

TOO_DEEP: Final = "it is nested too deeply for a type to show"
TOO_MANY: Final = "it has more branches than a type can show"
IMPOSSIBLE: Final = "no value can be valid here"
CONTAINERS: Final = "objects and arrays in an enumeration are shown by their kind alone"
OTHER_BRANCHES: Final = "not every branch says what it is"
FURTHER_KEYS: Final = "keys beside the named ones have values without a type"
DYNAMIC: Final = "its $dynamicRef has several targets"
ITSELF: Final = "its $ref leads to nothing but itself"
NO_ITEMS: Final = "its items have no schema"
OTHER_KEYS: Final = "keys that match no pattern may have any value"
UNEVALUATED: Final = "what `unevaluated*` says depends on the branches taken"


@dataclass(frozen=True, slots=True)
class Imprecise:
    """A place in a JSON Schema document whose Python type is, or holds, `Any`.

    Attributes:
        pointer: The path of the place in the document.
        reason: Why there is no exact type; None where the schema itself says none.
    """

    pointer: Pointer
    reason: str | None


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as the reader knows it: a subschema that stands in another one."""

    schema: Schema
    around: dict[str, Json] | None = None
    steps: Pointer = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A finding of the reader at a spot."""

    spot: Spot
    reason: str | None


def located(document: Document, notes: list[Note]) -> Iterator[Imprecise]:
    """The notes with the paths of their places, each once.

    Schemas that the reader has put together itself have none, nor has what surrounds
    them; the document's root stands for these.
    """
    pointers = document.pointers()
    found: dict[Imprecise, None] = {}
    for note in notes:
        spot = note.spot
        pointer = pointers.get(id(spot.schema))
        if pointer is None and spot.around is not None:
            around = pointers.get(id(spot.around))
            pointer = None if around is None else (*around, *spot.steps)
        found[Imprecise(pointer or (), note.reason)] = None
    yield from found
