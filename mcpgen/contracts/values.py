"""What changed between two JSON Schemas, for who sends such values or who reads them.

Middle of the contract stage. Arguments flow to the server, so the new schema has to
accept what the old one accepted; results flow to the client, so it is the other way
round. The walk names what it can; what it can't name is decided for the whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Final

from .containment import Containment, Verdict, elements, undeclared
from .documents import (
    Document,
    Json,
    Part,
    Pointer,
    is_list,
    is_mapping,
    keywords,
    text_of,
)
from .examples import example, shown
from .rules import RULES, Level

DEEPEST: Final = 40
"""Levels of properties that are named one by one."""

_SHORT: Final = 40
_UNION: Final = frozenset({"anyOf"})


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One change of a JSON Schema.

    Attributes:
        rule: The rule's id.
        path: Which value is meant, such as `filter.tags[]`; empty for the whole.
        message: What changed, as a sentence without its subject.
        old: Where it stands in the old schema.
        new: Where it stands in the new schema.
        example: A value as JSON that shows it, or None.
    """

    rule: str
    path: str
    message: str
    old: Pointer
    new: Pointer
    example: str | None = None


def argument_changes(old: Json, new: Json) -> list[ValueChange]:
    """What changed for who sends values: `old` and `new` are JSON Schemas."""
    return _Arguments(old, new).changes()


def result_changes(old: Json, new: Json) -> list[ValueChange]:
    """What changed for who reads values: `old` and `new` are JSON Schemas."""
    return _Results(old, new).changes()


@dataclass(frozen=True, slots=True)
class _Place:
    """A pair of parts that judge the same value.

    Attributes:
        old: The part of the old schema.
        new: The part of the new schema.
        path: How a person calls the value.
        steps: The way to it by keywords, for a schema that restricts it.
    """

    old: Part
    new: Part
    path: str = ""
    steps: Pointer = ()

    def property(self, name: str, old: Part, new: Part) -> _Place:
        path = f"{self.path}.{name}" if self.path else name
        return _Place(old, new, path, (*self.steps, "properties", name))

    def element(self) -> _Place:
        return _Place(
            elements(self.old),
            elements(self.new),
            f"{self.path}[]",
            (*self.steps, "items"),
        )


