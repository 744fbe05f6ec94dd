"""The law: what a schema admits, and reasons that a caller can act on."""

from __future__ import annotations

import sys
import threading
import time
import weakref
from typing import Any

import pytest

from mcpgen.runtime.core.schema.validator import (
    InvalidSchema,
    Problem,
    SchemaValidator,
    describe,
    pointer,
)
from tests.pace import patient
from tests.requirements import requirement

SHAPE = {
    "oneOf": [
        {
            "type": "object",
            "properties": {"kind": {"const": kind}, key: {"type": "number"}},
            "required": ["kind", key],
        }
        for kind, key in (("circle", "radius"), ("square", "side"))
    ]
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 1, "maxLength": 20},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "sky": {"enum": ["clear", "cloudy", "rain"]},
        "location": {"$ref": "#/$defs/Location"},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
            "maxItems": 4,
            "uniqueItems": True,
        },
        "If-Match": {"type": "string", "pattern": "^a+$"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "shape": SHAPE,
        "step": {"multipleOf": 3},
        "one": {"const": 1},
        "never": False,
        "odd": {"not": {"type": "string"}},
        "names": {"propertyNames": {"pattern": "^x"}},
        "both": {"dependentRequired": {"a": ["b"]}},
        "key": {"oneOf": [{"required": ["id"]}, {"required": ["name"]}]},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {
        "Location": {
            "type": "object",
            "properties": {"lat": {"type": "number"}, "long": {"type": "number"}},
            "additionalProperties": False,
        }
    },
}


def told(**keys: Any) -> str:
    return describe(SchemaValidator(SCHEMA).problems({"city": "Oslo", **keys}))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("city", "", "city: must have at least 1 character, has 0"),
        ("city", "x" * 21, "city: must have at most 20 characters, has 21"),
        ("city", 5, "city: must be a string, got 5"),
        ("days", 20, "days: must be at most 14, got 20"),
        ("days", 1.5, "days: must be an integer, got 1.5"),
        ("days", "3", 'days: must be an integer, got "3"'),
        (
            "sky",
            "cloud",
            'sky: "cloud" is not one of "clear", "cloudy", "rain"; '
            'did you mean "cloudy"?',
        ),
        ("location", {"lat": "x"}, 'location.lat: must be a number, got "x"'),
        (
            "location",
            {"lon": 1},
            'location.lon: is not a known property; did you mean "long"?',
        ),
        ("items", [{}, {"name": 3}], "items[1].name: must be a string, got 3"),
        (
            "items",
            [{"a": 1}, {"a": 1}],
            'items: must not repeat an item; {"a": 1} is at [1] again',
        ),
        ("If-Match", "b", '["If-Match"]: must match the pattern ^a+$, got "b"'),
        ("note", 5, "note: must be a string or null, got 5"),
        ("shape", {"kind": "circle"}, 'shape.radius: is required (for kind "circle")'),
        ("shape", {"kind": "x"}, 'shape.kind: "x" is not one of "circle", "square"'),
        (
            "shape",
            {"radius": 1},
            'shape.kind: is required; one of "circle", "square"',
        ),
        ("shape", 5, "shape: must be an object, got 5"),
        ("step", 4, "step: must be a multiple of 3, got 4"),
        ("one", 2, "one: must be 1, got 2"),
        ("never", 2, "never: is not allowed"),
        ("odd", "s", 'odd: has a form that is not allowed: "s"'),
        (
            "names",
            {"abc": 1},
            'names: has a property name that must match the pattern ^x, got "abc"',
        ),
        ("both", {"a": 1}, "both.b: is required"),
        (
            "key",
            {},
            "key: matches none of the allowed forms: "
            "key.id: is required / key.name: is required",
        ),
        (
            "key",
            {"id": 1, "name": 1},
            "key: matches more than one of forms of which exactly one is allowed",
        ),
        ("town", 1, "town: is not a known property"),
    ],
)
def test_a_problem_says_where_and_what(key: str, value: Any, words: str) -> None:
    assert told(**{key: value}) == words


def test_every_problem_is_told() -> None:
    problems = SchemaValidator(SCHEMA).problems({"days": 20, "day": 3})
    assert set(problems) == {
        Problem("day", 'is not a known property; did you mean "days"?'),
        Problem("days", "must be at most 14, got 20"),
        Problem("city", "is required"),
    }
    assert SchemaValidator(SCHEMA).problems([]) == [
        Problem("", "must be an object, got []")
    ]


