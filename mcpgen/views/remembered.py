"""Pieces of files that an earlier run wrote, so that a change costs what it touches.

Part of the views; knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from mcpgen import ir, pycode
from mcpgen.entries import Entries
from mcpgen.pycode import Code

Texts: TypeAlias = tuple[str, ...]


class Pieces(Entries):
    """The pieces of earlier runs, and of this one."""

    def __init__(self, salt: str = "", known: Mapping[str, Any] | None = None) -> None:
        """Begin a run; see `Entries`."""
        super().__init__(salt, known)
        self._keys: dict[str, str] = {}

    def of_tool(
        self, kind: str, tool: ir.Tool, count: int, write: Callable[[], Texts | None]
    ) -> Texts:
        """The texts that `write` makes of a tool alone, or made of the same one.

        Args:
            kind: Which piece.
            tool: What it is made from.
            count: How many texts these are.
            write: Makes it; None where the texts depend on more than the tool.
        """
        key = self._keys.get(tool.method)
        if key is None:
            key = self._keys[tool.method] = self.key(_parts(tool))
        return self._texts(f"{kind} {key}", count, write) or ()

    def of_parts(
        self, kind: str, parts: Sequence[ir.Json], write: Callable[[], str]
    ) -> Code:
        """The text that `write` makes of JSON values."""
        found = self._texts(f"{kind} {self.key(parts)}", 1, lambda: (write(),))
        return pycode.remembered("".join(found or ()))

    def _texts(
        self, key: str, count: int, write: Callable[[], Texts | None]
    ) -> Texts | None:
        texts = self.find(key, lambda entry: _texts(entry, count)) or write()
        if texts is not None:
            self.keep(key, lambda: list(texts))
        return texts


def _texts(entry: Any, count: int) -> Texts:
    parts = cast("list[object]", entry) if isinstance(entry, list) else []
    texts = tuple(part for part in parts if isinstance(part, str))
    if not len(texts) == len(parts) == count:
        raise ValueError("not what was kept")
    return texts


def _parts(tool: ir.Tool) -> list[ir.Json]:
    """All of a tool, as JSON."""
    output = tool.output
    return [
        tool.wire_name,
        tool.method,
        tool.definition,
        tool.description,
        _model(tool.input),
        None if output is None else _model(output),
        tool.parameters,
        tool.sample,
        tool.timeout,
        tool.scopes,
    ]


def _model(model: ir.Model) -> list[ir.Json]:
    fields = [
        [
            f.wire_name,
            f.python_name,
            f.annotation,
            f.required,
            f.description,
            f.accepts,
        ]
        for f in model.fields
    ]
    return [model.name, model.is_class, fields]