class _Walk(ABC):
    """The walk through two schemas; subclasses know which way values flow."""

    def __init__(self, old: Json, new: Json) -> None:
        self.found: list[ValueChange] = []
        self.absent: list[Pointer] = []
        self._old = Document(old, "old")
        self._new = Document(new, "new")
        self._forward = Containment(self._old, self._new)
        self._backward = Containment(self._new, self._old)
        self._walked: set[tuple[Part, Part]] = set()

    def changes(self) -> list[ValueChange]:
        """All changes; what the walk can't name is decided for the whole."""
        whole = _Place(self._old.root, self._new.root)
        self._walk(whole)
        proof = self._safe(whole)
        if proof is Verdict.YES:
            return [c for c in self.found if c.rule not in self.UNNEEDED]
        if any(RULES[c.rule].level is Level.BREAKING for c in self.found):
            return self.found
        if any(RULES[c.rule].level is Level.UNKNOWN for c in self.found):
            return self.found
        if self.absent and self._safe_without(self.absent) is Verdict.YES:
            return self.found
        self._judge_broken(whole, proof, self.absent)
        return self.found

    # Which way values flow.

    REMOVED: str
    TYPE_CHANGED: str
    BROKEN: str
    BETTER: str
    UNDECIDED: str
    FORMAT: str
    DESCRIPTION: str
    ENUM_BROKEN: str
    ENUM_BETTER: str
    UNNEEDED: frozenset[str]

    @abstractmethod
    def _safe(self, place: _Place) -> Verdict:
        """Whether callers can go on as they are."""

    @abstractmethod
    def _gain(self, place: _Place) -> Verdict:
        """Whether the change goes no further than callers went before."""

    @abstractmethod
    def _safe_without(self, absent: list[Pointer]) -> Verdict:
        """The same for the whole, for values without the properties at some places."""

    @abstractmethod
    def _witness(self, place: _Place, within: Json) -> tuple[Json] | None:
        """A value that shows how callers can't go on."""

    @abstractmethod
    def _came(self, place: _Place, name: str, old: Part, new: Part) -> None:
        """Say that a property came; `old` is what it could be undeclared."""

    @abstractmethod
    def _required(self, place: _Place, name: str, is_required: bool) -> None:
        """Say that a property has, or has not, to be there any more."""

    @abstractmethod
    def _undeclared(self, place: _Place) -> None:
        """Say what changed for properties that are not named."""

    # The walk.

    def _walk(self, place: _Place) -> None:
        place = replace(place, old=place.old.resolved(), new=place.new.resolved())
        pair = place.old, place.new
        if pair in self._walked or len(place.steps) > 2 * DEEPEST:
            return
        self._walked.add(pair)
        old, new = _branch(place.old), _branch(place.new)
        if old and new:
            place = replace(place, old=old, new=new)
        first, second = place.old.schema, place.new.schema
        if _is_record(first) and _is_record(second):
            self._records(place)
        elif _is_sequence(first) and _is_sequence(second):
            self._walk_noted(place.element())
            self._leaf(place, but={"items"})
        else:
            self._leaf(place)

    def _walk_noted(self, place: _Place) -> None:
        self._annotations(place)
        self._walk(place)

    def _records(self, place: _Place) -> None:
        old, new = place.old.schema, place.new.schema
        before, after = old.get("properties", {}), new.get("properties", {})
        required = set(old.get("required", ())), set(new.get("required", ()))
        for name in dict.fromkeys([*before, *after]):
            first = place.old.below("properties", name)
            second = place.new.below("properties", name)
            if name not in after:
                self._add(
                    self.REMOVED, place.property(name, first, place.new), "is gone"
                )
                continue
            if name not in before:
                self._came(place, name, undeclared(place.old), second)
                continue
            inner = place.property(name, first, second)
            if (name in required[0]) != (name in required[1]):
                self._required(inner, name, name in required[1])
            self._walk_noted(inner)
        for name in sorted((required[0] ^ required[1]) - before.keys() - after.keys()):
            inner = place.property(name, place.old, place.new)
            self._required(inner, name, name in required[1])
        if text_of(old.get("additionalProperties", True)) != text_of(
            new.get("additionalProperties", True)
        ):
            self._undeclared(place)

    def _leaf(
        self, place: _Place, but: frozenset[str] | set[str] = frozenset()
    ) -> None:
        """A value that the walk does not go into."""
        if place.old.text == place.new.text:
            return
        first, second = place.old.schema, place.new.schema
        if but:
            same = all(
                text_of(first.get(key)) == text_of(second.get(key))
                for key in keywords(first) | keywords(second)
                if key not in but
            )
            if same:
                return
        safe = self._safe(place)
        if safe is not Verdict.YES:
            self._judge_broken(place, safe)
        elif self._gain(place) is not Verdict.YES:
            gone, came = _enum_change(first, second)
            if gone or came:
                self._add(self.ENUM_BETTER, place, _values(gone, came))
            else:
                self._add(self.BETTER, place, _difference(first, second))

    def _judge_broken(
        self, place: _Place, verdict: Verdict, absent: list[Pointer] | None = None
    ) -> None:
        """Say that callers can't go on, or that nothing proves that they can.

        Values that have a property at one of the `absent` places are no evidence: that
        property has been named already.
        """
        within = _without(absent) if absent else True
        witness = self._witness(place, within)
        if absent and verdict is Verdict.NO:
            verdict = Verdict.UNKNOWN
        first, second = place.old.schema, place.new.schema
        if witness is None and verdict is not Verdict.NO:
            self._add(self.UNDECIDED, place, _difference(first, second))
            return
        shows = None if witness is None else shown(witness[0])
        gone, came = _enum_change(first, second)
        types = _types(first), _types(second)
        if gone or came:
            self._add(self.ENUM_BROKEN, place, _values(gone, came), shows)
        elif types[0] and types[1] and not _overlap(*types):
            message = f"was {_these(types[0])} and is {_these(types[1])}"
            self._add(self.TYPE_CHANGED, place, message, shows)
        else:
            self._add(self.BROKEN, place, _difference(first, second), shows)

    def _annotations(self, place: _Place) -> None:
        """Keywords that refuse nothing and are read all the same."""
        old, new = place.old.schema, place.new.schema
        if not is_mapping(old) or not is_mapping(new):
            return
        for keyword, rule in (
            ("description", self.DESCRIPTION),
            ("format", self.FORMAT),
        ):
            if text_of(old.get(keyword)) != text_of(new.get(keyword)):
                self._add(rule, place, _keyword_change(keyword, old, new))

    def _add(
        self, rule: str, place: _Place, message: str, shows: str | None = None
    ) -> None:
        change = ValueChange(
            rule, place.path, message, place.old.pointer, place.new.pointer, shows
        )
        self.found.append(change)


