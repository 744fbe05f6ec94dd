"""The parts of a schema document, each compiled alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urldefrag, urljoin

from ..document import Document, encoded, is_object
from .unions import Shape
from .words import Json

if TYPE_CHECKING:
    from jsonschema_rs import Validator

MAX_PARTS: Final = 2_500
"""Subschemas of a document whose parts are compiled alone."""
MAX_SPELLED: Final = 20_000
"""Characters of its patterns with their repetitions written out."""
MAX_VALIDATORS: Final = 32
"""Parts of a schema that stay compiled."""
_URI: Final = "https://schema.invalid/"
_DYNAMIC: Final = frozenset({"$dynamicRef", "$recursiveRef"})
_MOVING: Final = _DYNAMIC | {"$id", "id", "unevaluatedItems", "unevaluatedProperties"}
"""Keywords with which a part means something else when it stands alone."""
_REPEATED: Final = re.compile(r"(.)\{(?:\d*,)?(\d{1,6})\}")
LOOKS_AROUND: Final = re.compile(r"\(\?<?[=!]|\\[1-9]")

Compiler = Callable[[Json, Any], "Validator"]


class Parts:
    """Compiles parts of one document; threads may share it.

    Args:
        schema: The JSON Schema document.
        validator: Its validator.
        compiler: Compiles a schema, given a registry of further ones or None.
    """

    def __init__(self, schema: Json, validator: Validator, compiler: Compiler) -> None:
        self.document = Document(schema)
        self.validator = validator
        self._compiler = compiler
        self._compiled = lru_cache(MAX_VALIDATORS)(self._compile)
        self._shapes: dict[int, Shape] = {}
        self.size = len(self.document.parts)
        root: Json = schema if is_object(schema) else {}
        dialect = root.get("$schema")
        self._dialect: dict[str, Json] = {"$schema": dialect} if dialect else {}
        self.is_old = "/draft-0" in str(dialect)
        """Whether a `$ref` hides the keywords beside it."""
        self._uri = urldefrag(
            urljoin(_URI, str(root.get("$id", root.get("id", ""))))
        ).url
        spelled = sum(map(_spelled, _patterns(self.document)))
        self._has_matchers = spelled <= MAX_SPELLED
        self._has_parts = (
            self.size <= MAX_PARTS
            and self._has_matchers
            and all(map(_DYNAMIC.isdisjoint, self.document.parts[:1]))
            and all(map(_MOVING.isdisjoint, self.document.parts[1:]))
        )

    def part(self, schema: Json) -> Validator | None:
        """A validator for arrays of what a part of the document admits, if any."""
        if not self._has_parts or not self.document.has(schema):
            return None
        return self._compiled("$ref", f"{self._uri}#{self.document.pointer(schema)}")

    def shape(self, schema: Json) -> Shape:
        """What a part of the document wants; made once."""
        if id(schema) not in self._shapes:
            self._shapes[id(schema)] = Shape(self.document, schema)
        return self._shapes[id(schema)]

    def matcher(self, pattern: str) -> Validator | None:
        """A validator for arrays of texts that match a pattern."""
        return self._compiled("pattern", pattern) if self._has_matchers else None

    @cached_property
    def _registry(self) -> Any:
        from jsonschema_rs import Registry

        return Registry([(self._uri, encoded(self.document.root))])

    def _compile(self, keyword: str, value: str) -> Validator | None:
        made = {**self._dialect, "items": {keyword: value}}
        try:
            return self._compiler(made, self._registry if keyword == "$ref" else None)
        except ValueError:
            return None


def _patterns(document: Document) -> Iterator[str]:
    for part in document.parts:
        if is_object(patterns := part.get("patternProperties")):
            yield from patterns
        if isinstance(pattern := part.get("pattern"), str):
            yield pattern


def _spelled(pattern: str) -> int:
    """About how many characters a pattern has with its repetitions written out.

    With look-around, they are far dearer to compile.
    """
    factor = 20 if LOOKS_AROUND.search(pattern) else 1
    size = len(pattern)
    for before, count in _REPEATED.findall(pattern):
        times = max(int(count), 1) * factor
        size = size * times if before == ")" else size + times
    return size
