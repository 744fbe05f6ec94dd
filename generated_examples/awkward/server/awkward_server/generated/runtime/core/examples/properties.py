"""What the keywords of objects say of their properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .plain import matching_strings
from .values import Json, JsonObject, is_array, list_of, object_of


def dependent(schema: JsonObject) -> Iterator[Json]:
    """What must hold as soon as properties are there, as if they were."""
    for keyword in ("dependentSchemas", "dependencies"):
        for name, part in object_of(schema.get(keyword)).items():
            if not is_array(part) and _mentions(schema, name):
                yield part


def _mentions(schema: JsonObject, name: str) -> bool:
    declared = object_of(schema.get("properties"))
    return name in declared or name in list_of(schema.get("required"))


def closed_over(required: Iterable[Json], schema: JsonObject) -> list[str]:
    """The names that must be there, with those that they bring along."""
    rules = {
        **object_of(schema.get("dependentRequired")),
        **object_of(schema.get("dependencies")),
    }
    names = dict.fromkeys(map(str, required))
    waiting = list(names)
    while waiting:
        for name in map(str, list_of(rules.get(waiting.pop()))):
            if name not in names:
                names[name] = None
                waiting.append(name)
    return list(names)


def property_schema(schema: JsonObject, name: str) -> Json:
    """The schema of one property."""
    declared = object_of(schema.get("properties"))
    fitting = [
        part
        for pattern, part in object_of(schema.get("patternProperties")).items()
        if name in set(matching_strings(pattern, 0))
    ]
    if name in declared:
        fitting.insert(0, declared[name])
    if not fitting:
        return schema.get("additionalProperties", True)
    return fitting[0] if len(fitting) == 1 else {"allOf": fitting}
