"""From JSON Schemas to definitions that Python can state: classes and aliases.

Part of the models stage; knows no source text and no generator. What a type can't say
is left out, so every definition admits at least what its schema admits; refusing
anything is the validator's work, on the original schema.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from mcpgen.ir import Json

from .documents import Document, Schema, is_object, schema_list, schema_map, subschema
from .facts import (
    KINDS,
    Facts,
    Part,
    description_of,
    gather,
    is_unicode,
    meet,
    only_reference,
)
from .imprecise import (
    CONTAINERS,
    DYNAMIC,
    FURTHER_KEYS,
    IMPOSSIBLE,
    ITSELF,
    NO_ITEMS,
    OTHER_BRANCHES,
    OTHER_KEYS,
    TOO_DEEP,
    TOO_MANY,
    UNEVALUATED,
    Imprecise,
    Note,
    Pointer,
    Spot,
    located,
)
from .names import ClassNames, field_names, pascal_case
from .types import (
    ABSENT,
    ANYTHING,
    IMPRECISE,
    NULL,
    Absent,
    Alias,
    Class,
    Definition,
    Either,
    ListOf,
    Literals,
    MapOf,
    Property,
    Ref,
    Scalar,
    Type,
    admits_anything,
    is_imprecise,
    literals,
    union,
)

MAX_TYPE_DEPTH: Final = 24
"""Levels of nesting that types show; deeper parts of a schema are any value."""
MAX_LITERALS: Final = 256
"""Values that a `Literal` lists; of a longer enumeration only the kinds are shown."""
MAX_BRANCHES: Final = 128
"""Types in a union. Type checkers and compilers give up on some hundreds."""
MAX_LITERAL_LENGTH: Final = 1_000
"""Characters of a value in a `Literal`."""

_SCALARS: Final[dict[str, Scalar]] = {
    "string": Scalar("string"),
    "integer": Scalar("integer"),
    "number": Scalar("number"),
    "boolean": Scalar("boolean"),
    "null": NULL,
}
_PYTHON_KINDS: Final[dict[type, str]] = {
    dict: "object",
    list: "array",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a schema stands: the parts of the name that a class here gets, how deep, and
    the keyword of which schema it is behind.
    """

    names: tuple[str, ...]
    depth: int = 0
    around: Part | None = None
    steps: Pointer = ()

    def inner(self, name: str, around: Part | None = None, *steps: str | int) -> Place:
        """A place one level further in."""
        return Place((*self.names, name), self.depth + 1, around, steps)

    def below(self) -> Place:
        """The same place, for a part of its schema."""
        return replace(self, depth=self.depth + 1)


@dataclass(slots=True)
class _Target:
    """A schema that a `$ref` names: its type, and its alias while it is being read."""

    name: str | None = None
    type: Type | None = None


@dataclass(slots=True)
class Library:
    """All definitions of one models module, by name, in the order they were found."""

    names: ClassNames
    definitions: dict[str, Definition] = field(default_factory=dict[str, Definition])

    def settle(self) -> None:
        """Make aliases that mean nothing but themselves any value."""
        for name, definition in self.definitions.items():
            if isinstance(definition, Alias) and _leads_to_itself(
                name, self.definitions
            ):
                definition.type = IMPRECISE


