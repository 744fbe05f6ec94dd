"""One JSON Schema document and the places inside it that a `$ref` can name.

Part of the models stage. Looks at keyword positions only, so that a property called
`$ref` or `items` is never taken for the keyword. Nothing outside the document is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, TypeAlias, TypeGuard
from urllib.parse import unquote, urldefrag, urljoin

from mcpgen.diagnostics import MCPGenError
from mcpgen.ir import Json

Schema: TypeAlias = dict[str, Json] | bool

MAX_NODES: Final = 50_000
"""Subschemas that one document may have."""
MAX_DEPTH: Final = 400
"""Levels of subschemas inside subschemas that one document may have."""
MAX_EVALUATIONS: Final = 100_000
"""Subschemas that a validator may have to look at for one value: `$ref` and `allOf` can
double their number at each step."""

_MAPS: Final = (
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "dependencies",
)
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SINGLES: Final = (
    "items",
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_IN_PLACE_LISTS: Final = ("allOf", "anyOf", "oneOf")
_IN_PLACE_SINGLES: Final = ("else", "if", "not", "then")
_DRAFTS: Final = {
    "/draft-03/": 3,
    "/draft-04/": 4,
    "/draft-06/": 6,
    "/draft-07/": 7,
    "/2019-09/": 2019,
    "/2020-12/": 2020,
}
_SINCE: Final = {"const": 6, "if": 7, "unevaluatedItems": 2019, "prefixItems": 2020}
_SINCE_AND_UNTIL: Final = {"$recursiveRef": 2019, "$dynamicRef": 2020}
REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
"""The keywords that put another schema in this one's place, or beside it."""
_META_SCHEMA: Final[Schema] = {"type": ["object", "boolean"]}
"""What a type can say of JSON Schemas themselves."""
_META_SCHEMAS: Final = ("http://json-schema.org/", "https://json-schema.org/")


def is_object(value: object) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Json]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def is_schema(value: object) -> TypeGuard[Schema]:
    """Whether a value can stand where a schema is wanted."""
    return isinstance(value, (dict, bool))


def subschema(schema: dict[str, Json], keyword: str) -> Schema | None:
    """The schema behind a keyword, None where there is none."""
    value = schema.get(keyword)
    return value if is_schema(value) else None


def schema_map(schema: dict[str, Json], keyword: str) -> dict[str, Schema]:
    """The named schemas behind a keyword such as `properties`."""
    value = schema.get(keyword)
    if not is_object(value):
        return {}
    return {name: member for name, member in value.items() if is_schema(member)}


def schema_list(schema: dict[str, Json], keyword: str) -> list[Schema]:
    """The schemas behind a keyword such as `anyOf`."""
    value = schema.get(keyword)
    return [m for m in value if is_schema(m)] if is_array(value) else []


def _places(
    schema: dict[str, Json],
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Json]]]:
    """The subschemas that are objects, each with its path."""
    for keyword in _MAPS:
        if keyword in schema:
            for name, child in schema_map(schema, keyword).items():
                if isinstance(child, dict):
                    yield (keyword, name), child
    for keyword in _LISTS:
        members = schema.get(keyword)
        for index, member in enumerate(members if is_array(members) else ()):
            if is_object(member):
                yield (keyword, index), member
    for keyword in _SINGLES:
        if is_object(single := schema.get(keyword)):
            yield (keyword,), single


