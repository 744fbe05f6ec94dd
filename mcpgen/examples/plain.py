"""Proposals for strings, numbers, and what a schema itself shows; and JSON values.

Looks at the keywords of one schema; knows neither its parts nor its references.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, islice
from typing import Any, Final, TypeAlias, TypeGuard

from mcpgen.runtime.core.schema.document import is_array, is_object

from .patterns import UnreadablePattern, matching

Json: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, Json]

LONGEST: Final = 100_000
"""Characters of the longest string that is made."""
DEEPEST: Final = 100
"""Levels of a value that is made, those that a schema itself shows included."""
_MOST_BITS: Final = 4_000
"""Of integers: Python reads no more than 4,300 digits."""
MOST_NUMBERS: Final = 1_000
"""Numbers that are proposed, from the plainest on."""

_TYPES: Final = ("string", "object", "integer", "number", "boolean", "array", "null")
_HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "object": (
        *("properties", "required", "additionalProperties", "patternProperties"),
        *("propertyNames", "minProperties", "maxProperties", "dependentRequired"),
    ),
    "array": (
        *("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
    ),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": (
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        "multipleOf",
    ),
}
"""Keywords that tell what is meant where no type is given."""
_LIMITS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "minimum": operator.ge,
    "exclusiveMinimum": operator.gt,
    "maximum": operator.le,
    "exclusiveMaximum": operator.lt,
}
_FORMATS: Final[Mapping[str, str]] = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "duration": "PT1H",
    "email": "ada@example.com",
    "hostname": "example.com",
    "idn-email": "ada@example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "iri": "https://example.com/",
    "iri-reference": "/example",
    "json-pointer": "/example",
    "regex": "^example$",
    "time": "12:00:00Z",
    "uri": "https://example.com/",
    "uri-reference": "/example",
    "uri-template": "/{example}",
    "url": "https://example.com/",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
}


def given(schema: JsonObject) -> Iterator[Json]:
    """Values that the schema itself shows."""
    if "const" in schema:
        yield schema["const"]
        return
    shown = [*list_of(schema.get("examples"))]
    if schema.get("default") not in (None, "", [], {}):
        shown.append(schema["default"])
    values = schema.get("enum")
    if is_array(values):
        yield from (value for value in shown if among(values, value))
        yield from sorted(values, key=lambda value: value is None)
    else:
        yield from shown


def kinds(schema: JsonObject) -> list[str]:
    """The types that a value may have, the likeliest first."""
    declared = schema.get("type")
    if declared is not None:
        return sorted(map(str, names_of(declared)), key=lambda kind: kind == "null")
    hinted = [
        kind
        for kind, keywords in _HINTS.items()
        if any(keyword in schema for keyword in keywords)
    ]
    return [*hinted, *(kind for kind in _TYPES if kind not in hinted)]


def strings(schema: JsonObject) -> Iterator[str]:
    """Strings of the right length, by format or pattern."""
    shortest = whole(schema, "minLength", 0)
    longest = whole(schema, "maxLength", LONGEST)
    if shortest > LONGEST:
        return
    pattern = schema.get("pattern")
    known = _FORMATS.get(str(schema.get("format")))
    texts: Iterable[str] = () if known is None else (known,)
    if isinstance(pattern, str):
        texts = chain(texts, matching_strings(pattern, shortest))
    else:
        texts = chain(texts, _padded(islice(numbered("example"), 50), shortest))
    for text in texts:
        yield text if len(text) <= longest or pattern is not None else text[:longest]
    if isinstance(pattern, str):
        # A pattern that can't be read may well be one for any text.
        yield from _padded(("example", "Example1", "1", "a", "/a"), shortest)


def _padded(texts: Iterable[str], shortest: int) -> Iterator[str]:
    for text in texts:
        yield text.ljust(shortest, "x")


def matching_strings(pattern: str, shortest: int) -> Iterator[str]:
    """As `matching`; none for a pattern that can't be read."""
    try:
        yield from matching(pattern, shortest)
    except UnreadablePattern:
        return


def numbered(text: str) -> Iterator[str]:
    """A text, and then the same with numbers behind it, without an end."""
    yield text
    for number in count(2):
        yield f"{text} {number}"


def numbers(schema: JsonObject) -> Iterator[float]:
    """Numbers between the limits, small ones first."""
    yield from (number for number in _about(schema) if _is_between(schema, number))


