"""Whether a tool's JSON Schemas can be used: valid, bounded, whole in themselves.

A check of the manifest stage. The last word has the validator that generated servers
and clients use (`jsonschema-rs`): what it can't compile is an error here. Nothing is
ever fetched; a `$ref` that leaves its document is refused.
https://modelcontextprotocol.io/specification/2026-07-28/basic/index#json-schema-usage
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Final

from mcpgen.diagnostics import Diagnostic
from mcpgen.runtime.core.schema.document import below, encoded
from mcpgen.runtime.core.schema.validator import TOO_EXPENSIVE, is_expensive

from . import limits, patterns, words
from .declarations import Json, Pointer
from .reading import is_list, is_mapping, levels, quoted, shown
from .references import references
from .source import Source
from .subschemas import walk

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
"""The dialect of a schema without `$schema`."""

_DIALECTS: Final = {
    "json-schema.org/schema": DIALECT,
    "json-schema.org/draft/2020-12/schema": DIALECT,
    "json-schema.org/draft/2019-09/schema": (
        "https://json-schema.org/draft/2019-09/schema"
    ),
    "json-schema.org/draft-07/schema": "http://json-schema.org/draft-07/schema#",
    "json-schema.org/draft-06/schema": "http://json-schema.org/draft-06/schema#",
    "json-schema.org/draft-04/schema": "http://json-schema.org/draft-04/schema#",
}


def dialect(schema: Json) -> str | None:
    """The URI of a schema's dialect, 2020-12 by default; None where it is unknown."""
    named = schema.get("$schema", DIALECT)
    if not isinstance(named, str):
        return DIALECT
    return _DIALECTS.get(named.removesuffix("#").partition("://")[2])


def findings(source: Source, pointer: Pointer) -> list[Diagnostic]:
    """Everything that is wrong with the JSON Schema at `pointer`, an object."""
    schema = words.value_at(source.data, pointer)
    key = _key(schema)
    if key in _sound:
        return []
    found = _findings(source, pointer, schema)
    if not found:
        if len(_sound) >= MOST_KNOWN:
            _sound.clear()
        _sound.add(key)
    return found


MOST_PROBLEMS: Final = 1_000
"""Places of one JSON Schema that are reported as invalid."""
MOST_KNOWN: Final = 20_000
"""JSON Schemas that are remembered as sound, by their digests."""
_sound: Final[set[bytes]] = set()


def _key(schema: Json) -> bytes:
    """What two editions of a manifest, or two tools, have in common."""
    return sha256(json.dumps(schema).encode()).digest()


def _findings(source: Source, pointer: Pointer, schema: Json) -> list[Diagnostic]:
    about = words.about(source.data, pointer)
    found = [
        Diagnostic(code, about + message, source.span(at), hint)
        for code, message, at, hint in _problems(schema, pointer)
    ]
    if found:
        return found
    return [
        Diagnostic(code, about + message, source.span(at), hint)
        for code, message, at, hint in _refused(schema, pointer)
    ]


_Problem = tuple[str, str, Pointer, str | None]


def _problems(schema: Json, root: Pointer) -> Iterator[_Problem]:
    """What is wrong with a schema before a validator has seen it."""
    too_big = _too_big(schema, root)
    if too_big:
        yield too_big
        return
    for at, part in walk(schema, root):
        if dialect(part) is None:
            known = words.these(sorted({*_DIALECTS.values()}), "or")
            message = f"unknown JSON Schema dialect {quoted(part['$schema'])}"
            yield "MG303", message, (*at, "$schema"), f"use {known}, or leave it out"
        values = part.get("enum")
        if is_list(values) and len(values) > limits.SCHEMA_ENUM:
            message = (
                f"an enum of {len(values):,} values; at most {limits.SCHEMA_ENUM:,} "
                "are allowed"
            )
            yield "MG307", message, (*at, "enum"), None
    for reference in references(schema, root):
        if reference.leaves:
            keyword = reference.pointer[-1]
            message = f"`{keyword}` {quoted(reference.text)} leads out of this schema"
            hint = "copy its target below `$defs` and refer to that: #/$defs/…"
            yield "MG304", message, reference.pointer, hint


def _too_big(schema: Json, root: Pointer) -> _Problem | None:
    """A schema that is too deep, has too many values, or takes too long to compile."""
    nodes = 0
    for depth, level in enumerate(levels(schema)):
        nodes += len(level)
        if nodes > limits.SCHEMA_NODES:
            message = f"a JSON Schema of more than {limits.SCHEMA_NODES:,} values"
            return "MG306", message, root, None
        if depth > limits.SCHEMA_DEPTH:
            message = f"a JSON Schema of more than {limits.SCHEMA_DEPTH} levels"
            return "MG305", message, root, None
    if is_expensive(schema):
        hint = "use `unevaluated…` in fewer places, or refer to fewer of them"
        return "MG306", TOO_EXPENSIVE, root, hint
    return None


