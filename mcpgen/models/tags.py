"""The property that discriminates the objects of a union, where there is one.

Part of the models stage, between reading and writing source. A tag must be in every one
of the objects, with texts that no other one has: then it decides alone which class a
valid object is, and nothing that the plain union admits is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from .expressions import alternatives, either
from .types import (
    Alias,
    Class,
    Definition,
    Either,
    ListOf,
    Literals,
    MapOf,
    Property,
    Ref,
    Type,
)

Classes: TypeAlias = frozenset[str]

_NAMES: Final = ("Annotated", "Field")


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of all unions of classes.

    Attributes:
        by_classes: The tags by the names of the classes in a union.
        classes: The names of all classes.
    """

    by_classes: Mapping[Classes, str]
    classes: Classes

    def put_in(self, expression: ast.expr) -> ast.expr:
        """A type expression in which each union with a tag says so.

        The tagged classes stand where the first of them stood, `None` and others keep
        their places: `Annotated[A | B, Field(discriminator="kind")] | None`.
        """
        match expression:
            case ast.BinOp():
                return self._tagged([*map(self.put_in, alternatives(expression))])
            case ast.Subscript(value=ast.Name(id="Literal")):
                return expression
            case ast.Subscript(value=value, slice=ast.Tuple(elts=parts)):
                return ast.Subscript(value, ast.Tuple([*map(self.put_in, parts)]))
            case ast.Subscript(value=value, slice=part):
                return ast.Subscript(value, self.put_in(part))
            case _:
                return expression

    def _tagged(self, members: list[ast.expr]) -> ast.expr:
        classes = [
            m for m in members if isinstance(m, ast.Name) and m.id in self.classes
        ]
        tag = self.by_classes.get(frozenset(m.id for m in classes))
        if tag is None:
            return either(members)
        annotated, field = map(ast.Name, _NAMES)
        choice = ast.keyword("discriminator", ast.Constant(tag))
        marked = ast.Subscript(
            annotated, ast.Tuple([either(classes), ast.Call(field, [], [choice])])
        )
        first = classes[0]
        return either(
            [marked if m is first else m for m in members if m not in classes[1:]]
        )


def find_tags(definitions: Mapping[str, Definition]) -> Tags:
    """The tags of all unions in some definitions.

    Where several properties would do, it is the one that a `discriminator` names, else
    the first one.
    """
    found: dict[Classes, str] = {}
    for union in _unions(definitions.values()):
        classes = [
            target
            for member in union.members
            if isinstance(member, Ref)
            and isinstance(target := definitions[member.name], Class)
        ]
        if len(classes) > 1:
            tags = list(_tags_of(classes))
            if tags:
                tag = union.tag if union.tag in tags else tags[0]
                found.setdefault(frozenset(c.name for c in classes), tag)
    names = (name for name, d in definitions.items() if isinstance(d, Class))
    return Tags(found, frozenset(names))


def _unions(definitions: Iterable[Definition]) -> Iterator[Either]:
    waiting: list[Type] = []
    for definition in definitions:
        if isinstance(definition, Alias):
            waiting.append(definition.type)
        else:
            waiting.extend(member.type for member in definition.properties)
    while waiting:
        match waiting.pop(0):
            case Either(members) as union:
                yield union
                waiting.extend(members)
            case ListOf(inner) | MapOf(inner):
                waiting.append(inner)
            case _:
                continue


def _tags_of(classes: list[Class]) -> Iterator[str]:
    """The properties that tell all the classes apart, in the order of the first one."""
    others = [{p.wire_name: p for p in c.properties} for c in classes[1:]]
    for first in classes[0].properties:
        same = [first, *(o[first.wire_name] for o in others if first.wire_name in o)]
        if len(same) == len(classes) and _is_tag(same):
            yield first.wire_name


def _is_tag(properties: list[Property]) -> bool:
    seen: set[object] = set()
    for member in properties:
        # Pydantic looks for an attribute's name before it looks for a property's: where
        # they differ, an unknown key could pass for the tag.
        if not member.required or member.python_name != member.wire_name:
            return False
        if not isinstance(member.type, Literals):
            return False
        values = member.type.values
        if not all(kind is str for kind, _ in values) or not seen.isdisjoint(values):
            return False
        seen.update(values)
    return True
