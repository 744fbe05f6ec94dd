"""What the runtime knows by name: every text constant in its own code.

Part of the protocol stage. The runtime acts on a method, a capability or a field by
naming it, so what its code nowhere names it can't act on. What is generated for it from
the schemas is no evidence and is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from mcpgen import assets

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@cache
def words() -> frozenset[str]:
    """The text constants, names of arguments and attributes in the runtime's code."""
    return frozenset(
        word
        for folder in ("core", "server", "client")
        for source in _sources(assets.runtime() / folder)
        for word in _words(source)
    )


def _sources(folder: Traversable) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.name.endswith(".py"):
            yield entry.read_text(encoding="utf-8")


def _words(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
