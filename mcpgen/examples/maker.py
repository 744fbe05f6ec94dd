"""Proposals for instances of a schema, part by part, the plainest first.

Parts with keywords that are hard to follow are asked about one by one, so that a wrong
turn is seen where it was taken; the whole is for others to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, TypeAlias

from mcpgen.runtime.core.schema.document import (
    KEYWORDS,
    Document,
    is_array,
    is_object,
)
from mcpgen.runtime.core.schema.validator import (
    InvalidSchema,
    SchemaValidator,
    describe,
)

from .joining import closed_over, dependent, merged, property_schema
from .plain import (
    Json,
    JsonObject,
    given,
    is_null,
    key_of,
    kinds,
    list_of,
    matching_strings,
    numbered,
    numbers,
    object_of,
    strings,
    weight,
    whole,
)

_Proposals: TypeAlias = Iterator[Json]

MOST_STEPS: Final = 10_000
"""Proposals and alternatives that one maker looks at before it gives up."""
_CHARACTERS: Final = 20
"""So many of them cost a step, so that no example is larger than 200,000."""
MOST_ITEMS: Final = 1_000
"""Items of the largest array that is made."""
_COMPILED: Final = 5
"""Steps that it costs to compile a part, besides one for each of its own parts."""
_MOST_VALUES: Final = 400
"""Values after which optional properties are left out."""
_DEEPEST_OPTIONAL: Final = 5
_DEEPEST: Final = 90
_UNSURE: Final = frozenset(
    {
        *("not", "oneOf", "if", "pattern", "contains", "uniqueItems", "propertyNames"),
        *("patternProperties", "minProperties", "multipleOf", "unevaluatedItems"),
        *("unevaluatedProperties", "examples", "default", "allOf", "anyOf", "enum"),
        *("dependentSchemas", "dependencies", "const", "dependentRequired"),
    }
)
"""Keywords after which a proposal is asked about before it is used."""
_NOTHING: Final = object()
_LOCAL: Final = ("#/$defs/", "#/definitions/")
_COMBINING: Final = frozenset(
    {
        *("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else"),
        *("dependentSchemas", "dependencies", "$defs", "definitions"),
    }
)


class Exhausted(Exception):
    """More steps were taken than are allowed."""


@dataclass(slots=True)
class Steps:
    """Proposals and alternatives that may still be looked at, parts included."""

    left: int = MOST_STEPS

    def take(self, number: int) -> None:
        """Take some of them.

        Raises:
            Exhausted: There are not so many.
        """
        self.left -= number
        if self.left < 0:
            raise Exhausted


@dataclass(frozen=True, slots=True)
class Trail:
    """The way from the root to a part.

    Attributes:
        depth: Levels below the root.
        targets: What references on the way led to, by identity.
        again: Whether the part is one of those, so that optional parts have no end.
    """

    depth: int
    targets: frozenset[int]
    again: bool = False

    def along(self, targets: frozenset[int]) -> Trail:
        """The same place, reached by references."""
        again = self.again or not targets.isdisjoint(self.targets)
        return Trail(self.depth, self.targets | targets, again)

    @property
    def below(self) -> Trail:
        """A part of what stands here."""
        return Trail(self.depth + 1, self.targets)


_Case: TypeAlias = tuple[dict[str, Json], frozenset[int]]
"""A schema without references and combinations, and what references led to."""


class Maker:
    """Proposals for the parts of one schema."""

    def __init__(
        self,
        schema: JsonObject | bool,
        optional: bool,
        root: JsonObject | bool | None = None,
        steps: Steps | None = None,
    ) -> None:
        """Begin.

        Args:
            schema: What values are proposed for.
            optional: Whether objects have properties that they need not have.
            root: What its references lead into; by default the schema itself.
            steps: What it may take, where several makers share them.
        """
        self.obstacle = ""
        """What the first part that was refused should have been instead."""
        self._schema = schema
        self._root = schema if root is None else root
        self._optional = optional
        self._step = (steps or Steps()).take
        self._values = 0
        # Schemas are kept so that no other gets the identity of one that is gone.
        self._checks: dict[int, tuple[JsonObject, SchemaValidator | None]] = {}

    @cached_property
    def _document(self) -> Document:
        return Document(self._root)

    def whole(self) -> _Proposals:
        """Values that the schema may well admit, the plainest first.

        Raises:
            Exhausted: Instead of a further one.
        """
        return self._propose(self._schema, Trail(0, frozenset({id(self._schema)})))

    def _propose(self, schema: Json, trail: Trail) -> _Proposals:
        self._step(1)
        if not is_object(schema):
            if schema is not False:
                yield "example"
            return
        made = self._unchecked(schema, trail)
        if _UNSURE.isdisjoint(schema) or trail.depth == 0:
            yield from made
            return
        for value in made:
            self._step(1)
            if self._admits(schema, value):
                yield value
            elif not self.obstacle:
                self._stumble(schema, value)

    def _stumble(self, schema: JsonObject, value: Json) -> None:
        _, check = self._checks[id(schema)]
        if check is not None:
            self.obstacle = describe(check.problems(value, 3))

    def _charged(self, values: Iterable[Json]) -> _Proposals:
        """The same values; long ones cost more steps."""
        for value in values:
            self._step(weight(value, MOST_STEPS * _CHARACTERS) // _CHARACTERS)
            yield value

    def _admits(self, schema: JsonObject, value: Json) -> bool:
        """Whether a part of the schema admits a value, as far as it shows alone."""
        key = id(schema)
        if key not in self._checks:
            self._checks[key] = schema, self._alone(schema)
        _, check = self._checks[key]
        if check is None:
            return True
        try:
            return check.is_valid(value)
        except InvalidSchema:
            self._checks[key] = schema, None
            return True

    def _alone(self, schema: JsonObject) -> SchemaValidator | None:
        """A validator of one part, or None where it needs more of the root."""
        root = object_of(self._root)
        parts = Document(schema).parts
        self._step(_COMPILED + len(parts))
        references = {str(p[k]) for p in parts for k in KEYWORDS & p.keys()}
        if "$id" in root or not all(each.startswith(_LOCAL) for each in references):
            return None
        wanted = ("$schema", "$defs", "definitions") if references else ("$schema",)
        around = {keyword: root[keyword] for keyword in wanted if keyword in root}
        return SchemaValidator({**around, **schema})

    def _unchecked(self, schema: JsonObject, trail: Trail) -> _Proposals:
        if trail.depth > _DEEPEST:
            return
        for flat, targets in self._cases(schema, 0):
            self._values += 1
            yield from self._plain(flat, trail.along(targets))

    # ---------------------------------------------------------------- combinations

    def _cases(self, schema: Json, depth: int) -> Iterator[_Case]:
        """The schema without references and combinations: one of several cases each."""
        self._step(1)
        if depth > _DEEPEST or schema is False:
            return
        if not is_object(schema):
            yield {}, frozenset()
            return
        own = {k: v for k, v in schema.items() if k not in _COMBINING}
        targets = [
            next(iter(self._document.targets(schema[keyword])), True)
            for keyword in ("$ref", "$dynamicRef")
            if keyword in schema
        ]
        groups: list[Sequence[Json]] = [[target] for target in targets]
        groups.extend([member] for member in list_of(schema.get("allOf")))
        groups.extend(
            sorted(members, key=is_null)
            for keyword in ("anyOf", "oneOf")
            if (members := list_of(schema.get(keyword)))
        )
        negated = schema.get("not")
        if is_object(negated) and "not" in negated:
            groups.append([negated["not"]])
        if "if" in schema:
            when, otherwise = schema.get("then", True), schema.get("else", True)
            groups.append([{"allOf": [schema["if"], when]}, otherwise])
        groups.extend([part] for part in dependent(schema))
        yield from self._joined((own, frozenset(map(id, targets))), groups, depth)

    def _joined(
        self, case: _Case, groups: Sequence[Sequence[Json]], depth: int
    ) -> Iterator[_Case]:
        if not groups:
            yield case
            return
        for branch in groups[0]:
            for flat, targets in self._cases(branch, depth + 1):
                both = merged(case[0], flat)
                if both is not None:
                    joined = both, case[1] | targets
                    yield from self._joined(joined, groups[1:], depth)

    # ---------------------------------------------------------------------- values

    def _plain(self, schema: dict[str, Json], trail: Trail) -> _Proposals:
        yield from self._charged(given(schema))
        if "const" in schema or "enum" in schema:
            return
        makers: dict[str, Callable[[], _Proposals]] = {
            "object": lambda: self._objects(schema, trail),
            "array": lambda: self._arrays(schema, trail),
            "string": lambda: self._charged(strings(schema)),
            "integer": lambda: numbers(schema),
            "number": lambda: numbers(schema),
            "boolean": lambda: iter((True, False)),
            "null": lambda: iter((None,)),
        }
        running = [makers[kind]() for kind in kinds(schema) if kind in makers]
        while running:
            for values in tuple(running):
                value = next(values, _NOTHING)
                if value is _NOTHING:
                    running.remove(values)
                else:
                    yield value

    def _objects(self, schema: dict[str, Json], trail: Trail) -> _Proposals:
        properties = object_of(schema.get("properties"))
        required = closed_over(list_of(schema.get("required")), schema)
        chosen = dict.fromkeys(required)
        if self._is_rich(trail):
            most = max(whole(schema, "maxProperties", MOST_ITEMS), len(required))
            chosen = dict.fromkeys(islice((*chosen, *properties), most))
        parts: dict[str, Json] = {}
        needed = set(required)
        for name in self._charged(chosen):
            part = property_schema(schema, name)
            first = next(self._propose(part, trail.below), _NOTHING)
            if first is not _NOTHING:
                parts[name] = first
            elif name in needed:
                return
        yield from self._filled(schema, parts, trail)
        yield from self._varied(schema, parts, trail)
        fewer = {name: parts[name] for name in required}
        if len(fewer) < len(parts):
            yield from self._filled(schema, fewer, trail)

    def _is_rich(self, trail: Trail) -> bool:
        """Whether what may be absent is there."""
        is_wide = self._values > _MOST_VALUES or trail.depth > _DEEPEST_OPTIONAL
        return self._optional and not is_wide and not trail.again

    def _filled(
        self, schema: dict[str, Json], parts: dict[str, Json], trail: Trail
    ) -> _Proposals:
        """An object with as many further properties as it needs."""
        least = whole(schema, "minProperties", 0)
        is_map = not parts and is_object(schema.get("additionalProperties"))
        wanted = max(least, 1 if is_map and self._optional else 0)
        full = dict(parts)
        names = islice(self._names(schema, trail), MOST_ITEMS)
        for name in self._charged(names):
            if len(full) >= wanted:
                break
            if name not in full:
                part = property_schema(schema, name)
                value = next(self._propose(part, trail.below), _NOTHING)
                if value is not _NOTHING:
                    full[name] = value
        yield full
        if len(full) > max(least, len(parts)):
            yield parts

    def _varied(
        self, schema: dict[str, Json], parts: dict[str, Json], trail: Trail
    ) -> _Proposals:
        """The same object with another value for one property."""
        for name in parts:
            others = self._propose(property_schema(schema, name), trail.below)
            for value in islice(others, 1, 4):
                yield from self._filled(schema, {**parts, name: value}, trail)

    def _names(self, schema: dict[str, Json], trail: Trail) -> Iterator[str]:
        """Names for properties that are not declared."""
        rule = schema.get("propertyNames")
        if is_object(rule):
            texts = {"type": "string", "allOf": [rule]}
            yield from (
                n for n in self._propose(texts, trail.below) if isinstance(n, str)
            )
        for pattern in object_of(schema.get("patternProperties")):
            yield from matching_strings(pattern, 0)
        yield from numbered("example")

    def _arrays(self, schema: dict[str, Json], trail: Trail) -> _Proposals:
        first = list_of(schema.get("prefixItems"))
        rest = schema.get("items", True)
        if is_array(rest):
            first, rest = rest, schema.get("additionalItems", True)
        least = whole(schema, "minItems", 0)
        most = min(whole(schema, "maxItems", MOST_ITEMS), MOST_ITEMS)
        contained = schema.get("contains")
        wanted = 0 if contained is None else whole(schema, "minContains", 1)
        if least > MOST_ITEMS or wanted > MOST_ITEMS:
            return
        rich = self._is_rich(trail) and "items" in schema
        sizes = dict.fromkeys((max(least, len(first) + wanted, int(rich)), least))
        for size in [min(size, most) for size in sizes]:
            places = [first[n] if n < len(first) else rest for n in range(size)]
            for number in range(wanted):
                place = size - 1 - number
                if 0 <= place < size:
                    places[place] = {"allOf": [places[place], contained]}
            made = self._items(places, schema.get("uniqueItems") is True, trail)
            if made is not None:
                yield made

    def _items(
        self, places: Sequence[Json], unique: bool, trail: Trail
    ) -> list[Json] | None:
        made: list[Json] = []
        keys: set[str] = set()
        running: dict[int, _Proposals] = {}
        for place in places:
            proposals = self._propose(place, trail.below)
            if unique:
                # Where the last one stopped: what it passed over is taken.
                proposals = running.setdefault(id(place), proposals)
            for value in proposals:
                key = key_of(value) if unique else ""
                if key not in keys:
                    break
            else:
                return None
            made.append(value)
            if unique:
                keys.add(key)
        return made