class _Arguments(_Walk):
    """Values flow from callers to the server."""

    REMOVED = "ARGUMENT_REMOVED"
    TYPE_CHANGED = "ARGUMENT_TYPE_CHANGED"
    BROKEN = "ARGUMENT_NARROWED"
    BETTER = "ARGUMENT_WIDENED"
    UNDECIDED = "ARGUMENT_UNDECIDED"
    FORMAT = "ARGUMENT_FORMAT_CHANGED"
    DESCRIPTION = "ARGUMENT_DESCRIPTION_CHANGED"
    ENUM_BROKEN = "ARGUMENT_ENUM_VALUE_REMOVED"
    ENUM_BETTER = "ARGUMENT_ENUM_VALUE_ADDED"
    UNNEEDED = frozenset({"ARGUMENT_UNDECIDED"})

    def _safe(self, place: _Place) -> Verdict:
        return self._forward.verdict(place.old, place.new)

    def _gain(self, place: _Place) -> Verdict:
        return self._backward.verdict(place.new, place.old)

    def _safe_without(self, absent: list[Pointer]) -> Verdict:
        return self._forward.with_restriction(_without(absent))

    def _witness(self, place: _Place, within: Json) -> tuple[Json] | None:
        return example(place.old, place.new, within)

    def _came(self, place: _Place, name: str, old: Part, new: Part) -> None:
        inner = place.property(name, place.old, new)
        if name in place.new.schema.get("required", ()):
            if name in place.old.schema.get("required", ()):
                self._walk(place.property(name, old, new))
            else:
                self._add("ARGUMENT_REQUIRED_ADDED", inner, "is new and required")
        elif self._forward.verdict(old, new) is Verdict.YES:
            self._add("ARGUMENT_ADDED", inner, "is new")
        else:
            self._add("ARGUMENT_ADDED_TO_OPEN_OBJECT", inner, "is new")
            self.absent.append(inner.steps)

    def _required(self, place: _Place, name: str, is_required: bool) -> None:
        if is_required:
            self._add("ARGUMENT_BECAME_REQUIRED", place, "is required now")
        else:
            self._add("ARGUMENT_BECAME_OPTIONAL", place, "can be left out now")

    def _undeclared(self, place: _Place) -> None:
        old, new = undeclared(place.old), undeclared(place.new)
        forward = self._forward.verdict(old, new)
        if forward is Verdict.YES:
            if self._backward.verdict(new, old) is not Verdict.YES:
                message = "takes undeclared arguments now"
                self._add("ARGUMENTS_OPENED", place, message)
        elif new.schema is False:
            message = "takes no undeclared arguments any more"
            self._add("ARGUMENTS_CLOSED", place, message)
        else:
            self._leaf(_Place(old, new, f"{place.path}.*".lstrip("."), ()))

    def _annotations(self, place: _Place) -> None:
        super()._annotations(place)
        old, new = place.old.schema, place.new.schema
        if not is_mapping(old) or not is_mapping(new):
            return
        if ("default" in old) != ("default" in new) or text_of(
            old.get("default")
        ) != text_of(new.get("default")):
            message = _keyword_change("default", old, new)
            self._add("ARGUMENT_DEFAULT_CHANGED", place, message)
        header = "x-mcp-header"
        if text_of(old.get(header)) != text_of(new.get(header)):
            rule = "REQUIRED" if new.get(header) is not None else "DROPPED"
            message = _keyword_change(header, old, new)
            self._add(f"ARGUMENT_HEADER_{rule}", place, message)


class _Results(_Walk):
    """Values flow from the server to callers."""

    REMOVED = "RESULT_FIELD_REMOVED"
    TYPE_CHANGED = "RESULT_TYPE_CHANGED"
    BROKEN = "RESULT_WIDENED"
    BETTER = "RESULT_NARROWED"
    UNDECIDED = "RESULT_UNDECIDED"
    FORMAT = "RESULT_FORMAT_CHANGED"
    DESCRIPTION = "RESULT_DESCRIPTION_CHANGED"
    ENUM_BROKEN = "RESULT_ENUM_VALUE_ADDED"
    ENUM_BETTER = "RESULT_ENUM_VALUE_REMOVED"
    UNNEEDED = frozenset({"RESULT_UNDECIDED"})

    def _safe(self, place: _Place) -> Verdict:
        return self._backward.verdict(place.new, place.old)

    def _gain(self, place: _Place) -> Verdict:
        return self._forward.verdict(place.old, place.new)

    def _safe_without(self, absent: list[Pointer]) -> Verdict:
        return self._backward.with_restriction(_without(absent))

    def _witness(self, place: _Place, within: Json) -> tuple[Json] | None:
        return example(place.new, place.old, within)

    def _came(self, place: _Place, name: str, old: Part, new: Part) -> None:
        inner = place.property(name, place.old, new)
        if old.schema is False:
            message = "is new, where no further fields were allowed"
            self._add("RESULT_FIELD_ADDED_TO_CLOSED_OBJECT", inner, message)
            return
        self._add("RESULT_FIELD_ADDED", inner, "is new")
        if self._backward.verdict(new, old) is not Verdict.YES:
            self._walk(place.property(name, old, new))

    def _required(self, place: _Place, name: str, is_required: bool) -> None:
        if is_required:
            self._add("RESULT_FIELD_BECAME_REQUIRED", place, "is always there now")
        else:
            self._add("RESULT_FIELD_BECAME_OPTIONAL", place, "may be missing now")

    def _undeclared(self, place: _Place) -> None:
        old, new = undeclared(place.old), undeclared(place.new)
        backward = self._backward.verdict(new, old)
        if backward is Verdict.YES:
            if self._forward.verdict(old, new) is not Verdict.YES:
                message = "has fewer undeclared fields, or none"
                self._add("RESULT_CLOSED", place, message)
        elif old.schema is False:
            self._add("RESULT_OPENED", place, "may have undeclared fields now")
        else:
            self._leaf(_Place(old, new, f"{place.path}.*".lstrip("."), ()))


