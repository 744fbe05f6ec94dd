"""Source text of many definitions -> modules that can be imported one without the other.

Part of the protocol stage. Knows Python's syntax tree and no schemas: what a definition
needs is what its own text names.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mcpgen.pycode import import_order


@dataclass(frozen=True, slots=True)
class Block:
    """One class or alias, with the docstring behind it.

    Attributes:
        name: What it defines.
        text: Its source text.
        is_class: Whether it is a class; making one takes time at each import.
        uses: The names that its text mentions.
        at_once: Those of them that must exist when the text is run.
    """

    name: str
    text: str
    is_class: bool
    uses: frozenset[str]
    at_once: frozenset[str]


def blocks_of(source: str) -> list[Block]:
    """The definitions of a module that has nothing else, in their order."""
    statements = ast.parse(source).body
    lines = source.splitlines(keepends=True)
    starts = [n for n, s in enumerate(statements) if not isinstance(s, ast.Expr)]
    ends = [*starts[1:], len(statements)]
    return [
        _block(statements[start], statements[end - 1], lines)
        for start, end in zip(starts, ends, strict=True)
    ]


def needed(blocks: Iterable[Block], roots: Collection[str]) -> frozenset[str]:
    """The names of the roots and of all that they lead to, classes or aliases.

    Aliases that lead to no class are among them: they cost nothing.
    """
    by_name = {block.name: block for block in blocks}
    found = reached(by_name, roots)
    for name in by_name:
        here = reached(by_name, [name])
        if not any(by_name[other].is_class for other in here):
            found |= here
    return frozenset(found)


def imported(
    blocks: Iterable[Block], homes: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Module to the names that the blocks need from it.

    Args:
        blocks: The definitions of one module.
        homes: Name to the module that has it.
    """
    names = {name for block in blocks for name in block.uses if name in homes}
    modules = sorted({homes[name] for name in names})
    return {
        module: tuple(import_order(name for name in names if homes[name] == module))
        for module in modules
    }


def in_order(blocks: Sequence[Block]) -> bool:
    """Whether every name stands behind those that it needs at once."""
    waiting = {block.name for block in blocks}
    for block in blocks:
        if block.at_once & waiting:
            return False
        waiting.discard(block.name)
    return True


def reached(by_name: Mapping[str, Block], roots: Iterable[str]) -> set[str]:
    """The names of the roots and of all that they lead to."""
    found: set[str] = set()
    waiting = [name for name in roots if name in by_name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(by_name[name].uses & by_name.keys())
    return found


def _block(first: ast.stmt, last: ast.stmt, lines: list[str]) -> Block:
    text = "".join(lines[first.lineno - 1 : last.end_lineno])
    at_once = frozenset(_names(first))
    uses = at_once.union(*(map(_names, _quoted(first))))
    match first:
        case ast.ClassDef(name=name):
            return Block(name, text, True, uses, at_once)
        case (
            ast.AnnAssign(target=ast.Name(id=name))
            | ast.Assign(targets=[ast.Name(id=name)])
        ):
            return Block(name, text, False, uses, at_once - {name})
        case _:
            raise ValueError(f"line {first.lineno} defines nothing")


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _quoted(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that stand as text in a recursive alias."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_alias_type(node.func):
            for argument in node.args:
                if isinstance(argument, ast.Constant):
                    yield ast.parse(str(argument.value), mode="eval").body


def _is_alias_type(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id == "TypeAliasType"
