"""The plain dicts of arguments -> the source that stands behind their models.

Part of the models stage. Every value goes through `pycode`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from mcpgen import pycode
from mcpgen.pycode import Code

from .dicts import Dicts
from .layout import Line, is_long, laid
from .names import is_plain_key
from .source import alias_lines, expression_source, ordered
from .types import Class, Definition
from .typing_stage import Typed


def dicts_source(
    definitions: Mapping[str, Definition], typed: Mapping[str, Typed], dicts: Dicts
) -> str:
    """The source of what stands for those definitions that have a dict.

    Classes come first: what is evaluated in an alias must be there.
    """
    names = [name for name in ordered(definitions) if name in dicts.names]
    writer = _Writer(definitions, typed, dicts)
    classes = [n for n in names if n in dicts.classes]
    aliases = [n for n in names if n not in dicts.classes]
    blocks = [*map(writer.typed_dict, classes), *map(writer.alias, aliases)]
    return laid(blocks)


class _Writer:
    def __init__(
        self,
        definitions: Mapping[str, Definition],
        typed: Mapping[str, Typed],
        dicts: Dicts,
    ) -> None:
        self._definitions = definitions
        self._typed = typed
        self._dicts = dicts
        self._written: set[str] = set()

    def alias(self, name: str) -> list[Line]:
        expression = self._typed[name].alias
        assert expression is not None
        text = expression_source(self._dicts.accepted(expression))
        return list(alias_lines(self._dicts.names[name], text, name, self._definitions))

    def typed_dict(self, name: str) -> list[Line]:
        made = self._definitions[name]
        assert isinstance(made, Class)
        own = pycode.identifier(self._dicts.names[name])
        types = list(map(self._dicts.accepted, self._typed[name].fields))
        keys = [member.wire_name for member in made.properties]
        said = f"A `{name}` as a plain dict, with the keys of the JSON."
        if _is_class_form(keys, types):
            lines = [Line(_head(own)), Line(pycode.docstring(said, 4), 4), Line("")]
            lines += self._items(made, types)
        else:
            lines = [self._call(own, made, types), Line(pycode.docstring(said))]
        self._written.add(own)
        return lines

    def _items(self, made: Class, types: Sequence[ast.expr]) -> Iterator[Line]:
        for member, type_ in zip(made.properties, types, strict=True):
            key = pycode.identifier(member.wire_name)
            text = _item(type_, required=member.required)
            yield Line(f"{key}: {text}", 4, is_finished=False)

    def _call(self, own: Code, made: Class, types: Sequence[ast.expr]) -> Line:
        items: list[str] = []
        later = set(self._dicts.names.values()) - self._written
        for member, type_ in zip(made.properties, types, strict=True):
            text = _item(type_, required=member.required)
            named = {n.id for n in ast.walk(type_) if isinstance(n, ast.Name)}
            if not named.isdisjoint(later):
                text = pycode.string(text)
            items.append(f"{pycode.string(member.wire_name)}: {text}")
        body = "{" + ", ".join(items) + "}"
        call = f"{own} = TypedDict({pycode.string(own)}, {body})"
        return Line(call, is_finished=False)


def _head(name: Code) -> str:
    head = f"class {name}(TypedDict):"
    return (
        head.replace("(TypedDict):", "(\n    TypedDict\n):")
        if is_long(head, 0)
        else head
    )


def _item(type_: ast.expr, *, required: bool) -> Code:
    text = expression_source(type_)
    return text if required else Code(f"NotRequired[{text}]")


def _is_class_form(keys: Sequence[str], types: Sequence[ast.expr]) -> bool:
    """Whether a `TypedDict` can be written as a class.

    There a key must be a name, and hides from the types what is called like it.
    """
    used = {n.id for t in types for n in ast.walk(t) if isinstance(n, ast.Name)}
    used.add("NotRequired")
    return bool(keys) and used.isdisjoint(keys) and all(map(is_plain_key, keys))
