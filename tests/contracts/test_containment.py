"""What is proved of JSON Schemas is true of values: containment never says too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no types

from mcpgen.contracts import RULES, Level
from mcpgen.contracts.containment import Containment, Verdict
from mcpgen.contracts.documents import Document, essence
from mcpgen.contracts.values import ValueChange, argument_changes, result_changes

NAMES = ("a", "b", "c")
PATTERNS = ("^a", "b$", "^[a-c]*$", "a|b")
KEYWORDS = ("anyOf", "oneOf", "allOf")
NUMBERS = st.sampled_from([-1, 0, 1, 2, 3, 10, 0.5, 1.0, 2.5])
SIZES = st.integers(0, 3)
TEXTS = st.sampled_from(["", "a", "b", "ab", "abc", "bb", "é"])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)

Schema = Any
Strategy = st.SearchStrategy[Any]


def some(**keywords: Strategy) -> Strategy:
    return st.fixed_dictionaries({}, optional=keywords)


def typed(kind: str, keywords: Strategy) -> Strategy:
    return keywords.map(lambda found: {"type": kind, **found})


def schemas_over(inner: Strategy) -> Strategy:
    properties = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    record = some(
        properties=properties,
        required=st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
        additionalProperties=st.booleans() | inner,
        patternProperties=st.dictionaries(st.sampled_from(PATTERNS), inner, max_size=1),
        minProperties=SIZES,
        maxProperties=SIZES,
        propertyNames=inner,
        dependentRequired=st.just({"a": ["b"]}),
        unevaluatedProperties=st.booleans(),
    )
    sequence = some(
        items=inner,
        prefixItems=st.lists(inner, min_size=1, max_size=2),
        minItems=SIZES,
        maxItems=SIZES,
        uniqueItems=st.booleans(),
        contains=inner,
    )
    union = st.tuples(
        st.sampled_from(KEYWORDS), st.lists(inner, min_size=1, max_size=3)
    )
    return (
        typed("object", record)
        | typed("array", sequence)
        | union.map(lambda pair: {pair[0]: pair[1]})
        | st.tuples(record, union).map(lambda two: {**two[0], two[1][0]: two[1][1]})
        | inner.map(lambda schema: {"not": schema})
        | st.tuples(inner, inner, inner).map(
            lambda three: dict(zip(("if", "then", "else"), three, strict=True))
        )
        | st.just({"$ref": "#/$defs/a"})
    )


number = some(
    minimum=NUMBERS,
    maximum=NUMBERS,
    exclusiveMinimum=NUMBERS,
    exclusiveMaximum=NUMBERS,
    multipleOf=st.sampled_from([1, 2, 0.5]),
)
text = some(minLength=SIZES, maxLength=SIZES, pattern=st.sampled_from(PATTERNS))
LEAVES: Strategy = (
    typed("string", text)
    | typed("integer", number)
    | typed("number", number)
    | st.sampled_from([{"type": "null"}, {"type": "boolean"}, {}, True, False])
    | st.lists(
        st.sampled_from(["string", "null", "integer", "array", "object"]),
        min_size=1,
        max_size=3,
        unique=True,
    ).map(lambda types: {"type": types})
    | st.lists(SCALARS, min_size=1, max_size=4, unique_by=json.dumps).map(
        lambda values: {"enum": values}
    )
    | SCALARS.map(lambda value: {"const": value})
)
SCHEMAS = st.recursive(LEAVES, schemas_over, max_leaves=5)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """Two schemas that are near each other: the second is an edit of the first."""
    old = draw(SCHEMAS)
    new = draw(edits(old))
    definition = draw(SCHEMAS)
    other = draw(st.one_of(st.just(definition), edits(definition)))
    return with_definition(old, definition), with_definition(new, other)


def with_definition(schema: Schema, definition: Schema) -> Schema:
    base = {"allOf": [schema]} if isinstance(schema, bool) else schema
    return {**base, "$defs": {"a": definition}}


@st.composite
def edits(draw: st.DrawFn, schema: Schema) -> Schema:
    """A schema with one thing changed somewhere in it."""
    if not isinstance(schema, dict) or not schema or draw(st.integers(0, 5)) == 0:
        return draw(SCHEMAS)
    key = draw(st.sampled_from(sorted(schema)))
    value = schema[key]
    rest = {name: part for name, part in schema.items() if name != key}
    if key in KEYWORDS or key == "prefixItems":
        at = draw(st.integers(0, len(value) - 1))
        changed = [*value[:at], draw(edits(value[at])), *value[at + 1 :]]
        return {**rest, key: changed}
    if key == "properties" and value:
        name = draw(st.sampled_from(sorted(value)))
        return {**rest, key: {**value, name: draw(edits(value[name]))}}
    if key in (
        "items",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "additionalProperties",
    ):
        return {**rest, key: draw(edits(value))}
    more = draw(SCHEMAS)
    return {**rest, **more} if isinstance(more, dict) else rest


def usable(schema: Schema) -> bool:
    """Whether values can be judged: circles have no meaning."""
    return Document(schema, "tried").validator(()) is not None


def accepts(schema: Schema, value: Any) -> bool:
    """Judged by a validator that is not ours."""
    return bool(Draft202012Validator(schema).is_valid(value))


def worst(changes: list[ValueChange]) -> set[Level]:
    return {RULES[change.rule].level for change in changes}


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


@bounded(250)
@given(pair=pairs(), values=st.lists(VALUES, min_size=5, max_size=25))
def test_no_value_refutes_what_is_called_compatible(
    pair: tuple[Schema, Schema], values: list[Any]
) -> None:
    old, new = pair
    assume(usable(old) and usable(new))

    sent, read = argument_changes(old, new), result_changes(new, old)

    safe_to_send = worst(sent) <= {Level.COMPATIBLE}
    safe_to_read = worst(read) <= {Level.COMPATIBLE}
    for value in values:
        if accepts(old, value) and not accepts(new, value):
            assert not safe_to_send
            assert not safe_to_read


@bounded(120)
@given(pair=pairs(), values=st.lists(VALUES, min_size=5, max_size=25))
def test_no_value_refutes_a_proof(
    pair: tuple[Schema, Schema], values: list[Any]
) -> None:
    old, new = (Document(schema, side) for schema, side in zip(pair, "on", strict=True))
    assume(usable(old.schema) and usable(new.schema))

    proved = Containment(old, new).verdict(old.root, new.root) is Verdict.YES

    for value in values:
        if accepts(old.schema, value) and not accepts(new.schema, value):
            assert not proved


@bounded(80)
@given(pair=pairs())
def test_an_example_is_accepted_before_and_refused_after(
    pair: tuple[Schema, Schema],
) -> None:
    old, new = pair
    assume(usable(old) and usable(new))

    for change in argument_changes(old, new):
        if change.example is None or change.path or "…" in change.example:
            continue
        value = json.loads(change.example)
        assert accepts(old, value)
        assert not accepts(new, value)


@bounded(80)
@given(schema=SCHEMAS.filter(lambda schema: isinstance(schema, dict)), value=VALUES)
def test_what_is_left_out_of_the_essence_judges_nothing(
    schema: dict[str, Any], value: Any
) -> None:
    whole = {
        **with_definition(schema, {"title": "A"}),
        "description": "x",
        "default": 1,
    }

    assert accepts(essence(whole), value) == accepts(whole, value)


NODE = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "minimum": 0},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "all": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
    },
}


def tree(minimum: int) -> dict[str, Any]:
    node = json.loads(json.dumps(NODE))
    node["properties"]["size"]["minimum"] = minimum
    return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}


def proof(old: Schema, new: Schema) -> Verdict:
    before, after = Document(old, "old"), Document(new, "new")
    return Containment(before, after).verdict(before.root, after.root)


def test_recursive_schemas_are_compared_by_induction() -> None:
    assert proof(tree(1), tree(0)) is Verdict.YES
    assert proof(tree(0), tree(1)) is not Verdict.YES


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"enum": [1, 2]}, {"type": "integer"}, id="values of a type"),
        pytest.param(
            {"type": "integer", "minimum": 1, "maximum": 3},
            {"enum": [1, 2, 3, 4]},
            id="a range in an enum",
        ),
        pytest.param(
            {"type": "integer", "exclusiveMaximum": 10},
            {"type": "number", "maximum": 9},
            id="integers below a bound",
        ),
        pytest.param(
            {"type": ["string", "null"]},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            id="two ways to write a union",
        ),
        pytest.param(
            {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            {"type": ["string", "number"]},
            id="exclusive branches",
        ),
        pytest.param(
            {"allOf": [{"minLength": 2}, {"type": "string"}]},
            {"type": "string", "minLength": 1},
            id="parts that hold together",
        ),
        pytest.param(
            {"type": "string", "pattern": "^a", "maxLength": 3},
            {"type": "string", "pattern": "^a"},
            id="the same pattern",
        ),
    ],
)
def test_what_follows_is_proved(old: Schema, new: Schema) -> None:
    assert proof(old, new) is Verdict.YES


def test_true_is_not_one() -> None:
    assert proof({"const": True}, {"const": 1}) is Verdict.NO
    assert proof({"const": 1}, {"const": 1.0}) is Verdict.YES


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#"}]}}},
        {"properties": {"a": {"$ref": "#", "unevaluatedProperties": False}}},
        {
            "oneOf": [
                {"properties": {"a": {"$ref": "#", "unevaluatedProperties": False}}},
                {},
            ]
        },
        {"$id": "https://a.example/", "$defs": {"b": {"$id": "b", "$ref": "/"}}},
        {"$dynamicAnchor": "a", "items": {"$dynamicRef": "#a"}},
    ],
)
def test_schemas_that_turn_upon_themselves_are_compared_as_texts_only(
    schema: dict[str, Any],
) -> None:
    described = {**schema, "description": "the same"}
    narrower = {**schema, "maxProperties": 1}

    assert proof(schema, described) is Verdict.YES
    assert proof(schema, narrower) is not Verdict.YES
    assert worst(argument_changes(schema, narrower)) <= {Level.UNKNOWN, Level.BREAKING}
