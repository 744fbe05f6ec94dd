"""What a JSON Schema demands at its top level, gathered from everything that must hold.

Part of the models stage. A schema, the members of its `allOf` and the target of its
`$ref` all hold at once: they are the *parts*. Whatever one part demands is true of
every valid instance, so any of it may be used, and any of it may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from mcpgen.ir import Json

from .documents import (
    REFERENCES,
    Document,
    Schema,
    is_array,
    schema_list,
    schema_map,
    subschema,
)

Part: TypeAlias = dict[str, Json]

KINDS: Final = ("object", "array", "string", "number", "integer", "boolean", "null")

_SAYS_NOTHING: Final = frozenset(
    {
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$id",
        "$recursiveAnchor",
        "$schema",
        "default",
        "definitions",
        "deprecated",
        "description",
        "examples",
        "format",
        "readOnly",
        "title",
        "writeOnly",
    }
)


@dataclass(slots=True)
class Facts:
    """Demands on an instance.

    Attributes:
        parts: The parts that they come from.
        description: The schema's description, or else the first one of its parts.
        kinds: JSON types that are possible, in order; None where any is.
        values: The values that are possible; None where they are not listed.
        properties: The schemas of each property; all of them must hold.
        owners: The part in which each property stands first.
        required: Names of properties that must be there, in order.
        unions: Groups of schemas of which at least one must hold.
        depends: Whether a reference has several targets.
        impossible: Names of properties that can't be there.
    """

    parts: list[Part] = field(default_factory=list[Part])
    description: str | None = None
    kinds: tuple[str, ...] | None = None
    values: list[Json] | None = None
    properties: dict[str, list[Schema]] = field(default_factory=dict[str, list[Schema]])
    owners: dict[str, Part] = field(default_factory=dict[str, Part])
    required: dict[str, None] = field(default_factory=dict[str, None])
    unions: list[list[Schema]] = field(default_factory=list[list[Schema]])
    depends: bool = False
    impossible: set[str] = field(default_factory=set[str])

    @property
    def key(self) -> frozenset[int]:
        """The same for the same parts, so that one class serves all places."""
        return frozenset(map(id, self.parts))


def gather(document: Document, schema: Schema) -> Facts:
    """The facts of a schema.

    Raises:
        MCPGenError: MG311 for a reference to somewhere else.
    """
    facts = Facts(description=description_of(schema))
    for part in _parts(document, schema):
        facts.parts.append(part)
        facts.description = facts.description or description_of(part)
        facts.kinds = meet(facts.kinds, _kinds(part))
        facts.values = _meet_values(document, facts.values, part)
        for name, member in schema_map(part, "properties").items():
            facts.properties.setdefault(name, []).append(member)
            facts.owners.setdefault(name, part)
            if member is False:
                facts.impossible.add(name)
        facts.depends |= any(
            document.understands(part, keyword)
            and document.reference(part, keyword) is None
            for keyword in REFERENCES
        )
        required = part.get("required")
        if is_array(required):
            facts.required.update((n, None) for n in required if isinstance(n, str))
        facts.unions.extend(_unions(document, part))
    return facts


def description_of(schema: Schema) -> str | None:
    """The description that a schema has itself."""
    text = schema.get("description") if isinstance(schema, dict) else None
    if not isinstance(text, str) or not text.strip():
        return None
    return text if is_unicode(text) else text.encode(errors="replace").decode()


def is_unicode(text: str) -> bool:
    """Whether a text can travel as UTF-8; one with lone surrogates can't."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def only_reference(document: Document, schema: Schema) -> Schema | None:
    """The target, if a schema says nothing but `$ref` (or `allOf` with one `$ref`)."""
    if not isinstance(schema, dict):
        return None
    for keyword in REFERENCES:
        if document.understands(schema, keyword):
            hidden = keyword == "$ref" and document.hides_siblings(schema)
            if hidden or _SAYS_NOTHING.issuperset(schema.keys() - {keyword}):
                return document.reference(schema, keyword)
            return None
    for keyword in ("allOf", "anyOf", "oneOf"):
        members = schema_list(schema, keyword)
        if len(members) == 1 and _SAYS_NOTHING.issuperset(schema.keys() - {keyword}):
            return only_reference(document, members[0])
    return None


def _parts(document: Document, schema: Schema) -> Iterator[Part]:
    seen: set[int] = set()
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        for keyword in REFERENCES:
            target = document.reference(part, keyword)
            if target is not None:
                waiting.append(target)
        if "$ref" in part and document.hides_siblings(part):
            continue
        waiting.extend(reversed(schema_list(part, "allOf")))
        if not _SAYS_NOTHING.issuperset(part.keys() - {"$ref", "allOf"}):
            yield part


def _kinds(part: Part) -> tuple[str, ...] | None:
    declared = part.get("type")
    names = declared if is_array(declared) else [declared]
    known = tuple(dict.fromkeys(n for n in names if n in KINDS))
    return known or None


def meet(
    one: tuple[str, ...] | None, other: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """The kinds that both admit, in the order of the first; None admits all."""
    if one is None or other is None:
        return other if one is None else one
    kept = [kind for kind in one if kind in other]
    if "number" in one and "number" not in other and "integer" in other:
        kept.append("integer")
    if "integer" in one and "integer" not in other and "number" in other:
        kept.append("integer")
    return tuple(dict.fromkeys(kept))


def _meet_values(
    document: Document, values: list[Json] | None, part: Part
) -> list[Json] | None:
    listed = part.get("enum")
    if document.understands(part, "const"):
        found: list[Json] = [part["const"]]
    elif is_array(listed) and listed:
        found = listed
    else:
        return values
    if values is None or len(found) < len(values):
        return found
    return values


def _unions(document: Document, part: Part) -> Iterator[list[Schema]]:
    for keyword in ("anyOf", "oneOf"):
        branches = schema_list(part, keyword)
        if branches:
            yield branches
    if document.understands(part, "if") and ("then" in part or "else" in part):
        then, otherwise = subschema(part, "then"), subschema(part, "else")
        yield [
            True if then is None else then,
            True if otherwise is None else otherwise,
        ]
    for keyword in ("dependentSchemas", "dependencies"):
        for dependent in schema_map(part, keyword).values():
            yield [dependent, True]