class Reader:
    """Reads one document into a library.

    `define` names the schemas that must have a definition, `run` reads everything that
    they need.
    """

    def __init__(self, document: Document, library: Library, prefix: str) -> None:
        self._document = document
        self._library = library
        self._prefix = prefix
        self._targets: dict[int, _Target] = {}
        self._classes: dict[frozenset[int], str] = {}
        self._queue: deque[Callable[[], None]] = deque()
        self._made: list[dict[str, Json]] = []
        self._named: dict[str, Schema] = {}
        self._partly_said: set[int] = set()
        self._notes: list[Note] = []

    def define(self, name: str, schema: Schema, *, keep_empty_class: bool) -> None:
        """Give a schema exactly this name, which the library has claimed already.

        Args:
            name: The class or alias.
            schema: A schema of the document.
            keep_empty_class: Whether an object without properties becomes a class
                (that keeps unknown keys) instead of an alias of `dict`.
        """
        named = schema
        while True:
            if isinstance(named, dict):
                if id(named) in self._targets:
                    break
                self._targets[id(named)] = _Target(name, Ref(name))
            if not keep_empty_class:
                break
            target = only_reference(self._document, named)
            if target is None or target is named:
                break
            named = target
        self._queue.append(lambda: self._read_named(name, schema, keep_empty_class))

    def run(self) -> None:
        """Read all that is waiting."""
        while self._queue:
            self._queue.popleft()()

    def imprecise(self) -> tuple[Imprecise, ...]:
        """Where the types that were read say less than their schemas."""
        definitions = self._library.definitions
        self._notes.extend(
            Note(Spot(schema), ITSELF)
            for name, schema in self._named.items()
            if _leads_to_itself(name, definitions)
        )
        return tuple(located(self._document, self._notes))

    def _note(self, schema: Schema, place: Place, reason: str | None) -> None:
        spot = Spot(schema, place.around, place.steps)
        self._notes.append(Note(spot, reason))

    def _imprecise(self, schema: Schema, place: Place, reason: str) -> Type:
        self._note(schema, place, reason)
        return IMPRECISE

    def _read_named(self, name: str, schema: Schema, keep_empty_class: bool) -> None:
        self._named[name] = schema
        description = description_of(schema)
        target = only_reference(self._document, schema)
        if target is not None and not keep_empty_class:
            type_ = self._referenced(target, schema, Place((name,)))
            self._library.definitions[name] = Alias(name, type_, description)
            return
        facts = gather(self._document, schema)
        is_object = facts.kinds == ("object",) and facts.values is None
        if is_object and (keep_empty_class or facts.properties):
            self._add_class(Class(name, facts.description), facts, Place((name,)))
            return
        type_ = self._type_of(facts, Place((name,)), schema)
        if type_ == ANYTHING and not is_imprecise(type_):
            self._note(schema, Place((name,)), None)
        self._library.definitions[name] = Alias(name, type_, facts.description)

    # --- types ---------------------------------------------------------------

    def _read(self, schema: Schema, place: Place) -> Type:
        if not isinstance(schema, dict):
            return ANYTHING
        if place.depth > MAX_TYPE_DEPTH:
            return self._imprecise(schema, place, TOO_DEEP)
        if id(schema) in self._partly_said:
            return self._imprecise(schema, place, OTHER_BRANCHES)
        target = only_reference(self._document, schema)
        if target is not None:
            return self._referenced(target, schema, place)
        return self._type_of(gather(self._document, schema), place, schema)

    def _referenced(self, target: Schema, schema: Schema, place: Place) -> Type:
        if not isinstance(target, dict):
            return ANYTHING
        entry = self._targets.get(id(target))
        if entry is None:
            entry = self._targets[id(target)] = _Target()
            names = (self._prefix, _last_segment(schema) or place.names[-1])
            read = self._read(target, Place(names, place.depth + 1))
            self._finish(entry, read, names, target)
        elif entry.type is None and entry.name is None:
            entry.name = self._library.names.unique(
                (self._prefix, _last_segment(schema) or place.names[-1])
            )
        return Ref(entry.name) if entry.type is None and entry.name else _type(entry)

    def _finish(
        self,
        entry: _Target,
        read: Type,
        names: tuple[str, str],
        target: Schema,
    ) -> None:
        if entry.name is None and not _deserves_name(read):
            entry.type = read
            return
        if entry.name is None:
            entry.name = self._library.names.unique(names)
        self._named[entry.name] = target
        self._library.definitions[entry.name] = Alias(
            entry.name, read, description_of(target)
        )
        entry.type = Ref(entry.name)

    def _type_of(self, facts: Facts, place: Place, schema: Schema) -> Type:
        if facts.values is not None:
            return self._enumerated(facts.values, facts.kinds, place, schema)
        either: Type = ANYTHING
        if not self._is_structured(facts):
            either = self._first_union(facts, place)
        if either != ANYTHING:
            return either
        if facts.kinds is None:
            known: list[str] = []
            if facts.properties:
                known.append("object")
            if self._item_schemas(facts):
                known.append("array")
            if facts.depends:
                self._note(schema, place, DYNAMIC)
            other = IMPRECISE if facts.depends else either
            return union([*(self._kind(kind, facts, place) for kind in known), other])
        if not facts.kinds:
            return self._imprecise(schema, place, IMPOSSIBLE)
        return union([self._kind(kind, facts, place) for kind in facts.kinds])

    def _first_union(self, facts: Facts, place: Place) -> Type:
        """The type of the first of a schema's unions that has one."""
        found: Type = ANYTHING
        tag = next(filter(None, map(_discriminator, facts.parts)), None)
        for branches in facts.unions:
            type_ = self._either(branches, facts.kinds, place)
            if isinstance(type_, Either):
                return replace(type_, tag=tag or type_.tag)
            if type_ != ANYTHING:
                return type_
            found = IMPRECISE if is_imprecise(type_) else found
        return found

    def _is_structured(self, facts: Facts) -> bool:
        if facts.properties:
            return facts.kinds is None or "object" in facts.kinds
        return facts.kinds == ("array",) and bool(self._item_schemas(facts))

    def _either(
        self, branches: list[Schema], kinds: tuple[str, ...] | None, place: Place
    ) -> Type:
        possible = [b for b in branches if self._is_possible(b, kinds)]
        classes = sum(map(self._may_be_class, possible))
        if classes > MAX_BRANCHES:
            return self._imprecise(True, place, TOO_MANY)
        many = classes > 1
        members: list[Type] = []
        for number, branch in enumerate(branches, 1):
            inner = place
            if many:
                names = (*place.names, self._branch_name(branch, number))
                inner = replace(place, names=names, depth=place.depth + 1)
            if branch in possible:
                members.append(self._branch(branch, kinds, inner))
        type_ = union(members) if members else ANYTHING
        if isinstance(type_, Either) and len(type_.members) > MAX_BRANCHES:
            return self._imprecise(True, place, TOO_MANY)
        return type_

    def _is_possible(self, branch: Schema, kinds: tuple[str, ...] | None) -> bool:
        """Whether a branch may be taken by a value of one of the kinds, at first sight."""
        if not isinstance(branch, dict):
            return branch
        return meet(kinds, gather(self._document, branch).kinds) != ()

    def _branch(
        self, branch: Schema, kinds: tuple[str, ...] | None, place: Place
    ) -> Type:
        if only_reference(self._document, branch) is not None or kinds is None:
            return self._read(branch, place.below())
        facts = gather(self._document, branch)
        facts.kinds = meet(kinds, facts.kinds)
        return self._type_of(facts, place.below(), branch)

    def _may_be_class(self, branch: Schema) -> bool:
        if not isinstance(branch, dict):
            return False
        if only_reference(self._document, branch) is not None:
            return False
        return bool(gather(self._document, branch).properties)

    def _branch_name(self, branch: Schema, number: int) -> str:
        """A name for one of several objects: its title, its tag, else its number."""
        if not isinstance(branch, dict):
            return f"Option{number}"
        title = branch.get("title")
        if isinstance(title, str) and len(title) <= 40 and pascal_case(title):
            return pascal_case(title)
        for member in schema_map(branch, "properties").values():
            tag = member.get("const") if isinstance(member, dict) else None
            if isinstance(tag, str) and len(tag) <= 40 and pascal_case(tag):
                return pascal_case(tag)
        return f"Option{number}"

    def _kind(self, kind: str, facts: Facts, place: Place) -> Type:
        if kind == "object":
            return self._object(facts, place)
        if kind == "array":
            return self._array(facts, place)
        return _SCALARS[kind]

    def _enumerated(
        self,
        values: list[Json],
        kinds: tuple[str, ...] | None,
        place: Place,
        schema: Schema,
    ) -> Type:
        found = [v for v in values if kinds is None or _has_kind(v, kinds)]
        if not found:
            return self._imprecise(schema, place, IMPOSSIBLE)
        if any(value not in ({}, []) and _is_container(value) for value in found):
            self._note(schema, place, CONTAINERS)
        present = {_kind_of(value) for value in found}
        listed = [v for v in found if isinstance(v, (str, int))]
        wide = present - {"string", "integer", "boolean"}
        if "number" in present or len(listed) > MAX_LITERALS:
            wide |= {_PYTHON_KINDS[type(value)] for value in listed}
        wide |= {_kind_of(value) for value in listed if not _fits_literal(value)}
        narrow = literals([v for v in listed if _PYTHON_KINDS[type(v)] not in wide])
        types: list[Type] = [] if narrow is None else [narrow]
        types.extend(_wide(kind) for kind in KINDS if kind in wide)
        return union(types)

    # --- arrays --------------------------------------------------------------

    def _item_schemas(self, facts: Facts) -> list[tuple[Schema, Part, Pointer]]:
        """Schemas of which each item matches at least one, each with where it stands.

        Empty if nothing is said.
        """
        for part in facts.parts:
            rest_keyword = "items"
            first = "prefixItems"
            if isinstance(part.get("items"), list):
                first, rest_keyword = "items", "additionalItems"
            elif not self._document.understands(part, "prefixItems"):
                first = ""
            rest = subschema(part, rest_keyword)
            found: list[tuple[Schema, Part, Pointer]] = [
                (schema, part, (first, index))
                for index, schema in enumerate(schema_list(part, first))
            ]
            if found and rest is not False:
                found.append((True if rest is None else rest, part, (rest_keyword,)))
            if not found and isinstance(rest, dict):
                found.append((rest, part, (rest_keyword,)))
            if found:
                return found
        return []

    def _array(self, facts: Facts, place: Place) -> Type:
        schemas = self._item_schemas(facts)
        if not schemas:
            self._note_items(facts, place)
            return ListOf(ANYTHING)
        if len(schemas) == 1:
            schema, part, steps = schemas[0]
            return ListOf(self._read(schema, place.inner("Item", part, *steps)))
        _, part, _ = schemas[0]
        inner = place.inner("Item", part)
        return ListOf(self._either([schema for schema, _, _ in schemas], None, inner))

    def _note_items(self, facts: Facts, place: Place) -> None:
        """Say that items have no type, where the schema says nothing of them."""
        for part in facts.parts:
            if "items" in part or "prefixItems" in part:
                return
            if isinstance(part.get("unevaluatedItems"), dict):
                self._note(part, place, UNEVALUATED)
                return
        for part in facts.parts[:1]:
            self._note(part, place, NO_ITEMS)

    # --- objects -------------------------------------------------------------

    def _object(self, facts: Facts, place: Place) -> Type:
        if not facts.properties:
            return MapOf(self._map_value(facts, place))
        known = self._classes.get(facts.key)
        if known is not None:
            return Ref(known)
        name = self._library.names.unique(place.names)
        self._add_class(Class(name, facts.description), facts, place)
        return Ref(name)

    def _map_value(self, facts: Facts, place: Place) -> Type:
        for part in facts.parts:
            rest = subschema(part, "additionalProperties")
            patterns = list(schema_map(part, "patternProperties").values())
            if isinstance(rest, dict) and rest:
                patterns.append(rest)
            elif rest is not False:
                self._note_keys(part, place)
                continue
            if patterns:
                inner = place.inner("Value", part, "additionalProperties")
                return self._either(patterns, None, inner)
        return ANYTHING

    def _note_keys(self, part: Part, place: Place) -> None:
        """Note that a schema restricts an object's values more than its type."""
        if schema_map(part, "patternProperties"):
            self._note(part, place, OTHER_KEYS)
        elif isinstance(part.get("unevaluatedProperties"), dict):
            self._note(part, place, UNEVALUATED)

    def _add_class(self, made: Class, facts: Facts, place: Place) -> None:
        self._library.definitions[made.name] = made
        for part in facts.parts:
            rest = subschema(part, "additionalProperties")
            if part.get("patternProperties") or rest not in (None, False):
                made.is_open = True
            if part.get("patternProperties") or (isinstance(rest, dict) and rest):
                self._note(part, place, FURTHER_KEYS)
            else:
                self._note_keys(part, place)
        self._classes.setdefault(facts.key, made.name)
        self._queue.append(lambda: self._fill(made, facts, place))

    def _fill(self, made: Class, facts: Facts, place: Place) -> None:
        extra = self._branch_properties(facts)
        wires = [*facts.properties, *extra, *facts.required]
        names = field_names(
            n for n in wires if n not in facts.impossible and is_unicode(n)
        )
        properties: list[Property] = []
        for wire, name in names.items():
            schemas = facts.properties.get(wire) or extra.get(wire) or [True]
            part = pascal_case(wire) or pascal_case(name)
            inner = place.inner(part, facts.owners.get(wire), "properties", wire)
            required = wire in facts.required
            properties.append(self._property(wire, name, schemas, required, inner))
        made.properties = tuple(properties)

    def _property(
        self, wire: str, name: str, schemas: list[Schema], required: bool, place: Place
    ) -> Property:
        schema = self._all_of(schemas)
        type_ = self._read(schema, place)
        if admits_anything(type_) and not is_imprecise(type_) and place.around:
            self._note(True, place, None)
        return Property(
            wire,
            name,
            type_,
            required,
            self._description(schemas),
            next((d for d in map(_default, schemas) if d is not ABSENT), ABSENT),
        )

    def _description(self, schemas: list[Schema]) -> str | None:
        """The descriptions of a property, its forms and items that are no classes."""
        own = next(filter(None, map(description_of, schemas)), None)
        said = dict.fromkeys([own] if own else [])
        for schema in schemas:
            for branch in _branches(schema):
                text = description_of(branch)
                if text and not self._may_be_class(branch):
                    value = branch.get("const") if isinstance(branch, dict) else None
                    tag = f"`{value}`: " if isinstance(value, str) else ""
                    said[f"{tag}{text}"] = None
        return "\n\n".join(said) or None

    def _all_of(self, schemas: list[Schema]) -> Schema:
        if len(schemas) == 1:
            return schemas[0]
        made: dict[str, Json] = {"allOf": schemas}
        self._made.append(made)
        return made

    def _branch_properties(self, facts: Facts) -> dict[str, list[Schema]]:
        """Properties that only branches of a union mention.

        Where each of the branches does, the value matches one of theirs. Else it may be
        any: the instance may have taken a branch that says nothing of it.
        """
        found: dict[str, list[Schema]] = {}
        for branches in facts.unions:
            inner = self._gathered(branches)
            whole = len(inner) == len(branches)
            for name in [name for one in inner for name in one.properties]:
                if whole and all(name in one.properties for one in inner):
                    said = [one.properties[name] for one in inner]
                    found.setdefault(name, [self._one_of(said)])
                    facts.owners.setdefault(name, inner[0].owners[name])
        waiting = list(facts.unions)
        seen: set[int] = set()
        while waiting:
            branches = [b for b in waiting.pop(0) if id(b) not in seen]
            seen.update(map(id, branches))
            for one in self._gathered(branches):
                waiting.extend(one.unions)
                for name in one.properties:
                    if name not in found and name not in one.impossible:
                        found[name] = [self._partial(one.properties[name])]
                        facts.owners.setdefault(name, one.owners[name])
        return {name: s for name, s in found.items() if name not in facts.properties}

    def _one_of(self, branches: list[list[Schema]]) -> Schema:
        """What a value matches if it matches all the schemas of one branch."""
        made: dict[str, Json] = {"anyOf": [self._all_of(s) for s in branches]}
        said = [schema for schemas in branches for schema in schemas]
        texts = [text for text in map(description_of, said) if text]
        if texts:
            made["description"] = texts[0]
        self._made.append(made)
        return made

    def _partial(self, schemas: list[Schema]) -> Schema:
        """Any value, with the description of a property that only some branches know."""
        texts = [text for text in map(description_of, schemas) if text]
        made: dict[str, Json] = {"description": texts[0]} if texts else {}
        self._made.append(made)
        self._partly_said.add(id(made))
        return made

    def _gathered(self, branches: list[Schema]) -> list[Facts]:
        return [gather(self._document, b) for b in branches if isinstance(b, dict)]


