"""One JSON Schema document and the places inside it that a `$ref` can name.

Part of the models stage. Looks at keyword positions only, so that a property called
`$ref` or `items` is never taken for the keyword. Nothing outside the document is read.
"""

from __future__ import annotations

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
_LEGACY_DRAFTS: Final = ("draft-03", "draft-04", "draft-06", "draft-07")
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


def _children(schema: dict[str, Json]) -> Iterator[dict[str, Json]]:
    found: list[Schema] = []
    for keyword in _MAPS:
        if keyword in schema:
            found.extend(schema_map(schema, keyword).values())
    for keyword in _LISTS:
        if keyword in schema:
            found.extend(schema_list(schema, keyword))
    for keyword in _SINGLES:
        if keyword in schema:
            found.extend(filter(is_schema, [schema[keyword]]))
    return (child for child in found if isinstance(child, dict))


class Document:
    """A schema document of which every subschema has been seen once.

    Raises:
        MCPGenError: MG312 where the document is larger or deeper than is sane.
    """

    def __init__(self, schema: Schema, where: str) -> None:
        self.schema = schema
        self.where = where
        declared = schema.get("$schema") if isinstance(schema, dict) else None
        self.ref_hides_siblings = isinstance(declared, str) and any(
            draft in declared for draft in _LEGACY_DRAFTS
        )
        self._bases: dict[int, str] = {}
        self._subschemas: list[dict[str, Json]] = []
        self._resources: dict[str, Schema] = {"": schema}
        self._anchors: dict[tuple[str, str], dict[str, Json]] = {}
        if isinstance(schema, dict):
            self._walk(schema, "")
            self._bound_evaluations()

    def _walk(self, top: dict[str, Json], base: str) -> None:
        waiting = [(top, base, 0)]
        while waiting:
            schema, base, depth = waiting.pop()
            if id(schema) in self._bases:
                continue
            if len(self._bases) >= MAX_NODES or depth > MAX_DEPTH:
                raise MCPGenError.of(
                    "MG312",
                    f"{self.where}: the JSON Schema is too "
                    + ("deep" if depth > MAX_DEPTH else "large"),
                    hint=f"at most {MAX_NODES} subschemas, {MAX_DEPTH} levels",
                )
            base = self._enter(schema, base)
            self._bases[id(schema)] = base
            self._subschemas.append(schema)
            waiting.extend((child, base, depth + 1) for child in _children(schema))

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
        if "$ref" in schema:
            found.append(self.resolve(schema))
        return [member for member in found if isinstance(member, dict)]

    def _enter(self, schema: dict[str, Json], base: str) -> str:
        """Note the names that a subschema gives itself; return its base URI."""
        identifier = schema.get("$id")
        if isinstance(identifier, str) and not (
            self.ref_hides_siblings and "$ref" in schema
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

    def resolve(self, schema: dict[str, Json]) -> Schema:
        """What the `$ref` of a subschema names; True for a meta-schema.

        Raises:
            MCPGenError: MG311 where it is not inside this document.
        """
        reference = schema["$ref"]
        base = self._bases.get(id(schema), "")
        if isinstance(reference, str):
            address, fragment = _joined(base, reference)
            target = self._find(address, fragment)
            if target is not None:
                if isinstance(target, dict) and id(target) not in self._bases:
                    self._walk(target, address)
                return target
            if address.startswith(_META_SCHEMAS):
                return True
        raise MCPGenError.of(
            "MG311",
            f"{self.where}: $ref {str(reference)[:200]!r} is not in this JSON Schema",
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