def test_what_is_valid_has_no_problems() -> None:
    validator = SchemaValidator(SCHEMA)
    good = {"city": "Oslo", "days": 3.0, "shape": {"kind": "square", "side": 1}}
    assert validator.is_valid(good)
    assert validator.problems(good) == []


def test_values_are_cut_to_a_sane_length() -> None:
    for value in ("x" * 100_000, ["y" * 1000] * 3, {"k": "z" * 10_000}):
        assert len(told(days=value)) < 150
    assert told(days=[0] * 50).endswith("got an array of 50 items")
    assert len(told(**{"u" * 10_000: 1})) < 200


def test_the_number_of_problems_is_bounded() -> None:
    validator = SchemaValidator({"items": {"type": "integer"}})
    problems = validator.problems(["x"] * 100, limit=3)
    assert [p.path for p in problems] == ["[0]", "[1]", "[2]", ""]
    assert problems[-1].reason == "and 97 more problems"
    assert validator.problems(["x"] * 4, limit=3)[-1].reason == "and 1 more problem"
    many = validator.problems(["x"] * 1_500)
    assert len(many) == 21
    assert many[-1].reason == "and at least 980 more problems"


def test_a_large_instance_is_searched_for_so_many_problems_and_no_more() -> None:
    validator = SchemaValidator({"items": {"type": "integer"}})
    problems = validator.problems(["x"] * 300_000)
    assert problems[0] == Problem("[0]", 'must be an integer, got "x"')
    assert problems[-1].reason == "and at least 980 more problems"


def test_one_problem_among_many_values_is_found() -> None:
    row = {"type": "object", "properties": {"id": {"type": "integer"}}}
    rows: list[Any] = [{"id": number, "tags": ["a", "b"]} for number in range(20_000)]
    rows[-1] = {"id": "x", "tags": []}
    validator = SchemaValidator({"properties": {"rows": {"items": row}}})
    assert describe(validator.problems({"rows": rows})) == (
        'rows[19999].id: must be an integer, got "x"'
    )


@requirement(
    "2025-11-25/client/schema-2020-12",
    "2025-11-25/server/schema-2020-12",
    "2026-07-28/client/schema-2020-12",
    "2026-07-28/server/schema-2020-12",
)
@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"prefixItems": [{"type": "string"}]}, ["a"], [1]),
        (
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "items": [{"type": "string"}],
            },
            ["a"],
            [1],
        ),
        ({"type": "string", "format": "date"}, "no date", 5),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, {}, {"type": 5}),
    ],
)
def test_the_dialect_is_the_one_that_the_schema_names(
    schema: Any, valid: Any, invalid: Any
) -> None:
    validator = SchemaValidator(schema)
    assert validator.is_valid(valid)
    assert not validator.is_valid(invalid)


@requirement(
    "2025-11-25/client/schema-unknown-dialect",
    "2025-11-25/client/schema-valid",
    "2025-11-25/server/schema-unknown-dialect",
    "2025-11-25/server/schema-valid",
    "2026-07-28/client/schema-unknown-dialect",
    "2026-07-28/client/schema-valid",
    "2026-07-28/server/schema-unknown-dialect",
    "2026-07-28/server/schema-valid",
)
@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "strin"}, 'type: "strin" is not valid'),
        ({"properties": {"a": {"pattern": "("}}}, "properties.a.pattern: "),
        ({"pattern": "((a{100}){100}){100}"}, "pattern: "),
        ({"$ref": "#/$defs/x"}, "Pointer '/$defs/x' does not exist"),
        ({"$ref": "file:///etc/passwd"}, "file:///etc/passwd"),
        ({"$ref": "http://127.0.0.1:9/x"}, "http://127.0.0.1:9/x"),
        ({"$ref": "other.json"}, "other.json"),
        ({"$schema": "http://example.org/dialect"}, "Unknown meta-schema"),
    ],
)
def test_a_schema_that_cannot_be_used_says_why(schema: Any, words: str) -> None:
    with pytest.raises(InvalidSchema) as caught:
        SchemaValidator(schema).is_valid(1)
    assert words in str(caught.value)
    assert len(str(caught.value)) <= 400


