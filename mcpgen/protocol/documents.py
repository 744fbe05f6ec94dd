"""One schema document out of those of several revisions, as types are made of it.

Part of the protocol stage. Knows schema documents and tables; makes no source text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from .circles import without_circles
from .relaxing import relax
from .revisions import RevisionData
from .table import definitions_of
from .walking import Document, rebuilt, target

_LINK: Final = re.compile(r"\{@link\s+([^}]*)\}")
_NAME: Final = re.compile(r"\w+")


def combined(
    selected: Sequence[RevisionData], others: Iterable[RevisionData] = ()
) -> Document:
    """The definitions of all revisions in one document.

    Where several have a definition of the same name, that of the newest selected one
    stands, and it requires only what every selected one requires. The others give what
    no selected one has, so that the same names exist whatever is selected.

    Args:
        selected: The revisions that are spoken, oldest first.
        others: Further revisions.
    """
    definitions: dict[str, Document] = {}
    newest_first = [*reversed(selected), *others]
    for document in (data.document for data in newest_first if data.document):
        for name, definition in definitions_of(document).items():
            if name not in definitions:
                definitions[name] = rebuilt(definition, _moved)
    relax(definitions, (data.table for data in selected))
    definitions = without_circles(definitions)
    plain = _Plain(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            name: rebuilt(definitions[name], plain) for name in sorted(definitions)
        },
    }


def _moved(schema: Document) -> Document:
    """The schema with references to `definitions` of older drafts led to `$defs`."""
    name = target(schema)
    return schema if name is None else {**schema, "$ref": f"#/$defs/{name}"}


class _Plain:
    """Descriptions without TypeScript's `{@link X}`."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def __call__(self, schema: Document) -> Document:
        text = schema.get("description")
        if not isinstance(text, str):
            return schema
        return {**schema, "description": _LINK.sub(self._text, text)}

    def _text(self, link: re.Match[str]) -> str:
        """What a link shows: its own text, which follows the name without a space."""
        content = link[1].strip()
        name = self._target(content)
        text = content.removeprefix(name).strip()
        if not text or text.startswith("."):
            return f"`{content}`"
        return text if "`" in text or " " in text else f"`{text}`"

    def _target(self, content: str) -> str:
        """The longest definition name that the content begins with, or none."""
        found = _NAME.match(content)
        word = found[0] if found else ""
        starts = (word[:end] for end in range(len(word), 0, -1))
        return next((start for start in starts if start in self._names), "")
