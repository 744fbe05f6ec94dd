"""Instances of JSON Schemas for tests: often valid ones, and those with one change."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from typing import Any

from mcpgen.models.documents import is_object

TEXTS = [
    "",
    "x",
    "A1B2C3D4-E5F6-4A1B-8C2D-0123456789AB",
    "2026-01-01T00:00:00Z",
    "2026-1-1",
    "HTTP://Example.COM:80/%7Ea/../b?q=1#f",
    "aGVsbG8",
    "1",
    "true",
    "naïve 名 😀",
]
"""Texts that a parser for dates, addresses or the like would change, or refuse."""
KEYS = ["ABC-123", "ABC_1", "abc", "2026-01-01", "#0a0a0a"]
"""What patterns often ask for."""
OTHERS: list[Any] = [None, True, 0, -1, 50, 50.0, 0.5, 2**63, *TEXTS, [], {}, [None]]


def mutated(instance: Any, chosen: random.Random) -> Any:
    """The instance with one thing changed, anywhere in it."""
    made: list[Any] = [copy.deepcopy(instance)]
    holder, key = chosen.choice(list(_places(made)))
    value: Any = holder[key]
    if isinstance(value, dict) and chosen.random() < 0.6:
        if value and chosen.random() < 0.6:
            del value[chosen.choice(list(value))]
        else:
            value["an unknown key"] = chosen.choice(OTHERS)
    elif isinstance(value, list) and value and chosen.random() < 0.5:
        value.append(copy.deepcopy(value[0]))
    elif isinstance(value, (int, float)) and chosen.random() < 0.7:
        holder[key] = chosen.choice([value + 1, value - 1, value * 1000, float(value)])
    elif isinstance(value, str) and chosen.random() < 0.7:
        holder[key] = chosen.choice([*TEXTS, value.upper(), value * 100])
    else:
        holder[key] = chosen.choice(OTHERS)
    return made[0]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys: Any = value if is_object(value) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


def sample(schema: object, top: Any, chosen: random.Random, depth: int) -> Any:
    """A value that is often valid for the schema."""
    if not is_object(schema) or depth > 8:
        values: list[Any] = [1, "x", None, [], {}]
        return chosen.choice(values)
    if "$ref" in schema:
        target: Any = top
        for part in schema["$ref"].split("/")[1:]:
            target = target[int(part) if isinstance(target, list) else part]
        return sample(target, top, chosen, depth + 1)
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if listed:
        return chosen.choice(listed)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if schema.get(keyword) and "properties" not in schema:
            return sample(chosen.choice(schema[keyword]), top, chosen, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = chosen.choice(kind)
    if kind == "object":
        return sample_object(schema, top, chosen, depth)
    if kind == "array":
        length = max(schema.get("minItems", 0), chosen.randint(0, 2))
        items = schema.get("items", {})
        return [sample(items, top, chosen, depth + 1) for _ in range(length)]
    return sample_scalar(kind, schema, chosen)


def sample_object(schema: Any, top: Any, chosen: random.Random, depth: int) -> Any:
    made: dict[str, Any] = {}
    for name, member in schema.get("properties", {}).items():
        if name in schema.get("required", []) or chosen.random() < 0.5:
            made[name] = sample(member, top, chosen, depth + 1)
    if schema.get("additionalProperties") is not False and chosen.random() < 0.3:
        extra = schema.get("additionalProperties", {})
        made["an extra key"] = sample(extra, top, chosen, depth + 1)
    return made


def _fitting(schema: Any) -> list[str]:
    """Texts that match the pattern, if there is one and any of them does."""
    if "pattern" not in schema:
        return TEXTS
    found = [text for text in [*TEXTS, *KEYS] if re.search(schema["pattern"], text)]
    return found or TEXTS


def sample_scalar(kind: str, schema: Any, chosen: random.Random) -> Any:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    if kind == "integer":
        return chosen.choice([low, low + 1, float(low)])
    if kind == "number":
        return chosen.choice([low, low + 0.5, low + 1])
    if kind == "boolean":
        return chosen.random() < 0.5
    if kind == "null":
        return None
    text = chosen.choice(_fitting(schema))[: schema.get("maxLength", 100)]
    return text.ljust(schema.get("minLength", 0), "x")
