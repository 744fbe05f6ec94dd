"""What may be given for the objects of arguments: a model, or a plain dict.

Part of the models stage, beside the models and only for who makes arguments. Each class
gets a `TypedDict` with the names of the wire, each alias that leads to a class gets one
of what may be given for it. Type checkers and editors read them; nothing is built by
them.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .expressions import alternatives, either
from .names import ClassNames
from .types import Class, Definition, mentioned

_MORE_KEYS: Final = ast.parse("dict[str, Any]", mode="eval").body


@dataclass(frozen=True, slots=True)
class Dicts:
    """What stands for the definitions that arguments hold.

    Attributes:
        names: The name of its `TypedDict` by each class, of its counterpart by each
            alias.
        classes: The definitions that are classes.
        open: Those whose schemas say that there are further keys: no type knows these,
            so any dict will do.
    """

    names: Mapping[str, str]
    classes: Collection[str] = ()
    open: Collection[str] = ()

    def accepted(self, expression: ast.expr) -> ast.expr:
        """The type of what may be given where a value of `expression` is wanted.

        A list of objects becomes a sequence and a dict of them a mapping: what can
        change must hold exactly its type, so no list of models could be given.
        """
        match expression:
            case ast.Name(id=name) if name in self.names:
                return self._either(name)
            case ast.BinOp():
                return either(map(self.accepted, alternatives(expression)))
            case ast.Subscript(value=ast.Name(id="list"), slice=item):
                inner = self.accepted(item)
                is_same = ast.unparse(inner) == ast.unparse(item)
                kind = "list" if is_same or _admits_text(inner) else "Sequence"
                return ast.Subscript(ast.Name(kind), inner)
            case ast.Subscript(
                value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, value])
            ):
                inner = self.accepted(value)
                is_same = ast.unparse(inner) == ast.unparse(value)
                kind = "dict" if is_same else "Mapping"
                return ast.Subscript(ast.Name(kind), ast.Tuple([key, inner]))
            case _:
                return expression

    def _either(self, name: str) -> ast.expr:
        other = ast.Name(self.names[name])
        if name not in self.classes:
            return other
        more = [_MORE_KEYS] if name in self.open else []
        return either([ast.Name(name), other, *more])


def name_dicts(
    definitions: Mapping[str, Definition], roots: Collection[str], names: ClassNames
) -> dict[str, str]:
    """A name for each class and alias that the arguments of some roots hold.

    Args:
        definitions: All that has been read so far, with the roots among them.
        roots: Classes whose properties are arguments, each by itself.
        names: Where the names are taken.
    """
    found: dict[str, str] = {}
    for name in _inside(definitions, roots):
        if isinstance(definitions[name], Class):
            found[name] = names.unique((name, "Dict"))
        elif any(
            isinstance(definitions[inner], Class)
            for inner in _inside(definitions, [name])
        ):
            found[name] = names.unique((name, "Like"))
    return found


def find_dicts(
    definitions: Mapping[str, Definition], names: Mapping[str, str]
) -> Dicts:
    """What stands for the definitions that have such names."""
    classes = [d for d in definitions.values() if isinstance(d, Class)]
    return Dicts(
        names,
        frozenset(c.name for c in classes),
        frozenset(c.name for c in classes if c.is_open),
    )


def _inside(
    definitions: Mapping[str, Definition], starts: Collection[str]
) -> Iterator[str]:
    """The definitions that some mention, and those that these mention, in order."""
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        for target in mentioned(definitions[waiting.pop(0)]):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
                yield target


def _admits_text(type_: ast.expr) -> bool:
    """Whether a text is one of the items, so that a text would pass for a sequence."""
    for member in alternatives(type_):
        match member:
            case ast.Name("Any" | "str") | ast.Subscript(ast.Name("Literal")):
                return True
            case _:
                continue
    return False
