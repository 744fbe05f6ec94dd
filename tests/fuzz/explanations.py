"""Schemas and values that are made together, to see what explaining them takes.

Schemas have unions in recursion, dynamic references, `unevaluated…` and patterns; a value
is made by walking its schema, and then changed. Unlike the parsers, this has no need of
atheris: what makes explanations expensive is structure, which is generated.
"""

from __future__ import annotations

import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final, TypeAlias

from mcpgen.runtime.core.schema.validator import InvalidSchema, Problem, SchemaValidator

Json: TypeAlias = Any

MAX_EVENTS: Final = 450_000
"""Calls and returns of functions that one explanation may take: the same everywhere,
unlike its time."""
MAX_SECONDS: Final = 0.05
"""CPU time that one explanation may take beyond that of the validator."""
MAX_BYTES: Final = 50 * 1024 * 1024
"""Memory that one explanation may take."""
MAX_CHARACTERS: Final = 40_000
_NAMES: Final = ("a", "b", "c", "kind", "op", "left", "right", "x-y", "$id", "items")
_TEXTS: Final = ("a", "b", "add", "sub", "", "2", "aaaaaaaa", "é")
_DEEPEST: Final = 3


@dataclass(slots=True)
class Outcome:
    """What a campaign did and found."""

    explained: int = 0
    valid: int = 0
    unusable: int = 0
    most_events: int = 0
    most_seconds: float = 0.0
    most_bytes: int = 0
    faults: list[str] = field(default_factory=list[str])


