"""A JSON Schema document: the schemas inside it, and where its references lead.

Shared by the generator, server and client; data only. Nothing is ever fetched.
https://json-schema.org/draft/2020-12/json-schema-core
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeGuard
from urllib.parse import quote, unquote, urljoin

from ..catalog import Json

ONE: Final = frozenset(
    {
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
"""Keywords whose value is a schema."""

LIST: Final = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""

MAP: Final = frozenset(
    {
        "$defs",
        "definitions",
        "dependencies",
        "dependentSchemas",
        "patternProperties",
        "properties",
    }
)
"""Keywords whose value is an object of schemas."""

IN_PLACE: Final = frozenset(
    {
        *("allOf", "anyOf", "dependencies", "dependentSchemas", "else", "if", "not"),
        *("oneOf", "then"),
    }
)
"""Keywords whose schemas apply to the same value as the schema that they stand in."""

KEYWORDS: Final = frozenset({"$dynamicRef", "$recursiveRef", "$ref"})
_SAFE: Final = "%/:?#@!$&'()*+,;=~"
_SAFE_IN_FRAGMENT: Final = "%/:?@!$&'()*+,;=~"

Place: TypeAlias = "tuple[Place, tuple[str | int, ...]] | None"
"""Where a part of a document is: the place of the part around it, and keys from there."""


def below(keyword: str, value: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """The schemas behind a keyword, each with the keys that lead to it from there."""
    if isinstance(value, Mapping):
        if keyword in MAP:
            yield from (((name,), child) for name, child in value.items())
        elif keyword in ONE:
            yield (), value
    elif keyword in LIST and isinstance(value, list | tuple):
        yield from (((index,), child) for index, child in enumerate(value))


def encoded(schema: Any) -> Any:
    """A copy of a JSON Schema whose references are valid URI references.

    Some generators of JSON Schema write names into fragments as they are, such as
    `#/properties/last name`. Here, these names are percent-encoded.
    """
    if not is_object(schema):
        return schema
    return {key: _keyword(key, value) for key, value in schema.items()}


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def is_array(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)


def _keyword(keyword: str, value: Any) -> Any:
    if keyword in KEYWORDS and isinstance(value, str):
        address, mark, fragment = value.partition("#")
        return quote(address, _SAFE) + mark + quote(fragment, _SAFE_IN_FRAGMENT)
    if keyword in MAP and is_object(value):
        return {name: encoded(child) for name, child in value.items()}
    if keyword in LIST and is_array(value):
        return [encoded(child) for child in value]
    return encoded(value) if keyword in ONE else value


class Document:
    """The parts of one schema document, and where its references lead."""

    def __init__(self, root: Json) -> None:
        self.root = root
        self.parts: list[Mapping[str, Json]] = []
        """Every subschema that is an object, the document itself first."""
        self._places: dict[int, Place] = {}
        self._anchors: dict[str, list[Json]] = {}
        self._resources: dict[str, list[Json]] = {"": [root]}
        self._targets: dict[str, list[Json]] = {}
        waiting: list[tuple[Json, Place, str]] = [(root, None, "")]
        while waiting:
            part, place, base = waiting.pop()
            if not is_object(part):
                continue
            self.parts.append(part)
            self._places.setdefault(id(part), place)
            if isinstance(own := part.get("$id", part.get("id")), str):
                base = urljoin(base, own).removesuffix("#")
                self._resources.setdefault(base, []).append(part)
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(name := part.get(keyword), str):
                    self._anchors.setdefault(name, []).append(part)
            waiting.extend(
                (child, (place, (keyword, *keys)), base)
                for keyword, value in part.items()
                for keys, child in below(keyword, value)
            )

    def targets(self, reference: Json) -> list[Json]:
        """What a reference may lead to; empty where it leads out of the document.

        More than one where it depends on resources, which are not distinguished.
        """
        reference = str(reference)
        if reference not in self._targets:
            self._targets[reference] = self._find(reference)
        return self._targets[reference]

    def _find(self, reference: str) -> list[Json]:
        address, _, fragment = reference.partition("#")
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self._anchors.get(fragment, [])
        bases = {urljoin(base, address) for base in self._resources if address}
        known = [base for base in self._resources if base in bases]
        homes = [
            home for base in known or self._resources for home in self._resources[base]
        ]
        if address and len(self._resources) == 1:
            return []
        escaped = fragment.split("/")[1:]
        keys = [key.replace("~1", "/").replace("~0", "~") for key in escaped]
        found = (self.at(home, keys) for home in homes)
        return [target for target in found if target is not None]

    def resolved(self, schema: Json) -> Json:
        """What stands at the end of references alone; else the schema itself."""
        for _ in range(8):
            if not is_object(schema) or "$ref" not in schema:
                break
            targets = self.targets(schema["$ref"])
            if not targets or "properties" in schema or "type" in schema:
                break
            schema = targets[0]
        return schema

    @staticmethod
    def at(found: Json, keys: Sequence[str | int]) -> Json:
        """What is below some part of a document; None if there is nothing."""
        for key in keys:
            if is_object(found):
                found = found.get(str(key))
            elif is_array(found) and str(key).isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                return None
        return found

    def has(self, schema: Json) -> bool:
        """Whether a schema is one of the document's parts."""
        return id(schema) in self._places

    def pointer(self, part: Json) -> str:
        """The JSON pointer of a part, percent-encoded."""
        place = self._places[id(part)]
        steps: list[str] = []
        while place is not None:
            place, keys = place
            escaped = (str(key).replace("~", "~0").replace("/", "~1") for key in keys)
            steps.append("".join(f"/{quote(key, safe='~')}" for key in escaped))
        return "".join(reversed(steps))
