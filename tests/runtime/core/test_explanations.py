"""Why a value is not valid: the branch that was meant, in work that is bounded."""

from __future__ import annotations

import tracemalloc
from collections import OrderedDict
from enum import StrEnum
from typing import Any
from unittest.mock import patch

import pytest
from jsonschema_rs import validator_for

from mcpgen.runtime.core.schema.explain.explainer import explain
from mcpgen.runtime.core.schema.explain.parts import Parts
from mcpgen.runtime.core.schema.explain.words import mistyped
from mcpgen.runtime.core.schema.validator import SchemaValidator, describe
from tests.fuzz.explanations import MAX_EVENTS, events, run


class Color(StrEnum):
    RED = "red"


OPERATIONS = ("add", "sub", "mul", "div")
EXPRESSION: dict[str, Any] = {
    "type": "object",
    "properties": {"e": {"$ref": "#/$defs/e"}},
    "required": ["e"],
    "$defs": {
        "e": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        "op": {"const": name},
                        "left": {"$ref": "#/$defs/e"},
                        "right": {"$ref": "#/$defs/e"},
                    },
                    "required": ["op", "left", "right"],
                }
                for name in OPERATIONS
            ]
            + [
                {
                    "type": "object",
                    "properties": {"op": {"const": "num"}, "value": {"type": "number"}},
                    "required": ["op", "value"],
                }
            ]
        }
    },
}
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
BODY = 4 * 1024 * 1024


def expression(depth: int, leaf: Any) -> dict[str, Any]:
    """A tree with one leaf at the end of its left side."""
    found = leaf
    for _ in range(depth):
        found = {"op": "add", "left": found, "right": {"op": "num", "value": 1}}
    return {"e": found}


def full_tree(depth: int) -> dict[str, Any]:
    """A tree of which every leaf is wrong."""
    if depth == 0:
        return {"op": "num", "value": "2"}
    return {"op": "add", "left": full_tree(depth - 1), "right": full_tree(depth - 1)}


def chain(depth: int, end: Any) -> Any:
    """Objects in each other."""
    for _ in range(depth):
        end = {"c": end}
    return end


def told(schema: Any, value: Any) -> str:
    """The problems as text."""
    return describe(SchemaValidator(schema).problems(value))


# --- unions -----------------------------------------------------------------

POINT = {
    "type": "object",
    "properties": {"lat": {"type": "number"}, "long": {"type": "number"}},
    "required": ["lat", "long"],
}
PLACE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "country": {"type": "string"}},
    "required": ["name"],
}
WHERE = {
    "anyOf": [{"$ref": "#/$defs/Point"}, {"$ref": "#/$defs/Place"}],
    "$defs": {"Point": POINT, "Place": PLACE},
}
TITLED = {"oneOf": [{**POINT, "title": "A point"}, {**PLACE, "title": "A place"}]}


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        (
            EXPRESSION,
            expression(3, {"op": "num", "value": "2"}),
            'e.left.left.left.value: must be a number, got "2" (for op "num")',
        ),
        (
            EXPRESSION,
            expression(1, {"op": "pow"}),
            'e.left.op: "pow" is not one of "add", "sub", "mul", "div", "num"',
        ),
        (
            EXPRESSION,
            expression(1, {"value": 2}),
            'e.left.op: is required; one of "add", "sub", "mul", "div", "num"',
        ),
        (
            WHERE,
            {"lat": 1, "long": "x"},
            'long: must be a number, got "x" (for Point)',
        ),
        (WHERE, {"lat": 1}, "long: is required (for Point)"),
        (TITLED, {"country": "NO"}, "name: is required (for A place)"),
        (
            WHERE,
            {},
            "matches none of the allowed forms: lat: is required (for Point) / "
            "name: is required (for Place)",
        ),
        (
            {"oneOf": [{"const": "red", "title": "R"}, {"const": "green"}]},
            "rod",
            '"rod" is not one of "red", "green"; did you mean "red"?',
        ),
        (
            {"anyOf": [{"enum": ["a"]}, {"anyOf": [{"enum": ["b"]}, {"const": "c"}]}]},
            "d",
            '"d" is not one of "a", "b", "c"',
        ),
        (
            {"anyOf": [{"type": "array", "items": POINT}, {"type": "null"}]},
            [{"lat": 1, "long": 2}, {"lat": 1}],
            "[1].long: is required",
        ),
        (
            # What a branch refuses is not reported again by what it leaves over.
            {"anyOf": [POINT], "unevaluatedProperties": False},
            {"lat": 1, "long": "x"},
            'long: must be a number, got "x"',
        ),
    ],
)
def test_the_branch_that_was_meant_is_explained(
    schema: Any, value: Any, words: str
) -> None:
    assert told(schema, value) == words