def events(work: Callable[[], object]) -> int:
    """How many calls and returns of functions some work takes."""
    count = 0

    def see(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


class Maker:
    """Makes schemas, and values that are nearly what they admit."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._count = self.rng.randint(1, 4)
        self._left = 2

    def document(self) -> dict[str, Json]:
        """A whole schema."""
        root = self.schema(0)
        found: dict[str, Json] = {"allOf": [root]}
        if isinstance(root, dict):
            found = {**root}
        found["$defs"] = {f"d{i}": self.schema(0) for i in range(self._count)}
        if self.rng.random() < 0.2:
            found["$dynamicAnchor"] = "node"
            found["properties"] = {"left": {"$dynamicRef": "#node"}}
        return found

    def schema(self, depth: int) -> Json:
        """A schema, with references to the document's definitions."""
        rng = self.rng
        if depth > _DEEPEST or rng.random() < 0.06:
            return rng.choice([True, {"type": "integer"}, {"const": "a"}, {}, False])
        found: dict[str, Json] = {}
        for _ in range(rng.choice([1, 1, 2, 3])):
            found.update(rng.choice(self._forms())(depth + 1))
        return found

    def _forms(self) -> list[Callable[[int], dict[str, Json]]]:
        rng = self.rng
        return [
            self._union,
            self._union,
            self._object,
            self._object,
            self._array,
            self._scalar,
            lambda _: {"$ref": self._reference()},
            lambda _: {"$ref": self._reference()},
            lambda d: {"allOf": self._several(d)},
            lambda d: {"not": self.schema(d)},
            lambda d: {
                "if": self.schema(d),
                "then": self.schema(d),
                "else": self.schema(d),
            },
            self._unevaluated,
            lambda d: {"dependentSchemas": {rng.choice(_NAMES): self.schema(d)}},
            lambda _: {"dependentRequired": {rng.choice(_NAMES): [rng.choice(_NAMES)]}},
            lambda d: {"propertyNames": self.schema(d)},
        ]

    def _unevaluated(self, _: int) -> dict[str, Json]:
        # The compiler takes exponential time for many of these that refer to each other.
        if self._left == 0:
            return {}
        self._left -= 1
        keyword = self.rng.choice(["unevaluatedItems", "unevaluatedProperties"])
        return {keyword: self.rng.choice([False, False, {"type": "integer"}])}

    def _reference(self) -> str:
        number = self.rng.randrange(self._count)
        return self.rng.choice(["#", f"#/$defs/d{number}", f"#/$defs/d{number}"])

    def _several(self, depth: int) -> list[Json]:
        return [self.schema(depth) for _ in range(self.rng.choice([1, 2, 2, 3, 5]))]

    def _union(self, depth: int) -> dict[str, Json]:
        rng = self.rng
        keyword = rng.choice(["anyOf", "oneOf"])
        if rng.random() < 0.5:
            return {keyword: self._several(depth)}
        tags = rng.sample(_TEXTS, rng.randint(2, 5))
        branches: list[Json] = []
        for tag in tags:
            branch = self._object(depth)
            branch["properties"] = {"kind": {"const": tag}, **branch["properties"]}
            branches.append(branch)
        return {keyword: branches}

    def _object(self, depth: int) -> dict[str, Json]:
        rng = self.rng
        names = rng.sample(_NAMES, rng.randint(1, 4))
        found: dict[str, Json] = {
            "properties": {name: self.schema(depth) for name in names}
        }
        if rng.random() < 0.5:
            found["type"] = "object"
        if rng.random() < 0.5:
            found["required"] = rng.sample(names, rng.randint(1, len(names)))
        if rng.random() < 0.3:
            found["additionalProperties"] = rng.choice([False, self.schema(depth)])
        if rng.random() < 0.2:
            found["patternProperties"] = {"^[a-c]": self.schema(depth)}
        if rng.random() < 0.1:
            found["minProperties"] = rng.randint(0, 3)
        return found

    def _array(self, depth: int) -> dict[str, Json]:
        rng = self.rng
        found: dict[str, Json] = {"items": self.schema(depth)}
        if rng.random() < 0.3:
            found["prefixItems"] = self._several(depth)
        if rng.random() < 0.2:
            found["contains"] = self.schema(depth)
        if rng.random() < 0.2:
            found["maxContains"] = rng.randint(0, 2)
        if rng.random() < 0.2:
            found["uniqueItems"] = True
        return found

    def _scalar(self, _: int) -> dict[str, Json]:
        choices: list[dict[str, Json]] = [
            {"type": "string", "pattern": "^a+$", "maxLength": 3},
            {"type": ["number", "null"], "minimum": 1, "multipleOf": 0.5},
            {"enum": ["a", 1, None, True, {"a": 1}]},
            {"type": "boolean"},
            {"const": 1},
        ]
        return dict(self.rng.choice(choices))

    def value(self, schema: Json, root: Json, depth: int = 0) -> Json:
        """A value along a schema; often what the schema admits."""
        rng = self.rng
        if not isinstance(schema, dict) or depth > 12 or rng.random() < 0.05:
            return self._any(depth)
        if "$ref" in schema and rng.random() < 0.9:
            target = root
            for step in schema["$ref"].split("/")[1:]:
                target = target[step]
            return self.value(target, root, depth + 1)
        for keyword in ("anyOf", "oneOf", "allOf"):
            if schema.get(keyword) and rng.random() < 0.7:
                return self.value(rng.choice(schema[keyword]), root, depth + 1)
        return self._plain(schema, root, depth)

    def _plain(self, schema: dict[str, Json], root: Json, depth: int) -> Json:
        if "properties" in schema:
            return {
                name: self.value(inner, root, depth + 1)
                for name, inner in schema["properties"].items()
                if self.rng.random() < 0.85
            }
        if "items" in schema:
            many = self.rng.choice([0, 1, 2, 3, 3, 80 if depth < 2 else 4])
            return [self.value(schema["items"], root, depth + 1) for _ in range(many)]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        return self._any(depth)

    def _any(self, depth: int) -> Json:
        rng = self.rng
        if depth > 6 or rng.random() < 0.7:
            return rng.choice([None, True, 0, 1, 2.5, 1.0, *_TEXTS])
        if rng.random() < 0.4:
            return [self._any(depth + 1) for _ in range(rng.randint(0, 4))]
        return {name: self._any(depth + 1) for name in rng.sample(_NAMES, 3)}


def deepened(value: Json, levels: int) -> Json:
    """A value that holds itself below each of its first names, some levels deep."""
    found = value
    for _ in range(levels):
        if isinstance(value, dict) and value:
            found = {**value, next(iter(value)): found}
        elif isinstance(value, list):
            found = [*value, found]
    return found


def pairs(seed: int) -> Iterator[tuple[SchemaValidator, Json]]:
    """A schema with some values for it; nothing where the schema can't be used."""
    maker = Maker(seed)
    document = maker.document()
    validator = SchemaValidator(document)
    try:
        validator.compile()
    except InvalidSchema:
        return
    for levels in (0, 0, 3, 40):
        yield validator, deepened(maker.value(document, document), levels)


def run(schemas: int, seed: int, *, timed: bool) -> Outcome:
    """Explain values for that many schemas.

    Args:
        schemas: How many.
        seed: The first one's seed.
        timed: Whether to limit the time as well, which depends on the machine.
    """
    outcome = Outcome()
    for number in range(seed, seed + schemas):
        found = False
        for validator, value in pairs(number):
            found = True
            fault = _explained(validator, value, outcome, timed)
            if fault:
                outcome.faults.append(f"seed {number}: {fault}")
        outcome.unusable += not found
    return outcome


def _explained(
    validator: SchemaValidator, value: Json, outcome: Outcome, timed: bool
) -> str:
    is_valid = validator.is_valid(value)
    problems: list[Problem] = []
    began = time.process_time()
    if timed:
        problems = validator.problems(value)
        took = time.process_time() - began
        outcome.most_seconds = max(outcome.most_seconds, took)
        if took > MAX_SECONDS and _fastest(validator, value) > MAX_SECONDS:
            return f"took {took:.3f} s"
        if outcome.explained % 10 == 0:
            size = _memory(validator, value)
            outcome.most_bytes = max(outcome.most_bytes, size)
            if size > MAX_BYTES:
                return f"took {size} bytes"
    else:
        count = events(lambda: problems.extend(validator.problems(value)))
        outcome.most_events = max(outcome.most_events, count)
        if count > MAX_EVENTS:
            return f"took {count} events"
    outcome.valid += is_valid
    outcome.explained += not is_valid
    if bool(problems) is is_valid:
        return f"valid: {is_valid}, problems: {problems}"
    if problems != validator.problems(value):
        return "explained differently the second time"
    if sum(len(str(problem)) for problem in problems) > MAX_CHARACTERS:
        return "the text is too long"
    return ""


def _memory(validator: SchemaValidator, value: Json) -> int:
    """The bytes that one explanation takes at its peak."""
    tracemalloc.start()
    try:
        validator.problems(value)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _fastest(validator: SchemaValidator, value: Json) -> float:
    """The CPU seconds of the fastest of some explanations: others share the machine."""
    found: list[float] = []
    for _ in range(5):
        began = time.process_time()
        validator.problems(value)
        found.append(time.process_time() - began)
    return min(found)
