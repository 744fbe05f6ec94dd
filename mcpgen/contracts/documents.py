"""JSON Schema documents and their parts: what a part says, apart from its words.

Bottom of the contract stage. Knows the keywords of JSON Schema and compares nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard
from urllib.parse import quote, unquote

from mcpgen.runtime.core.schema.document import LIST, MAP, ONE, encoded

if TYPE_CHECKING:
    from jsonschema_rs import CanonicalSchema, Validator

Json: TypeAlias = Any
Pointer: TypeAlias = tuple[str | int, ...]

WORDS: Final = frozenset(
    {
        "$comment",
        "default",
        "deprecated",
        "description",
        "examples",
        "format",
        "readOnly",
        "title",
        "writeOnly",
    }
)
"""Keywords that refuse nothing; `format` is an annotation, as in the runtime."""

_SETS: Final = frozenset({"enum", "required", "type"})
_IN_PLACE: Final = ("allOf", "anyOf", "else", "if", "not", "oneOf", "then")
_UNTAMED: Final = frozenset(
    {"$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveRef"}
)
_LONE: Final = frozenset({"$ref"})
_DRAFT_4: Final = "draft-04"


def essence(schema: Json, also: tuple[str, ...] = ()) -> Json:
    """A JSON Schema without what refuses nothing, in one order of sets.

    Two schemas with the same essence accept the same values.

    Args:
        schema: The schema.
        also: Keywords to keep although they refuse nothing.
    """
    if not is_mapping(schema):
        return schema
    made: dict[str, Json] = {}
    for key, value in schema.items():
        if (key in WORDS or key.startswith("x-")) and key not in also:
            continue
        if key in MAP and is_mapping(value):
            made[key] = {name: essence(part, also) for name, part in value.items()}
        elif key in LIST and is_list(value):
            made[key] = [essence(part, also) for part in value]
        elif key in _SETS and is_list(value):
            made[key] = sorted(value, key=text_of)
        else:
            made[key] = essence(value, also) if key in ONE else value
    return made


def is_mapping(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


_encoded: Final = json.JSONEncoder(sort_keys=True).encode
"""Made once: `json.dumps` would make an encoder for each value."""


def text_of(value: Json) -> str:
    """A JSON value as text: equal texts are equal values, `true` is not 1."""
    return _encoded(value)


class Document:
    """A whole JSON Schema, which must not change.

    Args:
        schema: The schema.
        side: A name that the two schemas of a comparison don't share.
    """

    def __init__(self, schema: Json, side: str) -> None:
        self.schema = encoded(schema)
        self.side = side
        self._uri = f"urn:mcpgen:{side}"
        self._canonical: dict[Pointer, CanonicalSchema | None] = {}
        self._validators: dict[Pointer, Validator | None] = {}
        self._parts: dict[Pointer, Json] = {}

    @cached_property
    def root(self) -> Part:
        """The document as a part of itself."""
        return Part(self, ())

    @cached_property
    def _dialect(self) -> str:
        named = _member(self.schema, "$schema")
        return named.removesuffix("#") if isinstance(named, str) else ""

    @property
    def has_lone_refs(self) -> bool:
        """Whether nothing beside a `$ref` counts, as in older drafts."""
        return "draft-0" in self._dialect

    @cached_property
    def is_tame(self) -> bool:
        """Whether a `$ref` means the same wherever it is read, and comes to an end.

        A document that is not is only ever compared as a whole, by its text.
        """
        return not (self._is_untamed or self._runs_in_circles or self._is_deep)

    @cached_property
    def _is_deep(self) -> bool:
        """Whether it asks of recursive values what was not judged elsewhere.

        The validator library follows such schemas without an end (0.60).
        """
        return any(True for _ in self._refs) and any(
            key in mapping
            for _, mapping in _mappings(self.schema)
            for key in ("unevaluatedItems", "unevaluatedProperties")
        )

    @cached_property
    def _is_untamed(self) -> bool:
        if _DRAFT_4 in self._dialect:
            return True
        return any(
            key in _UNTAMED or (key == "$schema" and at)
            for at, mapping in _mappings(self.schema)
            for key in mapping
            if at or key != "$id"
        ) or not all(
            reference == "#" or reference.startswith("#/") for reference in self._refs
        )

    @property
    def _refs(self) -> Iterator[str]:
        for _, mapping in _mappings(self.schema):
            reference = mapping.get("$ref")
            if isinstance(reference, str):
                yield reference

    @cached_property
    def _runs_in_circles(self) -> bool:
        """Whether a `$ref` leads back to itself without going into a value."""
        done: set[Pointer] = set()
        for start, mapping in _mappings(self.schema):
            if "$ref" not in mapping or start in done:
                continue
            stack: list[tuple[Pointer, frozenset[Pointer]]] = [(start, frozenset())]
            while stack:
                at, before = stack.pop()
                if at in before:
                    return True
                if at in done:
                    continue
                inner = list(self._in_place(at))
                if not inner:
                    done.add(at)
                stack.extend((part, before | {at}) for part in inner)
            done.add(start)
        return False

    def _in_place(self, at: Pointer) -> Iterator[Pointer]:
        """The parts that judge the same value as the part at a path."""
        found = self.at(at)
        if not is_mapping(found):
            return
        reference = found.get("$ref")
        if isinstance(reference, str):
            target = pointer_of(reference)
            if target is not None:
                yield target
        for key in _IN_PLACE:
            value = found.get(key)
            if is_list(value):
                yield from ((*at, key, i) for i in range(len(value)))
            elif is_mapping(value):
                yield (*at, key)
        dependent = found.get("dependentSchemas")
        if is_mapping(dependent):
            yield from ((*at, "dependentSchemas", name) for name in dependent)

    def at(self, pointer: Pointer) -> Json:
        """What stands at a path; None where it leads nowhere."""
        if pointer not in self._parts:
            self._parts[pointer] = self._look_at(pointer)
        return self._parts[pointer]

    def _look_at(self, pointer: Pointer) -> Json:
        found = self.schema
        for step in pointer:
            if is_mapping(found):
                found = found.get(str(step))
            elif is_list(found) and str(step).isdigit():
                found = found[int(step)] if int(step) < len(found) else None
            else:
                return None
        return found

    @cached_property
    def text(self) -> str:
        """The essence of the whole document as text."""
        return text_of(essence(self.schema))

    @cached_property
    def _definitions(self) -> str:
        """The essence of all that a `$ref` may lead to, as text."""
        if not any(True for _ in self._refs):
            return ""
        named = {k: self.schema.get(k) for k in ("$defs", "definitions")}
        inside = all(
            reference.startswith(("#/$defs/", "#/definitions/"))
            for reference in self._refs
        )
        if not inside:
            return self.text
        return text_of({k: _essence_of_map(v) for k, v in named.items()})

    def text_at(self, pointer: Pointer) -> str:
        """The essence of a part and of all that it may refer to, as text."""
        text = f"{self._dialect} {text_of(essence(self.at(pointer)))}"
        return f"{text} {self._definitions}" if '"$ref"' in text else text

    def canonical(self, pointer: Pointer) -> CanonicalSchema | None:
        """A part in the validator library's algebra; None where it has no form in it."""
        if pointer not in self._canonical:
            self._canonical[pointer] = self._make_canonical(pointer)
        return self._canonical[pointer]

    def _make_canonical(self, pointer: Pointer) -> CanonicalSchema | None:
        import jsonschema_rs

        if not self.is_tame:
            return None
        try:
            whole = isinstance(self.at(pointer), bool)
            return jsonschema_rs.canonicalize(
                self.at(pointer) if whole else self._addressed(pointer),
                registry=None if whole else self._registry,
                validate_formats=False,
                offline=True,
            )
        except (ValueError, jsonschema_rs.ReferencingError):
            return None

    def validator(self, pointer: Pointer) -> Validator | None:
        """The validator of a part; None where it can't be used on any value."""
        if pointer not in self._validators:
            self._validators[pointer] = self._make_validator(pointer)
        return self._validators[pointer]

    def _make_validator(self, pointer: Pointer) -> Validator | None:
        import jsonschema_rs

        if self._runs_in_circles or self._is_deep or (pointer and not self.is_tame):
            return None
        try:
            return jsonschema_rs.validator_for(
                self._addressed(pointer) if pointer else self.schema,
                registry=self._registry if pointer else None,
                validate_formats=False,
                offline=True,
            )
        except (ValueError, jsonschema_rs.ReferencingError):
            return None

    @cached_property
    def _registry(self) -> Any:
        import jsonschema_rs

        plain = self.schema
        if is_mapping(plain) and "$id" in plain:
            plain = {key: value for key, value in plain.items() if key != "$id"}
        return jsonschema_rs.Registry([(self._uri, plain)])

    def _addressed(self, pointer: Pointer) -> dict[str, Json]:
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in pointer)
        path = "".join(f"/{quote(step, safe='')}" for step in steps)
        made: dict[str, Json] = {"$ref": f"{self._uri}#{path}"}
        dialect = _member(self.schema, "$schema")
        return {"$schema": dialect, **made} if isinstance(dialect, str) else made


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document: a JSON Schema by its path."""

    document: Document
    pointer: Pointer

    @property
    def schema(self) -> Json:
        """What it says."""
        return self.document.at(self.pointer)

    @property
    def text(self) -> str:
        """Its essence as text, with all that it may refer to."""
        return self.document.text_at(self.pointer)

    def below(self, *steps: str | int) -> Part:
        """A part of this part."""
        return Part(self.document, (*self.pointer, *steps))

    def resolved(self) -> Part:
        """Where a lone `$ref` leads; otherwise the part itself."""
        part = self
        while part.document.is_tame:
            schema = part.schema
            if not is_mapping(schema) or "$ref" not in schema:
                return part
            lone = keywords(schema) == _LONE
            if not part.document.has_lone_refs and not lone:
                return part
            target = pointer_of(schema["$ref"])
            if target is None:
                return part
            part = Part(part.document, target)
        return part


def keywords(schema: dict[str, Json]) -> frozenset[str]:
    """The keywords of a schema that may refuse something; definitions left out."""
    return frozenset(
        key
        for key in schema
        if key not in WORDS
        and not key.startswith("x-")
        and key not in ("$defs", "definitions", "$schema", "$id")
    )


def pointer_of(reference: str) -> Pointer | None:
    """The path that a `$ref` inside its document means; None for any other."""
    if reference == "#":
        return ()
    if not reference.startswith("#/"):
        return None
    steps = unquote(reference[2:]).split("/")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _member(schema: Json, key: str) -> Json:
    return schema.get(key) if is_mapping(schema) else None


def _essence_of_map(value: Json) -> Json:
    if not is_mapping(value):
        return value
    return {name: essence(part) for name, part in value.items()}


def _mappings(value: Json) -> Iterator[tuple[Pointer, dict[str, Json]]]:
    """Every mapping in a value with its path, whether it is a schema or not."""
    stack: list[tuple[Pointer, Json]] = [((), value)]
    while stack:
        at, found = stack.pop()
        if is_mapping(found):
            yield at, found
            stack.extend(((*at, key), part) for key, part in found.items())
        elif is_list(found):
            stack.extend(((*at, i), part) for i, part in enumerate(found))