def clique(size: int) -> dict[str, Any]:
    """Definitions that all refer to each other, each with `unevaluatedProperties`."""
    names = [f"d{at}" for at in range(size)]
    each = {
        "allOf": [{"$ref": f"#/$defs/{name}"} for name in names],
        "unevaluatedProperties": False,
    }
    return {"$ref": "#/$defs/d0", "$defs": dict.fromkeys(names, each)}


def chain(length: int, reference: str = "#/$defs/d{}") -> dict[str, Any]:
    """Definitions that refer to the next one twice."""
    parts: dict[str, Any] = {f"d{length}": {"$anchor": f"d{length}"}}
    for at in range(length):
        following = {"$ref": reference.format(at + 1)}
        parts[f"d{at}"] = {
            "$anchor": f"d{at}",
            "allOf": [following, following],
            "unevaluatedProperties": False,
        }
    return {"$ref": reference.format(0), "$defs": parts}


@pytest.mark.parametrize(
    "schema",
    [clique(30), chain(60), chain(60, "#d{}"), {"items": [chain(60)]}],
    ids=["clique", "chain", "anchors", "inside"],
)
def test_a_schema_that_takes_forever_to_compile_is_refused(schema: Any) -> None:
    if "items" in schema:
        schema = {"$defs": schema["items"][0]["$defs"], "prefixItems": schema["items"]}
    with pytest.raises(InvalidSchema, match="unevaluatedProperties"):
        SchemaValidator(schema).is_valid({})


@pytest.mark.parametrize("schema", [chain(6), chain(6, "#d{}")])
def test_schemas_of_a_usual_size_are_compiled(schema: Any) -> None:
    assert SchemaValidator(schema).is_valid({})
    assert not SchemaValidator(schema).is_valid({"a": 1})


@requirement(
    "2026-07-28/client/schema-references", "2026-07-28/server/schema-references"
)
def test_references_never_open_a_file_or_a_connection() -> None:
    touched: list[str] = []
    watching = False

    def watch(event: str, _: tuple[Any, ...]) -> None:
        if watching and event.split(".")[0] in ("open", "socket", "urllib"):
            touched.append(event)

    sys.addaudithook(watch)
    watching = True
    for reference in ("file:///etc/hostname", "http://127.0.0.1:9/x", "x.json"):
        for keyword in ("$ref", "$dynamicRef"):
            schema = {"$id": "file:///etc/", "properties": {"a": {keyword: reference}}}
            with pytest.raises(InvalidSchema, match=r"[Rr]etrie"):
                SchemaValidator(schema).compile()
    watching = False
    assert touched == []


@pytest.mark.parametrize(
    "pattern", [r"^(a+)+$", r"(?=a)(a|aa)+\1$", r"(a*)*\1b", r"^(?=(a|aa)+$)(a|aa)*c"]
)
def test_no_pattern_runs_away(pattern: str) -> None:
    validator = SchemaValidator({"pattern": pattern})
    began = time.monotonic()
    (problem,) = validator.problems("a" * 20_000 + "!")
    assert "pattern" in problem.reason
    assert time.monotonic() - began < patient(1)


def test_text_that_is_no_unicode_is_not_valid() -> None:
    validator = SchemaValidator({"type": "string"})
    assert not validator.is_valid("\ud800")
    (problem,) = validator.problems("\ud800")
    assert problem.reason.startswith("is no JSON value")


def test_a_validator_can_be_asked_directly_before_and_after_it_is_compiled() -> None:
    validator = SchemaValidator({"type": "integer"})
    for _ in range(2):
        assert validator.accepts(1)
        assert not validator.accepts("1")
    with pytest.raises(ValueError, match="surrogate"):
        validator.accepts("\ud800")


def test_a_validator_that_was_never_used_is_no_cycle() -> None:
    class Own(SchemaValidator):
        """One that can be referred to weakly."""

    validator = Own({"type": "integer"})
    gone = weakref.ref(validator)
    del validator
    assert gone() is None


def test_paths_read_like_paths() -> None:
    assert pointer([]) == ""
    assert pointer(["items", 3, "name"]) == "items[3].name"
    assert pointer(["a b", 0]) == '["a b"][0]'


def test_threads_may_use_a_validator_for_the_first_time_together() -> None:
    validator = SchemaValidator(SCHEMA)
    start = threading.Barrier(8)
    results: list[bool] = []

    def use() -> None:
        start.wait(60)
        results.append(validator.is_valid({"city": "Oslo"}))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [True] * 8
