"""How much work the validator has to compile a JSON Schema, estimated beforehand.

Shared by the generator, server and client. For every `unevaluatedProperties` and
`unevaluatedItems`, jsonschema-rs compiles each path of `$ref` and `allOf` that starts
beside it, again for each further one on the path: their number is exponential.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias, TypeGuard
from urllib.parse import unquote

from ..catalog import Json
from .subschemas import below

MAX_STEPS: Final = 20_000
"""Subschemas that all `unevaluated*` of a schema may lead to, counted once for each path;
at most 30 microseconds each."""

TOO_EXPENSIVE: Final = (
    "`unevaluatedProperties` and `unevaluatedItems` lead over references to more than "
    f"{MAX_STEPS:,} subschemas"
)

_UNEVALUATED: Final = frozenset({"unevaluatedItems", "unevaluatedProperties"})
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_NAMES: Final = ("$anchor", "$dynamicAnchor")
_IN_PLACE: Final = (
    "allOf",
    "anyOf",
    "dependentSchemas",
    "else",
    "if",
    "not",
    "oneOf",
    "then",
    *_UNEVALUATED,
)


_Step: TypeAlias = tuple[str, Mapping[str, Json]]
"""A schema, and the reference that leads to it; empty where it stands inside."""


def is_expensive(schema: Json) -> bool:
    """Whether compiling a schema would take more than `MAX_STEPS`."""
    sources: list[Mapping[str, Json]] = []
    named: dict[str, Mapping[str, Json]] = {}
    has_references = False
    for part in _parts(schema):
        if not _UNEVALUATED.isdisjoint(part):
            sources.append(part)
        has_references = has_references or not part.keys().isdisjoint(_REFERENCES)
        for name in (part.get(key) for key in _NAMES):
            if isinstance(name, str):
                named[f"#{name}"] = part
        if isinstance(own := part.get("$id"), str):
            named[own] = part
    if not sources or not has_references:
        return False
    return _exceeds(schema, sources, named)


def _exceeds(
    root: Json,
    sources: list[Mapping[str, Json]],
    named: Mapping[str, Mapping[str, Json]],
) -> bool:
    """Follow every path from the sources, as long as the steps last."""
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
                following = list(_next(part, root, named))
                # A second time for the keyword of its own.
                times = 1 if _UNEVALUATED.isdisjoint(part) else 2
                around[id(part)] = following * times
            path.append((reference, iter(around[id(part)])))
    return False


def _next(
    part: Mapping[str, Json], root: Json, named: Mapping[str, Mapping[str, Json]]
) -> Iterator[_Step]:
    """The schemas that apply to the same value as another one."""
    for keyword in _REFERENCES:
        text = part.get(keyword)
        target = _target(text, root, named) if isinstance(text, str) else None
        if _is_object(target):
            yield str(text), target
    for keyword in _IN_PLACE:
        for _, child in below(keyword, part.get(keyword)):
            if _is_object(child):
                yield "", child


def _target(text: str, root: Json, named: Mapping[str, Mapping[str, Json]]) -> Json:
    """What a reference leads to; None where it leads nowhere that is known."""
    address, _, fragment = text.partition("#")
    if fragment and not fragment.startswith("/"):
        return named.get(f"#{unquote(fragment)}")
    found: Json = named.get(address) if address else root
    for key in unquote(fragment).split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")
        if _is_object(found):
            found = found.get(key)
        elif isinstance(found, list | tuple) and key.isdecimal():
            found = found[int(key)] if int(key) < len(found) else None
        else:
            return None
    return found


def _parts(schema: Json) -> Iterator[Mapping[str, Json]]:
    """Every subschema that is an object."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if _is_object(part):
            yield part
            for keyword, value in part.items():
                waiting.extend(child for _, child in below(keyword, value))


def _is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(value, Mapping)