class Document:
    """A schema document of which every subschema has been seen once.

    Raises:
        MCPGenError: MG312 where the document is larger or deeper than is sane.
    """

    def __init__(self, schema: Schema, where: str) -> None:
        self.schema = schema
        self.where = where
        self._draft = _draft(schema, 2020)
        self._drafts: dict[int, int] = {}
        self._bases: dict[int, str] = {}
        self._subschemas: list[dict[str, Json]] = []
        self._resources: dict[str, Schema] = {"": schema}
        self._anchors: dict[tuple[str, str], dict[str, Json]] = {}
        if isinstance(schema, dict):
            self._walk(schema, "")
            self._bound_evaluations()

    def understands(self, schema: dict[str, Json], keyword: str) -> bool:
        """Whether a subschema has a keyword, and its dialect knows it."""
        if keyword not in schema:
            return False
        draft = self._drafts.get(id(schema), self._draft)
        if keyword in _SINCE_AND_UNTIL:
            return draft == _SINCE_AND_UNTIL[keyword]
        return draft >= _SINCE.get(keyword, 0)

    def hides_siblings(self, schema: dict[str, Json]) -> bool:
        """Whether what stands beside a `$ref` counts for nothing in this dialect."""
        return self._drafts.get(id(schema), self._draft) <= 7

    def _walk(self, top: dict[str, Json], base: str) -> None:
        waiting = [(top, base, self._draft, 0)]
        while waiting:
            schema, base, draft, depth = waiting.pop()
            if id(schema) in self._bases:
                continue
            if len(self._bases) >= MAX_NODES or depth > MAX_DEPTH:
                raise MCPGenError.of(
                    "MG312",
                    f"{self.where}: the JSON Schema is too "
                    + ("deep" if depth > MAX_DEPTH else "large"),
                    hint=f"at most {MAX_NODES} subschemas, {MAX_DEPTH} levels",
                )
            draft = self._drafts[id(schema)] = _draft(schema, draft)
            base = self._bases[id(schema)] = self._enter(schema, base)
            self._subschemas.append(schema)
            waiting.extend(
                (child, base, draft, depth + 1) for _, child in _places(schema)
            )

    def _bound_evaluations(self) -> None:
        """Refuse a document of which one subschema means too many others."""
        costs: dict[int, int] = {}
        for start in list(self._subschemas):
            waiting = [start]
            while waiting:
                schema = waiting[-1]
                if costs.setdefault(id(schema), 0):
                    waiting.pop()
                    continue
                inner = self._in_place(schema)
                unknown = [child for child in inner if id(child) not in costs]
                if unknown:
                    waiting.extend(unknown)
                    continue
                # A part that is still open leads back here and counts as nothing.
                costs[id(schema)] = 1 + sum(costs[id(child)] for child in inner)
                waiting.pop()
                if costs[id(schema)] > MAX_EVALUATIONS:
                    raise MCPGenError.of(
                        "MG312",
                        f"{self.where}: the JSON Schema takes too long to evaluate",
                        hint="its references multiply: flatten allOf, anyOf and oneOf",
                    )

    def _in_place(self, schema: dict[str, Json]) -> list[dict[str, Json]]:
        """The subschemas that are evaluated for the same value as this one."""
        found: list[Schema] = []
        for keyword in _IN_PLACE_LISTS:
            if keyword in schema:
                found.extend(schema_list(schema, keyword))
        for keyword in _IN_PLACE_SINGLES:
            if keyword in schema:
                found.extend(filter(is_schema, [schema[keyword]]))
        if "dependentSchemas" in schema:
            found.extend(schema_map(schema, "dependentSchemas").values())
        for keyword in REFERENCES:
            target = self.reference(schema, keyword)
            if target is not None:
                found.append(target)
        return [member for member in found if isinstance(member, dict)]

    def _enter(self, schema: dict[str, Json], base: str) -> str:
        """Note the names that a subschema gives itself; return its base URI."""
        identifier = schema.get("$id")
        if isinstance(identifier, str) and not (
            self.hides_siblings(schema) and "$ref" in schema
        ):
            address, fragment = _joined(base, identifier)
            if address != base:
                base = address
                self._resources.setdefault(base, schema)
            if fragment:
                self._anchors.setdefault((base, fragment), schema)
        for keyword in ("$anchor", "$dynamicAnchor"):
            anchor = schema.get(keyword)
            if isinstance(anchor, str):
                self._anchors.setdefault((base, anchor), schema)
        return base

    def pointers(self) -> dict[int, tuple[str | int, ...]]:
        """The path of each subschema by its identity, the shortest where it has several."""
        found: dict[int, tuple[str | int, ...]] = {}
        waiting: deque[tuple[tuple[str | int, ...], Schema]] = deque(
            [((), self.schema)]
        )
        while waiting:
            pointer, schema = waiting.popleft()
            if isinstance(schema, dict) and id(schema) not in found:
                found[id(schema)] = pointer
                places = _places(schema)
                waiting.extend(((*pointer, *steps), child) for steps, child in places)
        return found

    def reference(self, schema: dict[str, Json], keyword: str) -> Schema | None:
        """What a reference of a subschema names; None without one, or where it depends.

        A `$dynamicRef` names the outermost of several anchors at the time of the
        validation. With one such anchor it is as good as a `$ref`.

        Raises:
            MCPGenError: As `resolve`.
        """
        if not self.understands(schema, keyword):
            return None
        named = self.resolve(schema, keyword)
        if keyword == "$recursiveRef":
            moves = any(s.get("$recursiveAnchor") is True for s in self._subschemas)
            return None if moves else named
        if keyword == "$dynamicRef" and isinstance(named, dict):
            anchor = named.get("$dynamicAnchor")
            same = [s for s in self._subschemas if s.get("$dynamicAnchor") == anchor]
            return None if isinstance(anchor, str) and len(same) > 1 else named
        return named

    def resolve(self, schema: dict[str, Json], keyword: str = "$ref") -> Schema:
        """What the reference of a subschema names, by its own address.

        Raises:
            MCPGenError: MG311 where it is not inside this document.
        """
        reference = schema[keyword]
        base = self._bases.get(id(schema), "")
        if isinstance(reference, str):
            address, fragment = _joined(base, reference)
            target = self._find(address, fragment)
            if target is not None:
                if isinstance(target, dict) and id(target) not in self._bases:
                    self._walk(target, address)
                return target
            if address.startswith(_META_SCHEMAS):
                return _META_SCHEMA
        raise MCPGenError.of(
            "MG311",
            f"{self.where}: {keyword} {str(reference)[:200]!r} is not in this JSON Schema",
            hint="files and URLs are never read: put the definition under $defs "
            'and refer to it as "#/$defs/<name>"',
        )

    def _find(self, address: str, fragment: str) -> Schema | None:
        resource = self._resources.get(address)
        if not fragment:
            return resource
        if not fragment.startswith("/"):
            return self._anchors.get((address, fragment))
        value: Json = resource
        for part in fragment[1:].split("/"):
            value = _step(value, part.replace("~1", "/").replace("~0", "~"))
        return value if is_schema(value) else None


def _joined(base: str, reference: str) -> tuple[str, str]:
    """The address and the fragment that a reference means at `base`."""
    if reference.startswith("#"):
        return base, unquote(reference[1:])
    try:
        address, fragment = urldefrag(urljoin(base, reference))
    except ValueError:
        return reference, ""
    return address, unquote(fragment)


def _step(value: Json, part: str) -> Json:
    if is_object(value):
        return value.get(part)
    if is_array(value) and part.isascii() and part.isdigit():
        index = int(part) if len(part) < 7 else len(value)
        return value[index] if index < len(value) else None
    return None


def _draft(schema: Schema, around: int) -> int:
    """The number or year of the dialect that a subschema says it is in."""
    dialect = schema.get("$schema") if isinstance(schema, dict) else None
    if not isinstance(dialect, str):
        return around
    return next((n for part, n in _DRAFTS.items() if part in dialect), around)
