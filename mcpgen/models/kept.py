"""Names that callers have stay: the classes of a schema, and their attributes.

Part of the models stage, between reading and writing source. A schema is read without
regard to what it was before. Afterwards each definition is looked up by its place in
the values (`/city`, `/days[]`), and gets the name that callers know it by. Places do
not depend on how a schema is written, so an object may move behind a `$ref`, and the
branches of a union may change their titles and their order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from .names import ClassNames, field_names
from .types import (
    Alias,
    Class,
    Definition,
    Either,
    ListOf,
    Literals,
    MapOf,
    Ref,
    Type,
)

Places: TypeAlias = dict[str, str]
"""Names of definitions by place."""

_ALIAS: Final = "="
_LONGEST_KEY: Final = 60


@dataclass(frozen=True, slots=True)
class Kept:
    """The names inside one schema that callers have.

    Attributes:
        classes: Classes and aliases by place; the schema itself is not among them.
        attributes: Attributes by class and wire name.
    """

    classes: Mapping[str, str] = field(default_factory=dict[str, str])
    attributes: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]]
    )


def keep_names(
    definitions: dict[str, Definition], kept: Mapping[str, Kept], names: ClassNames
) -> dict[str, Places]:
    """Rename the definitions of some schemas in place; gives the places of each schema.

    Args:
        definitions: All definitions of these schemas, by the names that they got.
        kept: What callers have, by the name of the schema's own definition.
        names: Where they got their names from.
    """
    wanted: dict[str, str] = {}
    for root, known in kept.items():
        if known.classes:
            wanted |= _matches(root, definitions, known)
    fresh = [name for name in definitions if name not in kept]
    names.settle(fresh)
    final = {name: wanted[name] for name in fresh if name in wanted}
    final = {name: new for name, new in final.items() if names.keep(new)}
    for name in fresh:
        if name not in final:
            final[name] = name if names.keep(name) else names.unique((name,))
    if any(name != new for name, new in final.items()):
        _rename(definitions, final)
    for root, known in kept.items():
        for name in _reached(root, definitions) if known.attributes else ():
            made = definitions[name]
            if isinstance(made, Class) and name in known.attributes:
                _rename_attributes(made, known.attributes[name])
    return {root: dict(_places(root, definitions)) for root in kept}


def _rename(definitions: dict[str, Definition], final: Mapping[str, str]) -> None:
    old = dict(definitions)
    definitions.clear()
    for name, definition in old.items():
        new = final.get(name, name)
        definition.name = new
        if isinstance(definition, Alias):
            definition.type = _renamed(definition.type, final)
        else:
            definition.properties = tuple(
                replace(p, type=_renamed(p.type, final)) for p in definition.properties
            )
        definitions[new] = definition


def _renamed(type_: Type, final: Mapping[str, str]) -> Type:
    match type_:
        case Ref(name):
            return Ref(final.get(name, name))
        case ListOf(item):
            return ListOf(_renamed(item, final))
        case MapOf(value):
            return MapOf(_renamed(value, final))
        case Either(members):
            return replace(type_, members=tuple(_renamed(m, final) for m in members))
        case _:
            return type_


def _rename_attributes(made: Class, given: Mapping[str, str]) -> None:
    found = field_names((p.wire_name for p in made.properties), given)
    made.properties = tuple(
        replace(p, python_name=found[p.wire_name]) for p in made.properties
    )


# --- places ------------------------------------------------------------------


def _places(
    root: str, definitions: Mapping[str, Definition]
) -> Iterator[tuple[str, str]]:
    """Every place at which a definition is mentioned, each definition entered once."""
    entered = {root}
    waiting = deque([("", root)])
    while waiting:
        place, name = waiting.popleft()
        for inner, target in _mentions(definitions[name], place, definitions):
            yield _key(inner, target, definitions), target
            if target not in entered:
                entered.add(target)
                waiting.append((inner, target))


def _reached(root: str, definitions: Mapping[str, Definition]) -> list[str]:
    found = (name for _, name in _places(root, definitions))
    return list(dict.fromkeys([root, *found]))


def _key(place: str, name: str, definitions: Mapping[str, Definition]) -> str:
    is_alias = isinstance(definitions[name], Alias)
    return f"{place}{_ALIAS}" if is_alias else place


def _mentions(
    definition: Definition, place: str, definitions: Mapping[str, Definition]
) -> Iterator[tuple[str, str]]:
    if isinstance(definition, Alias):
        yield from _inside(definition.type, place, definitions)
        return
    for member in definition.properties:
        step = member.wire_name.replace("~", "~0").replace("/", "~1")
        yield from _inside(member.type, f"{place}/{step}", definitions)


def _inside(
    type_: Type, place: str, definitions: Mapping[str, Definition]
) -> Iterator[tuple[str, str]]:
    match type_:
        case Ref(name):
            yield place, name
        case ListOf(item):
            yield from _inside(item, f"{place}[]", definitions)
        case MapOf(value):
            yield from _inside(value, f"{place}{{}}", definitions)
        case Either(members):
            branches = [m.name for m in members if isinstance(m, Ref)]
            found = _branches(place, branches, definitions)
            yield from zip(found, branches, strict=True)
            for member in members:
                if isinstance(member, ListOf | MapOf):
                    yield from _inside(member, place, definitions)
        case _:
            return


def _branches(
    place: str, names: list[str], definitions: Mapping[str, Definition]
) -> Iterator[str]:
    """A place for each object of a union: by its tag, else by its properties."""
    if len(names) == 1:
        yield place
        return
    seen: dict[str, int] = {}
    for name in names:
        key = f"{place}|{_branch_key(definitions[name])}"
        seen[key] = seen.get(key, 0) + 1
        yield key if seen[key] == 1 else f"{key}#{seen[key]}"


def _branch_key(definition: Definition) -> str:
    if isinstance(definition, Alias):
        return ""
    for member in definition.properties:
        match member.type:
            case Literals(values=((_, str(value)),)):
                return f"{member.wire_name}={value}"[:_LONGEST_KEY]
            case _:
                continue
    return ",".join(sorted(_wires(definition)))[:_LONGEST_KEY]


def _wires(made: Class) -> set[str]:
    return {p.wire_name for p in made.properties}


# --- matching ----------------------------------------------------------------


def _matches(
    root: str, definitions: Mapping[str, Definition], known: Kept
) -> dict[str, str]:
    """The names that callers have, by those that the definitions got now."""
    found: dict[str, list[str]] = {}
    for place, name in _candidates(root, definitions, known.classes):
        if name != root:
            found.setdefault(name, []).append(place)
    at = [
        (name, known.classes[place])
        for name, places in found.items()
        for place in places
        if place in known.classes
    ]
    free = dict.fromkeys(known.classes.values())
    wanted: dict[str, str] = {}

    def take(pairs: Iterable[tuple[str, str]]) -> None:
        for name, given in pairs:
            if name not in wanted and given in free:
                wanted[name] = given
                del free[given]

    take((name, given) for name, given in at if name == given)
    take(at)
    take(_alike(definitions, known, found, wanted, free))
    take((name, name) for name in found)
    return wanted


def _candidates(
    root: str, definitions: Mapping[str, Definition], given: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Places of definitions; where callers know a class at one, it is looked into from
    every place at which they know that class.
    """
    known: dict[str, list[str]] = {}
    for place, name in given.items():
        known.setdefault(name, []).append(place.removesuffix(_ALIAS))
    entered: set[str] = {root}
    done: set[tuple[str, str]] = set()
    waiting = deque([("", root)])
    while waiting:
        place, name = waiting.popleft()
        for inner, target in _mentions(definitions[name], place, definitions):
            key = _key(inner, target, definitions)
            yield key, target
            if target not in entered:
                entered.add(target)
                waiting.append((inner, target))
            for other in known.get(given.get(key, ""), ()):
                if (other, target) not in done:
                    done.add((other, target))
                    waiting.append((other, target))


def _alike(
    definitions: Mapping[str, Definition],
    known: Kept,
    found: Mapping[str, list[str]],
    wanted: Mapping[str, str],
    free: Iterable[str],
) -> list[tuple[str, str]]:
    """Branches of unions that changed their properties, by what they still share."""
    unions: dict[str, set[str]] = {}
    for place, given in known.classes.items():
        if given in free:
            unions.setdefault(_union_of(place), set()).add(given)
    pairs: list[tuple[float, str, str]] = []
    for name, places in found.items():
        made = definitions[name]
        if name in wanted or not isinstance(made, Class):
            continue
        for given in {g for p in places for g in unions.get(_union_of(p), ())}:
            before = set(known.attributes.get(given, ()))
            now = _wires(made)
            share = len(before & now) / max(len(before | now), 1)
            if share >= 0.5:
                pairs.append((-share, name, given))
    return [(name, given) for _, name, given in sorted(pairs)]


def _union_of(place: str) -> str:
    """The place of the union that the last step of a place is a branch of."""
    head, bar, tail = place.rpartition("|")
    return head if bar and "/" not in tail else place
