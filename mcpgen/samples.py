"""An instance that a JSON Schema accepts, for tests that are written once.

A guess by the plain keywords, kept only if the JSON Schema validator accepts it. Knows
nothing of manifests or generated code.
"""

from __future__ import annotations

from typing import Any, Final, TypeGuard

from mcpgen.ir import Json
from mcpgen.runtime.core.schema.document import encoded

_DEEPEST: Final = 12
_LONGEST: Final = 200
_MOST_ITEMS: Final = 20
_FORMATS: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "ada@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "time": "12:00:00Z",
    "uri": "https://example.com/",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
}


def sample(schema: dict[str, Json]) -> dict[str, Json] | None:
    """An object that `schema` accepts, with its required properties and no others.

    None where the guess is refused, as for a pattern.
    """
    # Takes a while to import, and only new projects need it.
    import jsonschema_rs

    try:
        found = _Sampler(schema).guess(schema, 0)
        if not _is_object(found):
            return None
        validator = jsonschema_rs.validator_for(encoded(schema), retriever=_refuse)
        return found if validator.is_valid(found) else None
    except (ValueError, TypeError, RecursionError, LookupError):
        return None


def _is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict)


def _is_array(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def _refuse(uri: str) -> Any:
    raise LookupError(f"a reference out of the schema: {uri}")


class _Sampler:
    def __init__(self, root: dict[str, Json]) -> None:
        self._root = root

    def guess(self, schema: Json, depth: int) -> Json:
        """A value that the schema may well accept.

        Raises:
            ValueError: Where there is nothing to go by.
        """
        if not _is_object(schema):
            return "example"
        if depth > _DEEPEST:
            raise ValueError("too deep")
        if "$ref" in schema:
            return self.guess(self._target(schema["$ref"]), depth + 1)
        if "const" in schema:
            return schema["const"]
        for keyword in ("enum", "examples"):
            if _is_array(values := schema.get(keyword)) and values:
                return values[0]
        for keyword in ("oneOf", "anyOf", "allOf"):
            if _is_array(members := schema.get(keyword)) and members:
                rest = {key: item for key, item in schema.items() if key != keyword}
                return self._joined(rest, members[0], depth)
        return self._by_type(schema, depth)

    def _joined(self, schema: dict[str, Json], member: Json, depth: int) -> Json:
        """A guess for one member of a combination and the schema around it."""
        if _is_object(member) and "$ref" in member:
            member = self._target(member["$ref"])
        if not _is_object(member):
            return self.guess(schema, depth + 1)
        both = {**schema, **member}
        for keyword in ("properties", "required"):
            one, other = schema.get(keyword), member.get(keyword)
            if _is_object(one) and _is_object(other):
                both[keyword] = {**one, **other}
            elif _is_array(one) and _is_array(other):
                both[keyword] = [*one, *other]
        return self.guess(both, depth + 1)

    def _target(self, reference: Json) -> Json:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise ValueError("not a reference into the schema")
        found: Json = self._root
        for part in reference[1:].split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            found = found[int(key)] if _is_array(found) else found[key]
        return found

    def _by_type(self, schema: dict[str, Json], depth: int) -> Json:
        kind = schema.get("type")
        if _is_array(kind):
            kind = kind[0] if kind else None
        if kind == "object" or "properties" in schema:
            return self._object(schema, depth)
        if kind == "array":
            count = min(int(schema.get("minItems", 1)), _MOST_ITEMS)
            items = schema.get("items", {"type": "string"})
            return [self.guess(items, depth + 1) for _ in range(count)]
        if kind in ("integer", "number"):
            return _number(schema)
        if kind == "boolean":
            return True
        if kind == "null":
            return None
        return _text(schema)

    def _object(self, schema: dict[str, Json], depth: int) -> Json:
        properties = schema.get("properties", {})
        return {
            name: self.guess(properties.get(name, True), depth + 1)
            for name in schema.get("required", [])
        }


def _number(schema: dict[str, Json]) -> Json:
    low = schema.get("minimum")
    if low is None and "exclusiveMinimum" in schema:
        low = schema["exclusiveMinimum"] + 1
    step = schema.get("multipleOf")
    if step:
        return step if low is None else -(-low // step) * step
    if low is not None:
        return low
    high = schema.get("maximum", schema.get("exclusiveMaximum", 2) - 1)
    return min(1, high)


def _text(schema: dict[str, Json]) -> str:
    known = _FORMATS.get(str(schema.get("format")))
    if known is not None:
        return known
    shortest = int(schema.get("minLength", 0))
    longest = int(schema.get("maxLength", _LONGEST))
    if shortest > _LONGEST:
        raise ValueError("too long")
    return "example".ljust(shortest, "x")[: max(longest, 0)]
