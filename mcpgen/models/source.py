"""Definitions and their type expressions -> the source text of a models module.

Part of the models stage, its last step. Every value goes through `pycode`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from mcpgen import pycode
from mcpgen.pycode import Code

from .defaults import default_source
from .layout import Line, is_long, laid
from .tags import Tags
from .types import (
    Alias,
    Class,
    Definition,
    Literals,
    Property,
    Ref,
    admits_null,
    mentioned,
    references,
)
from .typing_stage import Typed

MAX_PROSE: Final = 20_000
"""Characters of a description that a docstring shows."""


def module_source(
    definitions: Mapping[str, Definition], typed: Mapping[str, Typed], tags: Tags
) -> str:
    """The source of all definitions, each behind those that it needs."""
    writer = _Writer(definitions, typed, tags)
    return laid([writer.definition(definitions[name]) for name in ordered(definitions)])


def ordered(definitions: Mapping[str, Definition]) -> Iterator[str]:
    """Leaves first; an alias as soon as all classes that it evaluates are there."""
    done: set[str] = set()
    waiting = [n for n, d in definitions.items() if isinstance(d, Alias)]
    # Type checkers follow a circle of aliases only if they meet one first that
    # mentions itself.
    waiting.sort(key=lambda name: name not in mentioned(definitions[name]))
    needs = {n: _eager_needs(n, definitions) for n in waiting}
    for name in _classes_leaves_first(definitions):
        yield from _ready(waiting, needs, done)
        done.add(name)
        yield name
    yield from _ready(waiting, needs, done)
    yield from waiting


def _ready(
    waiting: list[str], needs: Mapping[str, set[str]], done: set[str]
) -> Iterator[str]:
    progress = True
    while progress:
        progress = False
        for name in list(waiting):
            if needs[name] <= done:
                waiting.remove(name)
                done.add(name)
                progress = True
                yield name


def _eager_needs(name: str, definitions: Mapping[str, Definition]) -> set[str]:
    """What must exist when an alias is evaluated; nothing if it is recursive."""
    alias = definitions[name]
    if not isinstance(alias, Alias) or is_recursive(name, definitions):
        return set()
    return set(references(alias.type))


def is_recursive(name: str, definitions: Mapping[str, Definition]) -> bool:
    """Whether an alias leads back to itself through aliases alone."""
    is_alias = isinstance(definitions[name], Alias)
    return is_alias and name in _reached(name, definitions)


def is_tangled(name: str, definitions: Mapping[str, Definition]) -> bool:
    """Whether an alias is one of several that lead to each other in more than one way.

    Pyright follows a single circle of `TypeAliasType`, and gives up on others.
    """
    around = {
        other
        for other in _reached(name, definitions)
        if name in _reached(other, definitions)
    }
    if len(around) < 2:
        return False
    return any(
        sum(target in around for target in mentioned(definitions[other])) > 1
        for other in around
    )


def _reached(name: str, definitions: Mapping[str, Definition]) -> set[str]:
    """The aliases that an alias leads to through aliases alone."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for target in mentioned(definitions[waiting.pop()]):
            if target not in seen and isinstance(definitions[target], Alias):
                seen.add(target)
                waiting.append(target)
    return seen


def _classes_leaves_first(definitions: Mapping[str, Definition]) -> Iterator[str]:
    """The classes, each behind those that it mentions, as far as there is no circle."""
    seen: set[str] = set()
    for start in definitions:
        stack: list[tuple[str, Iterator[str]]] = []
        if start not in seen:
            seen.add(start)
            stack.append((start, iter(mentioned(definitions[start]))))
        while stack:
            name, rest = stack[-1]
            target = next((n for n in rest if n not in seen), None)
            if target is not None:
                seen.add(target)
                stack.append((target, iter(mentioned(definitions[target]))))
                continue
            stack.pop()
            if isinstance(definitions[name], Class):
                yield name


