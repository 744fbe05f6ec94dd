"""JSON Schemas of older drafts, written in the newest one.

Bottom of the contract stage. Two schemas in different drafts can be compared only where
both are read the same way.
"""

from __future__ import annotations

from typing import Final

from mcpgen.runtime.core.schema.document import LIST, MAP, ONE

from .documents import WORDS, Json, is_list, is_mapping

_NEWEST: Final = "https://json-schema.org/draft/2020-12/schema"
_OLDER: Final = {"/draft-06/": 6, "/draft-07/": 7, "/2019-09/": 2019}
_UNSAFE: Final = frozenset({"$recursiveRef", "$recursiveAnchor", "unevaluatedItems"})
"""Keywords with another meaning in each draft."""
_SINCE_2019: Final = frozenset(
    {
        "dependentRequired",
        "dependentSchemas",
        "maxContains",
        "minContains",
        "unevaluatedProperties",
    }
)
_SINCE_7: Final = frozenset({"if", "then", "else"})


def aligned(old: Json, new: Json) -> tuple[Json, Json]:
    """Two schemas in one draft, where they are in several and that can be done."""
    if dialect(old) == dialect(new):
        return old, new
    first, second = modernized(old), modernized(new)
    return (old, new) if first is None or second is None else (first, second)


def dialect(schema: Json) -> str:
    """The `$schema` of a document; without one, MCP means 2020-12."""
    named = schema.get("$schema") if is_mapping(schema) else None
    return named.removesuffix("#") if isinstance(named, str) else _NEWEST


def modernized(schema: Json) -> Json | None:
    """The same schema in draft 2020-12, without `$schema`; None where that is not safe."""
    named = dialect(schema)
    draft = next((n for part, n in _OLDER.items() if part in named), None)
    if draft is None and named != _NEWEST:
        return None
    if not is_mapping(schema):
        return schema
    top = {key: value for key, value in schema.items() if key != "$schema"}
    if draft is None:
        return top
    try:
        return _translated(top, draft)
    except ValueError:
        return None


def _translated(schema: Json, draft: int) -> Json:
    if not is_mapping(schema):
        return schema
    if _UNSAFE & schema.keys() and (draft == 2019 or "unevaluatedItems" not in schema):
        raise ValueError("a keyword with another meaning in each draft")
    if draft <= 7 and "$ref" in schema:
        # Older drafts ignore what stands beside a reference.
        kept = {"$ref", "$defs", "definitions", *WORDS}
        schema = {key: value for key, value in schema.items() if key in kept}
    made: dict[str, Json] = {}
    for key, value in schema.items():
        made |= _keyword(key, value, schema, draft)
    return made


def _keyword(
    key: str, value: Json, around: dict[str, Json], draft: int
) -> dict[str, Json]:
    """What stands for one keyword of an older draft."""
    if _is_unknown(key, draft):
        return {}
    if key == "items" and is_list(value):
        return {"prefixItems": [_translated(part, draft) for part in value]}
    if key == "additionalItems":
        is_used = is_list(around.get("items"))
        return {"items": _translated(value, draft)} if is_used else {}
    if key == "dependencies" and draft <= 7 and is_mapping(value):
        return _dependencies(value, draft)
    if key in MAP and is_mapping(value):
        return {key: {name: _translated(part, draft) for name, part in value.items()}}
    if key in LIST and is_list(value):
        return {key: [_translated(part, draft) for part in value]}
    return {key: _translated(value, draft) if key in ONE else value}


def _is_unknown(key: str, draft: int) -> bool:
    """Whether a draft ignores a keyword that later ones know."""
    if key == "prefixItems":
        return True
    if draft <= 7 and (key in _SINCE_2019 or key == "unevaluatedItems"):
        return True
    return draft == 6 and key in _SINCE_7


def _dependencies(value: dict[str, Json], draft: int) -> dict[str, Json]:
    names = {name: part for name, part in value.items() if is_list(part)}
    schemas = {
        name: _translated(part, draft)
        for name, part in value.items()
        if name not in names
    }
    made: dict[str, Json] = {}
    if names:
        made["dependentRequired"] = names
    if schemas:
        made["dependentSchemas"] = schemas
    return made