# --- keywords of every draft ------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, "b: is "),
        ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1}, "b: is required"),
        ({"patternProperties": {"^n": {"type": "number"}}}, {"n1": "x"}, "n1: must be"),
        ({"additionalProperties": {"type": "number"}}, {"a": "x"}, "a: must be a num"),
        ({"properties": {"a": {}}, "unevaluatedProperties": False}, {"b": 1}, "b: is"),
        ({"prefixItems": [{}], "items": {"type": "null"}}, [1, 2], "[1]: must be null"),
        ({"prefixItems": [{}], "unevaluatedItems": False}, [1, 2], "has items that"),
        ({"contains": {"type": "null"}}, [1], "has no item of the kind"),
        ({"contains": {}, "maxContains": 1}, [1, 2], "must have at most 1 items of"),
        ({"contains": {"const": 1}, "minContains": 2}, [1], "must have at least 2 it"),
        ({"type": ["string", "null"]}, 3, "must be a string or null, got 3"),
        ({"exclusiveMinimum": 3}, 3, "must be greater than 3, got 3"),
        ({"multipleOf": 0.1}, 0.25, "must be a multiple of 0.1, got 0.25"),
        ({"uniqueItems": True}, [1, True, 1.0], "must not repeat an item; 1.0 is at"),
        ({"enum": [1]}, True, "true is not one of 1"),
        ({"const": {"a": [1]}}, {"a": [True]}, 'must be {"a": [1]}, got'),
        (
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "definitions": {"n": {"type": "number"}},
                "items": [{"$ref": "#/definitions/n"}],
                "additionalItems": False,
            },
            ["x", 2],
            '[0]: must be a number, got "x"\nmust have at most 1 items',
        ),
        (
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "dependencies": {"a": ["b"]},
            },
            {"a": 1},
            "b: is required",
        ),
        (
            {
                "$schema": "http://json-schema.org/draft-04/schema#",
                "minimum": 3,
                "exclusiveMinimum": True,
            },
            3,
            "must be greater than 3, got 3",
        ),
        (
            {
                "$id": "https://example.org/tree",
                "$ref": "node",
                "$defs": {
                    "node": {
                        "$id": "node",
                        "properties": {"next": {"$ref": "#end"}},
                        "$defs": {"end": {"$anchor": "end", "type": "null"}},
                    }
                },
            },
            {"next": 1},
            "next: must be null, got 1",
        ),
        (
            {
                "$id": "https://example.org/strict",
                "$dynamicAnchor": "node",
                "$ref": "tree",
                "unevaluatedProperties": False,
                "$defs": {
                    "tree": {
                        "$id": "tree",
                        "$dynamicAnchor": "node",
                        "properties": {"child": {"$dynamicRef": "#node"}},
                    }
                },
            },
            {"child": {"child": {"chld": 1}}},
            "child.child.chld: is not a known property",
        ),
        (
            {
                "properties": {
                    "a": {"$ref": "https://json-schema.org/draft/2020-12/schema"}
                }
            },
            {"a": {"type": 5}},
            'a.type: 5 is not one of "array", "boolean", "integer"',
        ),
        ({"properties": {"a": {"pattern": "^a*$"}}}, {"a": "a" * 9_000 + "b"}, "a: mu"),
    ],
)
def test_every_keyword_is_explained(schema: Any, value: Any, words: str) -> None:
    assert told(schema, value).startswith(words)


# --- bounded work -----------------------------------------------------------