class _Writer:
    def __init__(
        self,
        definitions: Mapping[str, Definition],
        typed: Mapping[str, Typed],
        tags: Tags,
    ) -> None:
        self._definitions = dict(definitions)
        self._typed = typed
        self._tags = tags

    def definition(self, definition: Definition) -> list[Line]:
        if isinstance(definition, Alias):
            return self._alias(definition)
        return self._class(definition)

    def _alias(self, alias: Alias) -> list[Line]:
        expression = self._typed[alias.name].alias
        assert expression is not None
        text = expression_source(self._tags.put_in(expression))
        lines = list(alias_lines(alias.name, text, alias.name, self._definitions))
        prose = _prose(alias.description)
        if prose:
            lines.append(Line(pycode.docstring(prose)))
        return lines

    def _class(self, made: Class) -> list[Line]:
        head = f"class {pycode.identifier(made.name)}(Model):"
        if is_long(head, 0):
            head = head.replace("(Model):", "(\n    Model\n):")
        lines = [Line(head)]
        prose = _prose(made.description)
        if prose:
            lines.append(Line(pycode.docstring(prose, 4), 4))
            if made.properties:
                lines.append(Line(""))
        expressions = self._typed[made.name].fields
        for member, expression in zip(made.properties, expressions, strict=True):
            lines.append(Line(self._field(member, expression), 4, is_finished=False))
            words = _prose(member.description)
            if words and not self._is_said_by_class(member):
                lines.append(Line(pycode.docstring(words, 4), 4))
        if len(lines) == 1:
            lines.append(Line("pass", 4))
        return lines

    def _is_said_by_class(self, member: Property) -> bool:
        if not isinstance(member.type, Ref):
            return False
        return self._definitions[member.type.name].description == member.description

    def _field(self, member: Property, expression: ast.expr) -> str:
        name = pycode.identifier(member.python_name)
        annotation = expression_source(self._tags.put_in(expression))
        value = self._default(member)
        if value == "absent()" and not _says_none(annotation):
            annotation = Code(f"{annotation} | None")
        if member.python_name != member.wire_name:
            alias = pycode.string(member.wire_name)
            annotation = Code(f"Annotated[{annotation}, Field(alias={alias})]")
        return f"{name}: {annotation}" + (f" = {value}" if value else "")

    def _default(self, member: Property) -> str | None:
        if member.required:
            return _only_value(member)
        written = default_source(member.type, member.default, self._definitions)
        if written is not None:
            return written
        return "None" if admits_null(member.type, self._definitions) else "absent()"


def alias_lines(
    name: str, text: Code, alias: str, definitions: Mapping[str, Definition]
) -> Iterator[Line]:
    """The statement that gives a type its name.

    Args:
        name: The name.
        text: The type.
        alias: The definition that it is, or stands for: both lead to the same others.
        definitions: All definitions.
    """
    own = pycode.identifier(name)
    if not is_recursive(alias, definitions):
        yield Line(f"{own}: TypeAlias = {text}", is_finished=False)
        return
    quoted = pycode.string(text)
    line = f"{own} = TypeAliasType({pycode.string(name)}, {quoted})"
    # Pyright reads such a type in the module alone: seen first from another one, a name
    # that leads to itself is no type.
    if name == alias and not is_tangled(alias, definitions):
        yield Line(line, is_finished=False)
        return
    yield Line("if TYPE_CHECKING:")
    yield Line(f"{own}: TypeAlias = {quoted}", 4, is_finished=False)
    yield Line("else:")
    yield Line(line, 4, is_finished=False)


def _only_value(member: Property) -> str | None:
    """The default of a property that must be there and has one possible value.

    The base class counts it as set, so that it is always sent.
    """
    match member.type:
        case Literals(values=((_, value),)):
            return _constant(value)
        case _:
            return None


def _says_none(annotation: str) -> bool:
    return annotation == "None" or annotation.endswith("| None")


def _prose(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    return text if len(text) <= MAX_PROSE else f"{text[:MAX_PROSE]}…"


def expression_source(expression: ast.expr) -> Code:
    """The source text of a type expression; constants are written by `pycode`."""
    match expression:
        case ast.Name(id=name):
            return pycode.identifier(name)
        case ast.Constant(value=value):
            return _constant(value)
        case ast.BinOp(left=left, right=right):
            return Code(f"{expression_source(left)} | {expression_source(right)}")
        case ast.Call(ast.Name(id=name), [], [ast.keyword(str(key), value)]):
            argument = f"{pycode.identifier(key)}={expression_source(value)}"
            return Code(f"{pycode.identifier(name)}({argument})")
        case ast.Subscript(value=value, slice=ast.Tuple(elts=parts)):
            inner = ", ".join(map(expression_source, parts))
            return Code(f"{expression_source(value)}[{inner}]")
        case ast.Subscript(value=value, slice=part):
            return Code(f"{expression_source(value)}[{expression_source(part)}]")
        case _:
            raise TypeError(ast.dump(expression))


def _constant(value: object) -> Code:
    return pycode.string(value) if isinstance(value, str) else pycode.literal(value)