def _refused(schema: Json, root: Pointer) -> Iterator[_Problem]:
    """Why the validator refuses a schema; nothing where it takes it."""
    import jsonschema_rs

    try:
        jsonschema_rs.validator_for(encoded(schema), offline=True)
    except jsonschema_rs.ValidationError as error:
        invalid = list(_invalid(schema, root))
        yield from invalid or _not_compiled(schema, root, error)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        yield (
            "MG308",
            f"this JSON Schema can't be used: {shown(error, 200)}",
            root,
            None,
        )


def _invalid(schema: Json, root: Pointer) -> Iterator[_Problem]:
    """Where a schema breaks the rules of its dialect; the first `MOST_PROBLEMS`."""
    validator = _meta_validator(dialect(schema) or DIALECT)
    parts = (
        ((*at, *error.instance_path), error)
        for at, part in walk(schema, ())
        for error in validator.iter_errors(encoded(_alone(part)))
    )
    seen: set[Pointer] = set()
    for inner, error in islice(parts, MOST_PROBLEMS):
        if inner in seen:
            continue
        seen.add(inner)
        at = (*root, *inner)
        name = f"`{words.path(words.split(at)[1])}`"
        message, hint = _meaning(error, words.value_at(schema, inner))
        yield "MG302", f"{name} is not valid JSON Schema: {message}", at, hint


def _alone(schema: Json) -> Json:
    """A schema without what the schemas in it say.

    The validator finds all errors of a value before it reports the first one.
    """
    made = dict(schema)
    for keyword, value in schema.items():
        for path, child in below(keyword, value):
            if not is_mapping(child):
                continue
            if not path:
                made[keyword] = {}
            else:
                if made[keyword] is value:
                    made[keyword] = list(value) if is_list(value) else dict(value)
                made[keyword][path[0]] = {}
    return made


def _meaning(error: ValidationError, value: Json) -> tuple[str, str | None]:
    """Message and hint for an error of the meta-schema."""
    if error.instance_path and error.instance_path[-1] == "type":
        hint = "types are array, boolean, integer, null, number, object and string"
        return f"{_short(value)} is no type", hint
    kind = error.kind.as_dict()
    if error.schema_path and error.schema_path[-1] == "type":
        wanted = _wanted(kind.get("types") or kind.get("type"))
        return f"it must be {wanted}, not {words.kind(value)}", None
    return shown(error.message, 200), None


_TYPES: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


def _wanted(types: Json) -> str:
    names = [types] if isinstance(types, str) else sorted(types or ())
    if names == ["boolean", "object"]:
        return "a schema (a mapping, true or false)"
    return words.these([_TYPES.get(str(name), str(name)) for name in names], "or")


def _short(value: Json) -> str:
    return quoted(value) if isinstance(value, str) else words.kind(value)


@cache
def _meta_validator(uri: str) -> Validator:
    import jsonschema_rs

    return jsonschema_rs.validator_for(
        {"$schema": uri, "allOf": [{"$ref": uri}]}, offline=True
    )


def _not_compiled(
    schema: Json, root: Pointer, error: ValidationError
) -> Iterator[_Problem]:
    """A valid schema that can't be used: a broken pattern, a `$ref` to nothing."""
    path = tuple(error.instance_path)
    if path and error.kind.name == "format":
        key = path[-1] if "patternProperties" in path[-2:-1] else None
        pattern = str(key or words.value_at(schema, path))
        why = patterns.reason(pattern)
        message = f"the pattern {quoted(pattern)} can't be used"
        message += f": {shown(why, 100)}" if why else ""
        yield (
            "MG309",
            message,
            (*root, *path),
            "patterns are ECMA-262 regular expressions",
        )
        return
    lost = [
        (
            "MG310",
            f"`$ref` {quoted(found.text)} leads nowhere",
            found.pointer,
            _renamed(schema, found.text),
        )
        for found in references(schema, root)
        if found.is_lost
    ]
    yield from lost or [
        ("MG308", f"this JSON Schema can't be used: {error.message}", root, None)
    ]


def _renamed(schema: Json, reference: str) -> str | None:
    """A hint where a lost reference has the other name of its definitions."""
    from .corrections import renamed

    other = renamed(schema, reference)
    return f"did you mean {quoted(other)}?" if other else None