def _type(entry: _Target) -> Type:
    return ANYTHING if entry.type is None else entry.type


def _deserves_name(type_: Type) -> bool:
    """Whether a shared definition is more than a class, a scalar or one of them or null."""
    if isinstance(type_, Literals):
        return len(type_.values) > 1
    if isinstance(type_, Either):
        return len([m for m in type_.members if not isinstance(m, Scalar)]) > 1
    return False


def _leads_to_itself(name: str, definitions: dict[str, Definition]) -> bool:
    """Whether an alias means itself, as `{"$ref": "#"}` does, not a part of itself."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = definitions[waiting.pop()]
        if not isinstance(current, Alias):
            continue
        type_ = current.type
        for member in type_.members if isinstance(type_, Either) else (type_,):
            if isinstance(member, Ref) and member.name == name:
                return True
            if isinstance(member, Ref) and member.name not in seen:
                seen.add(member.name)
                waiting.append(member.name)
    return False


def _last_segment(schema: Schema) -> str:
    """The readable end of a reference: `City` of `#/$defs/City`."""
    if not isinstance(schema, dict):
        return ""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return pascal_case(reference.rstrip("/#").rpartition("/")[2].lstrip("#"))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for member in schema_list(schema, keyword)[:1]:
            return _last_segment(member)
    return ""


def _branches(schema: Schema) -> list[Schema]:
    """The members of a schema's own unions, and what its items or values are."""
    if not isinstance(schema, dict):
        return []
    unions = (schema_list(schema, keyword) for keyword in ("anyOf", "oneOf"))
    found = [branch for union in unions for branch in union]
    inner = (subschema(schema, word) for word in ("items", "additionalProperties"))
    return [*found, *(part for part in inner if part is not None)]


def _discriminator(part: Part) -> str | None:
    """The property that OpenAPI's keyword `discriminator` names."""
    said = part.get("discriminator")
    name = said.get("propertyName") if is_object(said) else None
    return name if isinstance(name, str) else None


def _is_container(value: Json) -> bool:
    return isinstance(value, (dict, list))


def _kind_of(value: Json) -> str:
    return _PYTHON_KINDS.get(value.__class__, "object")


def _has_kind(value: Json, kinds: Iterable[str]) -> bool:
    kind = _kind_of(value)
    if kind == "integer":
        return "integer" in kinds or "number" in kinds
    if kind == "number":
        return "number" in kinds or ("integer" in kinds and value.is_integer())
    return kind in kinds


def _fits_literal(value: str | int) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_LITERAL_LENGTH and is_unicode(value)
    return value.bit_length() < 64


def _wide(kind: str) -> Type:
    if kind == "object":
        return MapOf(ANYTHING)
    if kind == "array":
        return ListOf(ANYTHING)
    return _SCALARS[kind]


def _default(schema: Schema) -> Json | Absent:
    return schema.get("default", ABSENT) if isinstance(schema, dict) else ABSENT
