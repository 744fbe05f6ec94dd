"""Examples of what breaks are found for keywords that no schema negates, too."""

from __future__ import annotations

import time
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no types

from mcpgen.contracts.documents import Document
from mcpgen.contracts.examples import example
from tests.pace import patient

NARROWED: dict[str, list[dict[str, Any]]] = {
    "object": [
        {"propertyNames": {"pattern": "^x"}},
        {"propertyNames": {"enum": ["a"]}},
        {"propertyNames": False},
        {"unevaluatedProperties": False},
        {"unevaluatedProperties": {"type": "integer"}},
        {"patternProperties": {"": False}},
        {"enum": [{}]},
    ],
    "array": [
        {"unevaluatedItems": False},
        {"prefixItems": [{"type": "integer"}, {"type": "string"}]},
    ],
    "string": [{"pattern": "."}, {"pattern": "^.{2,}$"}],
    "number": [{"multipleOf": 0.1}],
}
CASES = [
    *(
        ({"type": kind}, {"type": kind, **further})
        for kind, several in NARROWED.items()
        for further in several
    ),
    (
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    ),
]


def _alone(schema: dict[str, Any]) -> dict[str, Any]:
    return schema


def _nested(schema: dict[str, Any]) -> dict[str, Any]:
    inner = {"type": "object", "properties": {"a": schema, "b": {"type": "integer"}}}
    return {"type": "object", "properties": {"c": inner}, "required": ["c"]}


@pytest.mark.parametrize("place", [_alone, _nested])
@pytest.mark.parametrize(("old", "new"), CASES, ids=lambda schema: str(schema)[-60:])
def test_a_value_of_the_old_schema_that_the_new_one_refuses(
    old: dict[str, Any], new: dict[str, Any], place: Any
) -> None:
    old, new = place(old), place(new)

    found = example(Document(old, "old").root, Document(new, "new").root)

    assert found is not None
    assert Draft202012Validator(old).is_valid(*found)
    assert not Draft202012Validator(new).is_valid(*found)


def test_that_there_is_none_is_found_out_in_time() -> None:
    """Each name is held against each pattern, for each way to break the other schema."""
    either = {"anyOf": [{"type": "object"}, {"type": "boolean"}]}
    names = {
        "type": "object",
        "minProperties": 2,
        "propertyNames": {"maxLength": 2},
        "patternProperties": {
            f"^{letter}": {"allOf": [{"type": "null"}, either]} for letter in "abcdefgh"
        },
        "additionalProperties": False,
    }
    wider = {**names, "maxProperties": 1}
    began = time.process_time()
    found = example(Document(names, "old").root, Document(wider, "new").root)
    assert found is None
    assert time.process_time() - began < patient(2)
