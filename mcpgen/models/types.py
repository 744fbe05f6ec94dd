"""What Python's types can say of a JSON Schema: small frozen values.

Part of the models stage, between reading a schema (`reading`) and writing source
(`typing_stage`, `source`). Every type here admits at least what its schema admits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from mcpgen.ir import Json

Kind: TypeAlias = Literal["string", "integer", "number", "boolean", "null"]


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value.

    Attributes:
        imprecise: Whether the schema does say more, which no type here can.
    """

    imprecise: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Scalar:
    """All values of one simple JSON type; `number` includes the integers."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Literals:
    """Some strings, integers or booleans; never 0 beside false or 1 beside true."""

    values: tuple[tuple[type, str | int | bool], ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array whose items are all of one type."""

    item: Type


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with any keys whose values are all of one type."""

    value: Type


@dataclass(frozen=True, slots=True)
class Ref:
    """A definition, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Either:
    """One of several types; made by `union`, so it is flat and has no duplicates.

    Attributes:
        members: The types.
        tag: The property that discriminates the objects among them, as the schema's
            `discriminator` says; None where it says nothing.
    """

    members: tuple[Type, ...]
    tag: str | None = field(default=None, compare=False)


Type: TypeAlias = Anything | Scalar | Literals | ListOf | MapOf | Ref | Either

ANYTHING: Final = Anything()
IMPRECISE: Final = Anything(imprecise=True)
NULL: Final = Scalar("null")


class Absent:
    """The default of a property that has none."""


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a class."""

    wire_name: str
    python_name: str
    type: Type
    required: bool
    description: str | None = None
    default: Json | Absent = ABSENT


@dataclass(slots=True)
class Class:
    """A definition that becomes a class; its properties are filled in when it is read.

    Attributes:
        name: The class.
        description: What its docstring says.
        properties: The attributes.
        is_open: Whether the schema says itself that there may be further keys.
    """

    name: str
    description: str | None = None
    properties: tuple[Property, ...] = field(default=())
    is_open: bool = False


@dataclass(slots=True)
class Alias:
    """A definition that becomes a name for another type."""

    name: str
    type: Type
    description: str | None = None


Definition: TypeAlias = Class | Alias


def union(types: Iterable[Type]) -> Type:
    """The type that admits what any of `types` admits, in their order, null last."""
    members: dict[Type, None] = {}
    tag: str | None = None
    for member in types:
        tag = tag or (member.tag if isinstance(member, Either) else None)
        parts = member.members if isinstance(member, Either) else (member,)
        members.update(dict.fromkeys(parts))
    merged = _merge_literals(list(members))
    if ANYTHING in merged:
        merged = [t for t in merged if _is_structured(t)] + [ANYTHING]
    elif Scalar("number") in merged:
        merged = [t for t in merged if t != Scalar("integer")]
    if NULL in merged:
        merged = [t for t in merged if t != NULL] + [NULL]
    return merged[0] if len(merged) == 1 else Either(tuple(merged), tag)


def _is_structured(type_: Type) -> bool:
    """Whether a type has more than `Anything`."""
    if isinstance(type_, ListOf):
        return _is_structured(type_.item)
    if isinstance(type_, MapOf):
        return _is_structured(type_.value)
    if isinstance(type_, Either):
        return any(_is_structured(member) for member in type_.members)
    return isinstance(type_, Ref)


def _merge_literals(types: list[Type]) -> list[Type]:
    found = [t for t in types if isinstance(t, Literals)]
    if len(found) < 2:
        return types
    merged = literals([value for t in found for _, value in t.values])
    rest: list[Type] = []
    for member in types:
        if not isinstance(member, Literals):
            rest.append(member)
        elif merged is not None:
            rest.append(merged)
            merged = None
    flat: dict[Type, None] = {}
    for member in rest:
        parts = member.members if isinstance(member, Either) else (member,)
        flat.update(dict.fromkeys(parts))
    return list(flat)


def literals(values: Iterable[str | int | bool]) -> Type | None:
    """The type of these values; None if there are none.

    Python holds `True == 1`: where numbers stand beside booleans both become their
    whole types, because a `Literal` could turn one into the other.
    """
    unique = tuple(dict.fromkeys((type(value), value) for value in values))
    if not unique:
        return None
    kinds = {kind for kind, _ in unique}
    if not {bool, int} <= kinds:
        return Literals(unique)
    wide: list[Type] = [Scalar("integer"), Scalar("boolean")]
    strings = tuple(pair for pair in unique if pair[0] is str)
    return union([Literals(strings), *wide] if strings else wide)


def admits_anything(type_: Type) -> bool:
    """Whether each JSON value is one of the type."""
    members = type_.members if isinstance(type_, Either) else (type_,)
    return ANYTHING in members


def is_imprecise(type_: Type) -> bool:
    """Whether the schema says more than the type's `Any`."""
    members = type_.members if isinstance(type_, Either) else (type_,)
    return any(isinstance(m, Anything) and m.imprecise for m in members)


def admits_null(type_: Type, definitions: dict[str, Definition]) -> bool:
    """Whether null is a value of the type."""
    seen: set[str] = set()
    waiting: list[Type] = [type_]
    while waiting:
        current = waiting.pop()
        if current in (ANYTHING, NULL):
            return True
        if isinstance(current, Either):
            waiting.extend(current.members)
        elif isinstance(current, Ref) and current.name not in seen:
            seen.add(current.name)
            target = definitions[current.name]
            if isinstance(target, Alias):
                waiting.append(target.type)
    return False


def references(type_: Type) -> list[str]:
    """The names of the definitions that the type mentions, in order."""
    if isinstance(type_, Ref):
        return [type_.name]
    if isinstance(type_, ListOf):
        return references(type_.item)
    if isinstance(type_, MapOf):
        return references(type_.value)
    if isinstance(type_, Either):
        return [name for member in type_.members for name in references(member)]
    return []


def mentioned(definition: Definition) -> list[str]:
    """The names of the definitions that one mentions, in order."""
    if isinstance(definition, Alias):
        return references(definition.type)
    return [name for p in definition.properties for name in references(p.type)]