def _branch(part: Part) -> Part | None:
    """What is not null in a union with null, as optional values are written."""
    schema = part.schema
    if not is_mapping(schema) or keywords(schema) != _UNION:
        return None
    branches = [part.below("anyOf", i) for i in range(len(schema["anyOf"]))]
    others = [b for b in branches if b.schema != {"type": "null"}]
    if len(branches) == 2 and len(others) == 1:
        return others[0].resolved()
    return None


def _is_record(schema: Json) -> bool:
    return (
        is_mapping(schema)
        and schema.get("type") == "object"
        and is_mapping(schema.get("properties", {}))
    )


def _is_sequence(schema: Json) -> bool:
    return (
        is_mapping(schema)
        and schema.get("type") == "array"
        and is_mapping(schema.get("items"))
    )


def _without(absent: list[Pointer]) -> dict[str, Json]:
    """A schema that refuses values which have a property at one of some places."""
    schemas: list[Json] = []
    for steps in absent:
        schema: Json = False
        for step in reversed(steps):
            schema = {step: schema}
        schemas.append(schema)
    return {"allOf": schemas}


def _enum_change(old: Json, new: Json) -> tuple[list[Json], list[Json]]:
    """The values that an enum lost and gained; empty where there is no such pair."""
    before, after = _enum(old), _enum(new)
    if before is None or after is None:
        return [], []
    gone = [value for text, value in before.items() if text not in after]
    came = [value for text, value in after.items() if text not in before]
    return gone, came


def _enum(schema: Json) -> dict[str, Json] | None:
    if not is_mapping(schema):
        return None
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return {text_of(v): v for v in values} if is_list(values) else None


def _values(gone: list[Json], came: list[Json]) -> str:
    words = [f"does not have {_listed(gone)} any more"] if gone else []
    words += (
        [f"has {_listed(came)} as well" if not gone else f"has {_listed(came)}"]
        if came
        else []
    )
    return " and ".join(words)


def _listed(values: list[Json]) -> str:
    few = ", ".join(shown(value) for value in values[:4])
    return few if len(values) <= 4 else f"{few} and {len(values) - 4} more"


def _types(schema: Json) -> frozenset[str]:
    """The types that a schema names itself."""
    named = schema.get("type") if is_mapping(schema) else None
    if isinstance(named, str):
        return frozenset({named})
    return frozenset(named) if is_list(named) else frozenset()


def _overlap(first: frozenset[str], second: frozenset[str]) -> bool:
    numbers = frozenset({"integer", "number"})
    return bool(first & second) or bool(first & numbers and second & numbers)


def _these(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))


def _difference(old: Json, new: Json) -> str:
    """Which keywords differ, with their values where they are short."""
    if not is_mapping(old) or not is_mapping(new):
        return f"was {shown(old)} and is {shown(new)}"
    changed = [
        key
        for key in sorted(keywords(old) | keywords(new))
        if text_of(old.get(key)) != text_of(new.get(key))
    ]
    words = [_keyword_change(key, old, new) for key in changed[:3]]
    return ", ".join(words) if words else "refers to something that changed"


def _is_long(value: Json) -> bool:
    """Whether a keyword's value says more when it is looked up than in a message."""
    return is_mapping(value) or (is_list(value) and len(text_of(value)) > _SHORT)


def _keyword_change(key: str, old: dict[str, Json], new: dict[str, Json]) -> str:
    before, after = old.get(key), new.get(key)
    if any(_is_long(value) for value in (before, after)):
        return f"`{key}` changed"
    if key == "description":
        return "has another description"
    if key not in old:
        return f"has `{key}` {shown(after)} now"
    if key not in new:
        return f"has no `{key}` any more (it was {shown(before)})"
    return f"`{key}` was {shown(before)} and is {shown(after)}"
