"""Pieces of files that an earlier run wrote, so that a change costs what it touches.

Part of the views; knows no files. A piece is remembered by everything that it was
written from, so it is never stale: it is the same, or it is written anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, cast

from mcpgen import ir, pycode
from mcpgen.pycode import Code

Texts: TypeAlias = tuple[str, ...]


class Pieces:
    """What is known from earlier runs, and what later ones should know.

    Attributes:
        kept: All that this run used or wrote, by key, as JSON.
        is_changed: Whether that is anything else than what was known.
    """

    def __init__(
        self, salt: str = "", known: Mapping[str, ir.Json] | None = None
    ) -> None:
        """Begin a run.

        Args:
            salt: Changes with everything but the project that shapes pieces.
            known: What an earlier run kept; entries that are no pieces count as absent.
        """
        self._salt = salt
        self._known = dict(known or {})
        self._keys: dict[str, str] = {}
        self.kept: dict[str, ir.Json] = {}

    @property
    def is_changed(self) -> bool:
        return self.kept.keys() != self._known.keys()

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
            key = self._keys[tool.method] = self._key(_parts(tool))
        return self._find(f"{kind} {key}", count, write) or ()

    def of_parts(
        self, kind: str, parts: Sequence[ir.Json], write: Callable[[], str]
    ) -> Code:
        """The text that `write` makes of JSON values."""
        found = self._find(f"{kind} {self._key(parts)}", 1, lambda: (write(),))
        return pycode.remembered("".join(found or ()))

    def _find(
        self, key: str, count: int, write: Callable[[], Texts | None]
    ) -> Texts | None:
        known = _texts(self._known.get(key))
        if len(known) == count:
            self.kept[key] = self._known[key]
            return known
        # What is no piece must not be taken for one that is known.
        self._known.pop(key, None)
        written = write()
        if written is not None:
            self.kept[key] = list(written)
        return written

    def _key(self, parts: Sequence[ir.Json]) -> str:
        text = json.dumps([self._salt, *parts])
        return hashlib.sha256(text.encode()).hexdigest()


def _texts(entry: ir.Json) -> Texts:
    """The texts of an entry; none where it is no such entry."""
    if not isinstance(entry, list):
        return ()
    parts = cast("list[object]", entry)
    texts = tuple(part for part in parts if isinstance(part, str))
    return texts if len(texts) == len(parts) else ()


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
