"""The protocol's types that a package uses, out of all that are rendered.

Part of the protocol stage. What a package uses is what its modules import from
`protocol.types`, and everything that those types lead to.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .modules import Block, blocks_of, reached

_IMPORT: Final = re.compile(
    r"^ *from \.+protocol\.types import (?:\(([^)]*)\)|(.*))$", re.M
)
"""An import of types in the runtime, whose layout is that of a formatter."""
_MODULE: Final = re.compile(r"^ *from \.+protocol import types$", re.M)
_MEMBER: Final = re.compile(r"\btypes\.([A-Z]\w*)")
"""A type of the module, where that is imported as a whole."""


@dataclass(frozen=True, slots=True)
class Module:
    """A rendered module of types, taken apart.

    Attributes:
        blocks: Its definitions.
        homes: The names that it imports, with their modules.
    """

    blocks: tuple[Block, ...]
    homes: Mapping[str, str]


def named(text: str) -> Iterator[str]:
    """The types that a module of the runtime imports, or names as `types.NAME`."""
    # Hundreds of modules are looked through: a syntax tree of each would take seconds.
    if _MODULE.search(text):
        yield from _MEMBER.findall(text)
    for several, one in _IMPORT.findall(text):
        yield from (
            name.strip() for name in (several or one).split(",") if name.strip()
        )


@lru_cache(maxsize=4)
def taken_apart(text: str) -> Module:
    """The parts of a rendered module of types."""
    tree = ast.parse(text)
    head = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) or node is tree.body[0]
    ]
    lines = text.splitlines(keepends=True)
    end = max(node.end_lineno or 0 for node in head)
    homes = {
        alias.name: "." * node.level + (node.module or "")
        for node in head
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }
    # What stands behind the definitions is made anew.
    stop = tree.body[-1].lineno - 1
    return Module(tuple(blocks_of("".join(lines[end:stop]))), homes)


def used(modules: Iterable[Module], names: Iterable[str]) -> frozenset[str]:
    """Names of types and of all that they lead to."""
    blocks = {block.name: block for module in modules for block in module.blocks}
    return frozenset(reached(blocks, names))
