"""The parts of a schema document, each compiled alone, and what each applies to."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urldefrag, urljoin

from ..document import Document, encoded, is_array, is_object
from .words import Json, is_dict, is_list

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

Around: TypeAlias = tuple[Mapping[str, Json], tuple[str, ...]]
"""Keywords, and the keys, the innermost first, that lead to a part."""
ITEMS: Final[Around] = ({}, ("items",))
Compiler = Callable[[Json, Any], "Validator"]


class Parts:
    """Compiles parts of one document; threads may share it.

    Args:
        schema: The JSON Schema document.
        compiler: Compiles a schema, given a registry of further ones or None.
    """

    def __init__(self, schema: Json, compiler: Compiler) -> None:
        self.document = Document(schema)
        self._compiler = compiler
        self._made: OrderedDict[tuple[str, int], tuple[Validator | None]] = (
            OrderedDict()
        )
        self._registry: Any = None
        self.size = len(self.document.parts)
        dialect = schema.get("$schema", "") if is_object(schema) else ""
        self._named: dict[str, Json] = {"$schema": dialect} if dialect else {}
        self.is_old = "/draft-0" in str(dialect)
        """Whether a `$ref` hides the keywords beside it."""
        self.requiring = ("dependencies", "dependentRequired")[: 2 - self.is_old]
        """Keywords that require names where others are there."""
        self.applying = ("dependencies", "dependentSchemas")[: 2 - self.is_old]
        """Keywords whose schemas apply where a name is there."""
        spelled = sum(map(_spelled, _patterns(self.document)))
        self._has_parts = (
            self.size <= MAX_PARTS
            and spelled <= MAX_SPELLED
            and all(map(_DYNAMIC.isdisjoint, self.document.parts[:1]))
            and all(map(_MOVING.isdisjoint, self.document.parts[1:]))
        )

    def shallow(self, schema: Json, made: Json, kind: str) -> Validator | None:
        """A validator for the keywords of a part that do not look into parts."""
        return self._compiled((kind, id(schema)), lambda: (made, None))

    def part(self, schema: Json, around: Around = ITEMS) -> Validator | None:
        """A validator for arrays of what a part of the document admits.

        Args:
            schema: The part.
            around: Keywords for other containers, the last of which has it.
        """
        if not self._has_parts or not self.document.has(schema):
            return None
        key = repr(around), id(schema)
        return self._compiled(key, lambda: self._alone(schema, around))

    def _alone(self, schema: Json, around: Around) -> tuple[dict[str, Json], Any]:
        from jsonschema_rs import Registry

        root: Any = self.document.root
        own = str(root.get("$id", root.get("id", "")))
        uri = urldefrag(urljoin(_URI, own)).url
        if self._registry is None:
            self._registry = Registry([(uri, encoded(root))])
        made: Json = {"$ref": f"{uri}#{self.document.pointer(schema)}"}
        for key in around[-1]:
            made = {key: made}
        return {**around[0], **made}, self._registry

    def _compiled(
        self, key: tuple[str, int], make: Callable[[], tuple[dict[str, Json], Any]]
    ) -> Validator | None:
        """A validator, made once as long as it is kept; None for what can't be used."""
        known = self._made.get(key)
        if known is None:
            try:
                schema, registry = make()
                known = (self._compiler({**self._named, **schema}, registry),)
            except ValueError:
                known = (None,)
            self._made[key] = known
            if len(self._made) > MAX_VALIDATORS:
                self._made.popitem(last=False)
        return known[0]


def children(
    schema: Mapping[str, Json], value: Json
) -> Iterator[tuple[Json, Sequence[str | int], Around]]:
    """The schemas of parts, each with the keys of the parts that it may apply to."""
    if is_dict(value):
        declared = schema.get("properties", {})
        shorter, longer = sorted((declared, value), key=len)
        for name in [name for name in shorter if name in longer]:
            yield declared[name], [name], ITEMS
        patterns = schema.get("patternProperties", {})
        for pattern, each in patterns.items():
            yield each, list(value), ({}, (pattern, "patternProperties"))
        if "additionalProperties" in schema:
            rest = [name for name in value if name not in declared]
            known = {"patternProperties": dict.fromkeys(patterns, True)}
            around = (known, ("additionalProperties",)) if patterns else ITEMS
            yield schema["additionalProperties"], rest, around
    elif is_list(value):
        items, first = schema.get("items", True), schema.get("prefixItems", ())
        if is_array(items):
            items, first = schema.get("additionalItems", True), items
        for index, each in enumerate(islice(first, len(value))):
            yield each, [index], ITEMS
        yield items, range(len(first), len(value)), ITEMS


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
