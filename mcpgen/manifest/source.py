"""A manifest's text, its data, and the place of every value, found only when asked for.

First step of the manifest stage. Knows no format by itself (the readers do) and
nothing of what a manifest means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from mcpgen.diagnostics import Span

from .declarations import Json, Pointer

Format: TypeAlias = Literal["yaml", "json", "toml"]

Place: TypeAlias = tuple[int, int]
"""Line and column, both from 1; columns count characters."""


class Node:
    """Where a value stands, and its parts.

    Attributes:
        place: The value's first character, or None where the format has no single one.
        items: For a list, its elements; for a mapping, see `members`.
        members: For a mapping: key -> (the key's place, the value).
    """

    __slots__ = ("items", "members", "place")

    def __init__(self, place: Place | None) -> None:
        self.place = place
        self.items: list[Node] = []
        self.members: dict[str, tuple[Place | None, Node]] = {}


class Source:
    """One input: where it came from, its text, its data, its places.

    Attributes:
        file: The name that diagnostics show.
        format: How the text is written.
        text: The text, without a byte order mark.
        data: The parsed value: only None, bool, int, float, str, list and dict.
    """

    __slots__ = ("_find", "_root", "data", "file", "format", "text")

    def __init__(
        self,
        file: str,
        format_: Format,
        text: str,
        data: Json,
        find: Callable[[str, str], Node],
    ) -> None:
        self.file = file
        self.format: Format = format_
        self.text = text
        self.data = data
        self._find = find
        self._root: Node | None = None

    def changed(self, data: Json, places: Callable[[Node], Node]) -> Source:
        """The same text with other data.

        Args:
            data: The new data.
            places: Makes the places of the new data from those of the old.
        """

        def find(file: str, text: str) -> Node:
            return places(self._find(file, text))

        return Source(self.file, self.format, self.text, data, find)

    def span(self, pointer: Pointer = (), *, key: bool = False) -> Span:
        """The place of the value at `pointer`, or of its key.

        A pointer that leads nowhere gives the place of the nearest value around it; a
        place that is not known gives the file alone, never a made-up line.
        """
        if self._root is None:
            self._root = self._find(self.file, self.text)
        node, place = self._root, self._root.place
        for step in pointer:
            if isinstance(step, int):
                if step >= len(node.items):
                    break
                node = node.items[step]
                place = node.place or place
            else:
                member = node.members.get(step)
                if member is None:
                    break
                key_place, node = member
                place = (key_place if key else node.place or key_place) or place
        return Span(self.file, *place) if place else Span(self.file)
