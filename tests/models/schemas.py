"""Strategies: JSON Schemas of many forms, and values that are often valid for them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mcpgen.models.documents import is_object

NAMES = st.sampled_from(
    ["a", "b", "aB", "a_b", "class", "schema", "_meta", "If-Match", "$eq", "名", "1"]
)
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**63, -(2**70), 1.0, 0.5, -0.0, 1e300]),
    st.sampled_from(["", "a", "b", "1", "true", "2026-01-01", "A1B2-é"]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=6,
)
_TYPES = ["string", "integer", "number", "boolean", "null", "array", "object"]
_REFS = st.sampled_from(
    [{"$ref": "#"}, {"$ref": "#/$defs/One"}, {"$ref": "#/$defs/two-two"}]
)
_LEAVES = st.one_of(
    st.sampled_from(_TYPES).map(lambda kind: {"type": kind}),
    st.lists(st.sampled_from(_TYPES), min_size=1, max_size=3, unique=True).map(
        lambda kinds: {"type": kinds}
    ),
    st.lists(SCALARS | VALUES, min_size=1, max_size=4).map(lambda v: {"enum": v}),
    VALUES.map(lambda value: {"const": value}),
    st.booleans(),
    st.just({}),
    _REFS,
    st.sampled_from(
        [
            {"type": "string", "format": "date"},
            {"type": "string", "format": "uri", "minLength": 1},
            {"type": "string", "pattern": "^[ab]"},
            {"type": "integer", "minimum": 0, "default": -1},
            {"type": "number", "multipleOf": 0.5, "default": 1},
        ]
    ),
)


def _composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(NAMES, inner, max_size=4)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "properties": named,
        "patternProperties": st.dictionaries(st.just("^a"), inner, max_size=1),
        "additionalProperties": inner,
        "required": st.lists(NAMES, max_size=2, unique=True),
        "items": inner,
        "prefixItems": several,
        "contains": inner,
        "uniqueItems": st.just(True),
        "anyOf": several,
        "oneOf": several,
        "allOf": several,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
        "unevaluatedProperties": inner,
        "type": st.sampled_from([*_TYPES, "object", "object", ["object", "null"]]),
        "default": VALUES,
        "description": st.sampled_from(["What it is.", 'Says "so"\n\\']),
    }
    return st.lists(
        st.sampled_from(sorted(keywords)), min_size=1, max_size=4, unique=True
    ).flatmap(lambda chosen: st.fixed_dictionaries({k: keywords[k] for k in chosen}))


SCHEMAS: st.SearchStrategy[Any] = st.recursive(_LEAVES, _composed, max_leaves=8)


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """A schema with definitions that `$ref` can name."""
    schema = draw(SCHEMAS)
    if isinstance(schema, bool):
        return schema
    return {**schema, "$defs": {"One": draw(SCHEMAS), "two-two": draw(SCHEMAS)}}


def instances(schema: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a schema was probably meant for."""
    if not is_object(schema) or depth > 4:
        return VALUES
    found = [VALUES]
    for keyword in ("anyOf", "oneOf", "allOf"):
        found += [instances(member, depth + 1) for member in schema.get(keyword, [])]
    if schema.get("enum"):
        found.append(st.sampled_from(schema["enum"]))
    if "const" in schema:
        found.append(st.just(schema["const"]))
    if "properties" in schema or "required" in schema:
        known = {
            name: instances(member, depth + 1)
            for name, member in schema.get("properties", {}).items()
        }
        must: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(
            schema.get("required", []), VALUES
        )
        found.append(
            st.builds(
                _joined,
                st.dictionaries(NAMES, SCALARS, max_size=1),
                st.fixed_dictionaries(
                    {n: s for n, s in (must | known).items() if n in must},
                    optional={n: s for n, s in known.items() if n not in must},
                ),
            )
        )
    if "items" in schema:
        found.append(st.lists(instances(schema["items"], depth + 1), max_size=3))
    return st.one_of(found)


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return one | other