AMBIGUOUS = [
    {
        "properties": {"c": {"$ref": "#"}},
        "required": ["c"],
        "maxProperties": 3 + number,
    }
    for number in range(6)
]
CASES: dict[str, tuple[Any, Any]] = {
    "one wrong leaf": (EXPRESSION, expression(190, {"op": "num", "value": "2"})),
    "wrong leaves only": (EXPRESSION, {"e": full_tree(12)}),
    "a union that nothing tells apart": (
        {"anyOf": [*AMBIGUOUS, {"type": "null"}]},
        chain(190, {"x": 1}),
    ),
    "unevaluated properties": (
        {"anyOf": [*AMBIGUOUS, {"type": "null"}], "unevaluatedProperties": False},
        chain(190, {"x": 1}),
    ),
    "a dynamic reference": (
        {
            "$dynamicAnchor": "n",
            "anyOf": [
                {
                    "type": "object",
                    "properties": {"c": {"$dynamicRef": "#n"}},
                    "maxProperties": 4 + number,
                }
                for number in range(4)
            ],
        },
        chain(190, 3),
    ),
    "a long array of unions": (
        {"items": {"$ref": "#/$defs/e"}, "$defs": EXPRESSION["$defs"]},
        [{"op": "num", "value": "x"}] * (BODY // 26),
    ),
    "a hundred thousand wrong items": (
        {"items": {"properties": {"a": {"type": "integer"}, "b": {"minimum": 9}}}},
        [{"a": "a text of some length", "b": 1}] * 100_000,
    ),
    "many branches with many required properties": (
        {
            "items": {
                "anyOf": [
                    {"required": [f"k{branch}-{number}" for number in range(200)]}
                    for branch in range(200)
                ]
            }
        },
        [{"a": number} for number in range(50_000)],
    ),
    "many unknown properties": (
        {
            "properties": {f"name{i}": {} for i in range(200)},
            "additionalProperties": False,
        },
        {f"nam{number}": 1 for number in range(200_000)},
    ),
    "many properties against patterns": (
        {
            "patternProperties": {"^a": {}, "b$": {}, "^x+$": {}},
            "additionalProperties": False,
        },
        {f"n{number}": 1 for number in range(200_000)},
    ),
    "many options": (
        {"items": {"enum": [f"code{number}" for number in range(10_000)]}},
        [f"cod{number}" for number in range(100_000)],
    ),
    "a long text": ({"enum": ["a" * BODY, "b"]}, "a" * BODY + "b"),
    "a long text against a pattern": ({"pattern": "^(a|b)*$"}, "a" * BODY + "c"),
    "items that must be unique": (
        {"uniqueItems": True},
        [{"a": number // 2} for number in range(100_000)],
    ),
    "an item that must be there": (
        {"contains": {"$ref": "#/$defs/e"}, "$defs": EXPRESSION["$defs"]},
        [{"op": "num", "value": "x"} for _ in range(50_000)],
    ),
    "unevaluated items": (
        {
            "prefixItems": [True],
            "contains": {"type": "string"},
            "unevaluatedItems": False,
        },
        ["s", *range(300_000)],
    ),
    "a container where a scalar belongs": (
        {"properties": {"x": {"type": "integer"}}},
        {"x": {"k": list(range(300_000))}},
    ),
    "a large schema": (
        {
            "$ref": "#/$defs/d0",
            "$defs": {
                f"d{number}": {
                    "properties": {
                        f"p{key}": {"$ref": f"#/$defs/d{(number + key) % 500}"}
                        for key in range(10)
                    },
                    "required": ["missing"],
                }
                for number in range(500)
            },
        },
        {f"p{key}": {f"p{inner}": {} for inner in range(10)} for key in range(10)},
    ),
    "a schema that two references apply to each value": (
        {
            "$dynamicAnchor": "node",
            "properties": {"left": {"$dynamicRef": "#node"}},
            "required": ["value"],
            "allOf": [{"$ref": "#"}],
        },
        expression(10, {})["e"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_work_of_an_explanation_is_bounded(name: str) -> None:
    schema, value = CASES[name]
    validator = SchemaValidator(schema)
    assert not validator.is_valid(value)
    texts: list[str] = []

    # Counted, not timed: the same on every machine. It is about 50 ms at most.
    assert (
        events(lambda: texts.append(describe(validator.problems(value)))) < MAX_EVENTS
    )

    assert 0 < len(texts[0]) < 20_000
    assert describe(validator.problems(value)) == texts[0]


@pytest.mark.parametrize("name", CASES)
def test_an_explanation_takes_little_memory(name: str) -> None:
    schema, value = CASES[name]
    validator = SchemaValidator(schema)
    validator.problems({})
    tracemalloc.start()
    try:
        validator.problems(value)
        assert tracemalloc.get_traced_memory()[1] < 50 * 1024 * 1024
    finally:
        tracemalloc.stop()


# --- large values -----------------------------------------------------------

ROWS: dict[str, Any] = {"rows": [{"id": number} for number in range(1_000)]}
WRONG_ROWS: dict[str, Any] = {"rows": [*ROWS["rows"], {"id": "x"}]}
WRONG_ROW = 'rows[1000].id: must be an integer, got "x"'
TABLE: dict[str, Any] = {
    "properties": {
        "rows": {"items": {"properties": {"id": {"type": "integer"}}}},
    },
}
TOO_LARGE = "is not valid, but too large or too complex to say why"
LARGE: dict[str, tuple[Any, Any, str]] = {
    "$id": ({"$id": "https://example.org/a", **TABLE}, WRONG_ROWS, WRONG_ROW),
    "relative $id": ({"$id": "/schemas/a.json", **TABLE}, WRONG_ROWS, WRONG_ROW),
    "draft-07 $id": ({"$schema": DRAFT_7, "$id": "a", **TABLE}, WRONG_ROWS, WRONG_ROW),
    "id": ({"$schema": DRAFT_4, "id": "urn:a", **TABLE}, WRONG_ROWS, WRONG_ROW),
    "if": (
        {**TABLE, "if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {**ROWS, "a": 1},
        TOO_LARGE,
    ),
    "else": (
        {**TABLE, "if": {"required": ["a"]}, "else": {"required": ["b"]}},
        ROWS,
        TOO_LARGE,
    ),
    "dependentSchemas": (
        {**TABLE, "dependentSchemas": {"rows": {"required": ["b"]}, "c": False}},
        ROWS,
        TOO_LARGE,
    ),
    "dependentRequired": (
        {**TABLE, "dependentRequired": {"rows": ["b"], "c": ["d"]}},
        ROWS,
        "b: is required",
    ),
    "propertyNames": (
        {**TABLE, "propertyNames": {"maxLength": 4}},
        {**ROWS, "other": 1},
        TOO_LARGE,
    ),
    "patternProperties": (
        {"patternProperties": {"^r": TABLE["properties"]["rows"], "^x": False}},
        WRONG_ROWS,
        WRONG_ROW,
    ),
    "additionalProperties beside": (
        {**TABLE, "patternProperties": {"^x": {}}, "additionalProperties": POINT},
        {**ROWS, "x": 1, "y": {"lat": 1}},
        "y.long: is required",
    ),
    "not": (
        {**TABLE, "not": {"required": ["rows"]}},
        ROWS,
        TOO_LARGE,
    ),
    "uniqueItems": (
        {"uniqueItems": True, "items": {"type": "integer"}},
        [*range(3_000), 7],
        TOO_LARGE,
    ),
    "contains": (
        {"contains": {"const": "a"}, "items": {"type": "integer"}},
        [*range(3_000)],
        TOO_LARGE,
    ),
    "maxContains": (
        {"contains": {"minimum": 1}, "maxContains": 9, "items": {"type": "integer"}},
        [*range(3_000)],
        TOO_LARGE,
    ),
    "a union without tags": (
        {"oneOf": [{**TABLE, "required": ["rows"]}, {"required": ["url"]}]},
        WRONG_ROWS,
        WRONG_ROW,
    ),
    "a union that is not at fault": (
        {
            "properties": {
                "rows": {
                    **TABLE["properties"]["rows"],
                    "contains": {"required": ["a"]},
                },
            },
            "anyOf": [
                {"properties": {"kind": {"const": "a"}}, "required": ["b"]},
                {"properties": {"kind": {}}},
            ],
        },
        {**ROWS, "kind": "a"},
        f"rows: {TOO_LARGE}",
    ),
    "names of which one is required": (
        {**TABLE, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        ROWS,
        TOO_LARGE,
    ),
    "unevaluatedProperties": (
        {**TABLE, "unevaluatedProperties": False},
        {**WRONG_ROWS, "row": 1},
        f'{WRONG_ROW}\nrow: is not a known property; did you mean "rows"?',
    ),
    "a type that keywords are not for": (
        {"items": {"type": ["array", "object"], "maxItems": 1, "required": ["a"]}},
        [*([[]] * 800), *([{"a": 1}] * 800), [1, 2], {}],
        "[1600]: must have at most 1 item, has 2\n[1601].a: is required",
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_value_is_explained(name: str) -> None:
    schema, value, words = LARGE[name]
    assert told(schema, value) == words


def test_what_two_schemas_refuse_is_explained_once() -> None:
    text: dict[str, Any] = {"properties": {"s": {"type": "string"}}}
    own = {"properties": {"big": {**text, "title": "Big"}}}
    other = {"properties": {"big": text}}
    schema = {"allOf": [{"$ref": "#/$defs/B"}, own], "$defs": {"B": other}}
    value = {"big": {"s": 5, "pad": "x" * 700_000}}
    assert told(schema, value) == "big.s: must be a string, got 5"


@pytest.mark.parametrize("part", [{"$id": "a"}, {"unevaluatedProperties": False}])
def test_unknown_properties_are_found_where_parts_cannot_stand_alone(part: Any) -> None:
    schema = {
        "properties": {"name": {"type": "string"}, "other": part},
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }
    problem = 'nmae: is not a known property; did you mean "name"?'
    assert told(schema, {"nmae": 1, "x-pad": "x" * 700_000}) == problem


def test_patterns_on_long_names_are_work() -> None:
    tried: list[str] = []
    patterns: dict[str, Any] = {f"^x{number}": {} for number in range(100)}
    schema = {"patternProperties": patterns, "required": ["a"]}
    parts = Parts(schema, validator_for(schema), lambda made, _: validator_for(made))
    matcher = parts.matcher

    def counted(pattern: str) -> Any:
        tried.append(pattern)
        return matcher(pattern)

    with patch.object(parts, "matcher", counted):
        found = explain(parts, {"n" * BODY: 1}, 20)
    assert found == [("a", "is required"), ("", "there may be more problems")]
    assert len(tried) < 10


def test_what_branches_want_is_found_out_once() -> None:
    """Not for each value: that takes long for many branches with many properties."""
    properties = {f"p{number}": {"const": number} for number in range(50)}
    branches = [
        {"type": "object", "properties": properties, "required": [f"q{number}"]}
        for number in range(50)
    ]
    validator = SchemaValidator({"oneOf": branches})
    validator.problems({"p0": 0})
    assert events(lambda: validator.problems({"p0": 0})) < 40_000


@pytest.mark.parametrize("empty", [{"type": []}, {"anyOf": []}], ids=str)
def test_what_has_no_types_is_explained(empty: Any) -> None:
    schema = {"properties": {"a": {"$ref": "#/x/y"}}, "x": {"y": empty}}
    assert told(schema, {"a": 1}) == "a: is not allowed"


def test_a_tag_may_be_true_or_false() -> None:
    branches = [
        {"properties": {"ok": {"const": ok}, "x": {"type": kind}}, "required": ["ok"]}
        for ok, kind in ((True, "string"), (False, "null"))
    ]
    problem = "x: must be a string, got 5 (for ok true)"
    assert told({"oneOf": branches}, {"ok": True, "x": 5}) == problem


@pytest.mark.parametrize("value", [OrderedDict(a=1), Color.RED, (1,), True], ids=str)
def test_values_of_subclasses_have_types(value: Any) -> None:
    types = {OrderedDict: "object", Color: "string", tuple: "array", bool: "boolean"}
    assert mistyped(value, types[type(value)]) == ()
    assert mistyped(value, ["integer"]) == ["integer"]


def test_a_size_is_a_whole_number() -> None:
    problem = "must have at least 2 items, has 1"
    assert told({"minItems": 2.0}, ["x" * 700_000]) == problem


def test_some_items_of_a_large_tuple_are_explained() -> None:
    kinds = [{"type": "integer", "minimum": number} for number in range(2_000)]
    problems = SchemaValidator({"prefixItems": kinds}).problems(["x"] * 2_000)
    assert str(problems[0]) == '[0]: must be an integer, got "x"'
    assert len(problems) > 5


def test_a_misspelled_tag_has_a_hint() -> None:
    words = '"ad" is not one of "add", "sub", "mul", "div", "num"; did you mean "add"?'
    assert told(EXPRESSION, {"e": {"op": "ad"}}) == f"e.op: {words}"


def test_what_is_left_out_is_counted_only_where_it_was_found() -> None:
    problems = SchemaValidator(EXPRESSION).problems({"e": full_tree(12)})
    assert len(problems) == 21
    assert problems[-1].reason.startswith("and at least ")


def test_the_outermost_place_is_named_where_there_is_no_time_for_more() -> None:
    names = {f"n{number}": 1 for number in range(50_000)}
    patterns = {f"^{letter}": {"type": "string"} for letter in "abcdefgn"}
    schema = {"properties": {"map": {"patternProperties": patterns}, "id": {}}}
    assert told(schema, {"id": 1, "map": names}) == (
        "map: is not valid, but too large or too complex to say why\n"
        "there may be more problems"
    )


def test_any_schema_and_value_is_explained_in_bounded_work() -> None:
    outcome = run(60, 0, timed=False)
    assert outcome.faults == []
    assert outcome.explained > 60
    assert outcome.valid > 20


def test_a_value_in_a_message_is_cut_before_it_is_written() -> None:
    value = {"k": {"a": list(range(500_000))}}
    schema = {"properties": {"k": {"type": "string"}}}
    validator = SchemaValidator(schema)
    assert events(lambda: validator.problems(value)) < 2_000
    words = "k: must be a string, got an object with 1 key"
    assert told(schema, value) == words
