"""How much work the validator has to compile a JSON Schema, estimated beforehand.

Shared by the generator, server and client. For every `unevaluatedProperties` and
`unevaluatedItems`, jsonschema-rs compiles each path of `$ref` and `allOf` that starts
beside it, again for each further one on the path: their number is exponential.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from ..catalog import Json
from .references import KEYWORDS, Document, is_object
from .subschemas import IN_PLACE, below

MAX_STEPS: Final = 20_000
"""Subschemas that all `unevaluated*` of a schema may lead to, counted once for each path;
at most 30 microseconds each."""

TOO_EXPENSIVE: Final = (
    "`unevaluatedProperties` and `unevaluatedItems` lead over references to more than "
    f"{MAX_STEPS:,} subschemas"
)

_UNEVALUATED: Final = frozenset({"unevaluatedItems", "unevaluatedProperties"})

_Step: TypeAlias = tuple[str, Mapping[str, Json]]
"""A schema, and the reference that leads to it; empty where it stands inside."""


def is_expensive(schema: Json) -> bool:
    """Whether compiling a schema would take more than `MAX_STEPS`."""
    document = Document(schema)
    sources = [part for part in document.parts if not _UNEVALUATED.isdisjoint(part)]
    if not sources or all(KEYWORDS.isdisjoint(part) for part in document.parts):
        return False
    left = MAX_STEPS
    around: dict[int, list[_Step]] = {}
    for source in sources:
        path: list[tuple[str, Iterator[_Step]]] = [("", iter((("", source),)))]
        while path:
            reference, part = next(path[-1][1], (None, source))
            if reference is None:
                path.pop()
                continue
            left -= 1
            if left < 0:
                return True
            # The same object may stand in several places: a reference is what closes a
            # circle.
            if reference and any(reference == each for each, _ in path):
                continue
            if id(part) not in around:
                following = list(_next(part, document))
                # A second time for the keyword of its own.
                times = 1 if _UNEVALUATED.isdisjoint(part) else 2
                around[id(part)] = following * times
            path.append((reference, iter(around[id(part)])))
    return False


def _next(part: Mapping[str, Json], document: Document) -> Iterator[_Step]:
    """The schemas that apply to the same value as another one."""
    for keyword in KEYWORDS & part.keys():
        for target in document.targets(part[keyword]):
            if is_object(target):
                yield str(part[keyword]), target
    for keyword in (*IN_PLACE, *_UNEVALUATED):
        for _, child in below(keyword, part.get(keyword)):
            if is_object(child):
                yield "", child
