"""Rules on the JSON Schemas of tools: slips that are valid, but not what was meant.

JSON Schema ignores keywords that it does not know, and keywords of another type; so a
typo makes a schema accept more than its author believes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias, TypeGuard

from mcpgen.manifest import Json, Pointer, words
from mcpgen.manifest.patterns import foreign
from mcpgen.manifest.reading import is_list, is_mapping, quoted

Finding: TypeAlias = tuple[str, str, Pointer, str | None]
"""Code, message, place, hint."""

_BY_TYPE: Final[dict[str, frozenset[str]]] = {
    "array": frozenset(
        [
            "additionalItems",
            "contains",
            "items",
            "maxContains",
            "maxItems",
            "minContains",
            "minItems",
            "prefixItems",
            "unevaluatedItems",
            "uniqueItems",
        ]
    ),
    "number": frozenset(
        ["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"]
    ),
    "object": frozenset(
        [
            "additionalProperties",
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "maxProperties",
            "minProperties",
            "patternProperties",
            "properties",
            "propertyNames",
            "required",
            "unevaluatedProperties",
        ]
    ),
    "string": frozenset(
        [
            "contentEncoding",
            "contentMediaType",
            "contentSchema",
            "format",
            "maxLength",
            "minLength",
            "pattern",
        ]
    ),
}
_KEYWORDS: Final = frozenset(
    [
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$dynamicRef",
        "$id",
        "$recursiveAnchor",
        "$recursiveRef",
        "$ref",
        "$schema",
        "$vocabulary",
        "allOf",
        "anyOf",
        "const",
        "default",
        "definitions",
        "deprecated",
        "description",
        "else",
        "enum",
        "examples",
        "if",
        "id",
        "not",
        "oneOf",
        "readOnly",
        "then",
        "title",
        "type",
        "writeOnly",
    ]
).union(*_BY_TYPE.values())
_VENDORS: Final = frozenset(
    [
        "defaultSnippets",
        "deprecationMessage",
        "discriminator",
        "doNotSuggest",
        "enumDescriptions",
        "enumNames",
        "errorMessage",
        "example",
        "examples",
        "externalDocs",
        "markdownDescription",
        "nullable",
        "options",
        "optional",
        "order",
        "secret",
        "tsType",
        "xml",
    ]
)
"""Keywords of others that mean something to somebody."""
_FORMATS: Final = frozenset(
    [
        "base64",
        "base64url",
        "binary",
        "byte",
        "color",
        "date",
        "date-time",
        "decimal",
        "double",
        "duration",
        "email",
        "float",
        "hostname",
        "html",
        "idn-email",
        "idn-hostname",
        "int8",
        "int16",
        "int32",
        "int64",
        "ipv4",
        "ipv6",
        "iri",
        "iri-reference",
        "json-pointer",
        "markdown",
        "media-range",
        "password",
        "regex",
        "relative-json-pointer",
        "time",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "uri",
        "uri-reference",
        "uri-template",
        "url",
        "uuid",
        "unix-time",
    ]
)
"""Of the specification, of the OpenAPI format registry, and in common use."""
_PAIRS: Final = (
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
)
_STRICT: Final = frozenset({"exclusiveMinimum", "exclusiveMaximum"})
_KINDS: Final[dict[type, frozenset[str]]] = {
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),
    str: frozenset({"string"}),
    list: frozenset({"array"}),
    dict: frozenset({"object"}),
    type(None): frozenset({"null"}),
}


def findings(
    schema: Mapping[str, Json], at: Pointer, *, old: bool
) -> Iterator[Finding]:
    """What is probably not meant in one schema object, without those inside it.

    Args:
        schema: The schema.
        at: Its path.
        old: Whether its dialect is draft-07 or older.
    """
    yield from _unknown(schema, at)
    yield from _other_type(schema, at)
    yield from _contradictions(schema, at)
    if old and "$ref" in schema:
        yield from _beside_reference(schema, at)
    text = schema.get("format")
    if isinstance(text, str) and text not in _FORMATS:
        message = f"unknown `format` {quoted(text)}"
        yield "MG921", message, (*at, "format"), _meant(text, _FORMATS)
    yield from _patterns(schema, at)
    yield from _long_enum(schema, at)


def _long_enum(schema: Mapping[str, Json], at: Pointer) -> Iterator[Finding]:
    from mcpgen.models.reading import MAX_LITERALS

    values = schema.get("enum")
    if is_list(values) and len(values) > MAX_LITERALS:
        message = f"an enum of {len(values)} values has no `Literal` in Python"
        hint = f"at most {MAX_LITERALS} values become one; all are validated"
        yield "MG922", message, (*at, "enum"), hint


def _unknown(schema: Mapping[str, Json], at: Pointer) -> Iterator[Finding]:
    for key, value in schema.items():
        if key in _KEYWORDS or key.startswith(("x-", "_")):
            continue
        place = (*at, key)
        if value is None and (" " in key or key not in _VENDORS):
            hint = (
                "in YAML, a comma ends a value inside { }, and `: ` begins a new one; "
                "put the text in quotes"
            )
            yield "MG916", f"the key {quoted(key)} has no value", place, hint
        elif key == "nullable":
            hint = "nullable is OpenAPI's; write `type: [string, 'null']`, for example"
            yield "MG918", "`nullable` has no meaning in JSON Schema", place, hint
        elif key not in _VENDORS and (meant := _meant(key, _KEYWORDS)):
            message = f"the unknown keyword {quoted(key)} is ignored"
            yield "MG915", message, place, meant


def _meant(text: str, known: frozenset[str]) -> str | None:
    lower = {name.lower(): name for name in known}
    flat = text.lower().replace("_", "").replace("-", "")
    by_case = lower.get(text.lower()) or lower.get(flat)
    close = difflib.get_close_matches(text, sorted(known), n=1, cutoff=0.75)
    guess = by_case or (close[0] if close else None)
    return f"did you mean `{guess}`?" if guess else None


def _types(schema: Mapping[str, Json]) -> frozenset[str] | None:
    named = schema.get("type")
    if isinstance(named, str):
        return frozenset({named})
    return frozenset(map(str, named)) if is_list(named) else None


def _other_type(schema: Mapping[str, Json], at: Pointer) -> Iterator[Finding]:
    types = _types(schema)
    if types is None:
        return
    present: set[str] = {*types, *(["number"] if "integer" in types else [])}
    for kind, keywords in _BY_TYPE.items():
        if kind in present:
            continue
        for keyword in schema.keys() & keywords:
            if keyword == "format" and "number" in present:
                continue  # int32 and its like
            shown = words.these([f"`{name}`" for name in sorted(types)], "or")
            message = f"`{keyword}` is ignored for the type {shown}"
            yield "MG917", message, (*at, keyword), f"it is a keyword of {kind} types"


def _contradictions(schema: Mapping[str, Json], at: Pointer) -> Iterator[Finding]:
    values = schema.get("enum")
    if values == []:
        yield "MG919", "`enum: []` admits no value", (*at, "enum"), None
    types = _types(schema)
    if types is not None and is_list(values):
        wrong = [v for v in values if not _kinds(v) & types]
        wrong = [v for v in wrong if not _is_whole(v, types)]
        if wrong:
            message = f"the enum value {_shown(wrong[0])} is not of the schema's type"
            yield "MG919", message, (*at, "enum"), "it is never valid"
    for low, high in _PAIRS:
        one, other = schema.get(low), schema.get(high)
        if not _is_number(one) or not _is_number(other):
            continue
        if one > other or (one == other and {low, high} & _STRICT):
            message = f"`{low}` {one} and `{high}` {other} admit no value"
            yield "MG919", message, (*at, low), None


def _kinds(value: Json) -> frozenset[str]:
    return next((_KINDS[k] for k in _KINDS if isinstance(value, k)), frozenset[str]())


def _is_whole(value: Json, types: frozenset[str]) -> bool:
    return isinstance(value, float) and value.is_integer() and "integer" in types


def _is_number(value: Json) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Json) -> str:
    return quoted(value) if isinstance(value, str) else str(value)[:60]


def _beside_reference(schema: Mapping[str, Json], at: Pointer) -> Iterator[Finding]:
    ignored = {"$comment", "$defs", "$id", "$ref", "$schema", "default", "definitions"}
    ignored |= {"deprecated", "description", "examples", "title"}
    for keyword in schema.keys() & (_KEYWORDS - ignored):
        message = f"`{keyword}` is ignored beside `$ref` in this dialect"
        hint = "put the `$ref` into an `allOf`, or use 2020-12"
        yield "MG920", message, (*at, keyword), hint


def _patterns(schema: Mapping[str, Json], at: Pointer) -> Iterator[Finding]:
    named = schema.get("patternProperties")
    patterns = [((*at, "pattern"), schema.get("pattern"))]
    if is_mapping(named):
        patterns += [((*at, "patternProperties", each), each) for each in named]
    for place, pattern in patterns:
        part = foreign(pattern) if isinstance(pattern, str) else None
        if part is not None:
            message = f"{quoted(part)} in a pattern is not ECMA-262"
            hint = "clients in JavaScript reject it or read it in another way"
            yield "MG923", message, place, hint