def _is_between(schema: JsonObject, number: float) -> bool:
    return all(
        holds(number, limit)
        for keyword, holds in _LIMITS.items()
        if is_number(limit := schema.get(keyword))
    )


def _about(schema: JsonObject) -> Iterator[float]:
    """Numbers around the limits, some of them beyond."""
    low, high = _bound(schema, "minimum", max), _bound(schema, "maximum", min)
    step = schema.get("multipleOf")
    size = step if is_number(step) and step > 0 else 1
    is_whole = "integer" in kinds(schema)[:1]
    if low is not None and high is not None and not is_whole and high - low < 2 * size:
        yield from (low + (high - low) / 2, low, high)
    start = 1 if low is None else low
    first = _multiples(start if high is None else min(start, high), size)
    if first is not None:
        upwards = (_tidy(n * size) for n in range(first, first + MOST_NUMBERS))
        yield from islice(upwards, 3)
        if not is_whole:
            yield first * size + size / 2
        yield from upwards
        yield from (_tidy(number * size) for number in range(first, first - 60, -1))


def _multiples(number: float, size: float) -> int | None:
    """How many times a size must be taken to reach a number; None: too often."""
    if isinstance(number, int) and isinstance(size, int):
        return -(-number // size)
    try:
        return math.ceil(number / size)
    except OverflowError:
        return None


def _bound(
    schema: JsonObject, keyword: str, choose: Callable[[float, float], float]
) -> float | None:
    """A limit, both kinds of it together; nothing says that it is itself admitted."""
    exclusive = f"exclusive{keyword[0].upper()}{keyword[1:]}"
    found = [v for v in (schema.get(keyword), schema.get(exclusive)) if is_number(v)]
    if not found:
        return None
    return found[0] if len(found) == 1 else choose(*found)


def _tidy(number: float) -> float:
    """Whole numbers as integers, others without the noise of binary fractions."""
    if isinstance(number, int) or not math.isfinite(number):
        return number
    rounded = round(number, 10)
    return int(rounded) if rounded == int(rounded) else rounded


# --- JSON values ---------------------------------------------------------------


def is_writable(value: Json, levels: int = DEEPEST) -> bool:
    """Whether a value can stand in generated code as JSON: finite, not too deep."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return value.bit_length() <= _MOST_BITS
    parts = value.values() if is_object(value) else list_of(value)
    return levels > 0 and all(is_writable(part, levels - 1) for part in parts)


def weight(value: Json, most: int) -> int:
    """The characters of a value's texts and names, and its parts; stops at `most`."""
    found = 0
    waiting = [value]
    while waiting and found <= most:
        value = waiting.pop()
        found += len(value) if isinstance(value, str) else 1
        if is_object(value):
            found += sum(map(len, value))
            waiting.extend(value.values())
        else:
            waiting.extend(list_of(value))
    return found


def is_number(value: Json) -> TypeGuard[float]:
    """Whether a value is a number; Python counts true among them."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def object_of(value: Json) -> JsonObject:
    """The object, or an empty one for anything else."""
    return value if is_object(value) else {}


def list_of(value: Json) -> Sequence[Json]:
    """The array, or an empty one for anything else."""
    return value if is_array(value) else ()


def whole(schema: JsonObject, keyword: str, missing: int) -> int:
    """A count that a keyword gives."""
    value = schema.get(keyword)
    return int(value) if is_number(value) and math.isfinite(value) else missing


def among(values: Iterable[Json], wanted: Json) -> bool:
    """Whether a value is among others, as JSON sees it: true is not 1, but 1.0 is."""
    key = key_of(wanted)
    return any(key_of(value) == key for value in values)


def key_of(value: Json) -> str:
    """The same text for the same value."""
    if is_object(value):
        members = sorted((key, key_of(part)) for key, part in value.items())
        return f"{{{members!r}}}"
    if is_array(value):
        return f"[{','.join(map(key_of, value))}]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return repr(value)


def is_null(schema: Json) -> bool:
    """Whether a schema admits null alone."""
    return is_object(schema) and schema.get("type") == "null"


def names_of(types: Json) -> list[Json]:
    """What `type` names, be it one type or several."""
    return list(types) if is_array(types) else [types]
