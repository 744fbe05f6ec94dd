"""Forms are sent as each revision of the specification has them, or not at all."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import jsonschema_rs
import pytest
from pydantic import AnyUrl, BaseModel, Field

from mcpgen.runtime.core.schema.forms import FormError, form
from mcpgen.runtime.server import Elicit
from tests.shared_data import SCHEMAS, needs_shared

REVISIONS = ("2025-06-18", "2025-11-25", "2026-07-28")


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


class Place(BaseModel):
    city: str


class Order(BaseModel):
    """Everything that a form can ask for."""

    sure: bool = Field(title="Really?")
    reason: str | None = Field(None, title="Why", max_length=9)
    size: Size
    color: Literal["red", "blue"] = "red"
    kind: Literal["only"] | None = None
    count: Annotated[int, Field(gt=0, le=9)] = 1
    ratio: float | None = None
    day: date | None = None
    when: datetime | None = None
    page: AnyUrl | None = None
    code: Annotated[str, Field(pattern="^[a-z]+$")] = "a"


class Choices(BaseModel):
    tags: list[Literal["a", "b"]] = Field(["a"], min_length=1)


TITLED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "one": {
            "type": "string",
            "oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}],
            "default": "a",
        }
    },
}


def schema_of(revision: str, name: str) -> Any:
    document = json.loads((SCHEMAS / f"{revision}.json").read_text("utf-8"))
    key = "$defs" if "$defs" in document else "definitions"
    return jsonschema_rs.validator_for({**document, "$ref": f"#/{key}/{name}"})


@needs_shared
@pytest.mark.parametrize("revision", REVISIONS)
def test_forms_of_models_are_valid_for_the_official_schema(revision: str) -> None:
    forms: list[Any] = [Order, TITLED]
    if revision != "2025-06-18":
        forms.append(Choices)
    official = schema_of(revision, "ElicitRequest")
    for each in forms:
        params = Elicit("Please.", each).params(revision)
        request: dict[str, Any] = {"method": "elicitation/create", "params": params}
        if revision == "2025-11-25":
            request |= {"jsonrpc": "2.0", "id": 1}
        assert [e.message for e in official.iter_errors(request)] == []


def test_a_field_that_may_be_none_is_plain_and_not_required() -> None:
    made = form(Order.model_json_schema(), "2025-11-25")

    assert made["required"] == ["sure", "size"]
    assert made["properties"] == {
        "sure": {"type": "boolean", "title": "Really?"},
        "reason": {"type": "string", "title": "Why", "maxLength": 9},
        "size": {"type": "string", "title": "Size", "enum": ["s", "l"]},
        "color": {
            "type": "string",
            "title": "Color",
            "enum": ["red", "blue"],
            "default": "red",
        },
        "kind": {"type": "string", "title": "Kind", "enum": ["only"]},
        "count": {
            "type": "integer",
            "title": "Count",
            "maximum": 9,
            "minimum": 1,
            "default": 1,
        },
        "ratio": {"type": "number", "title": "Ratio"},
        "day": {"type": "string", "title": "Day", "format": "date"},
        "when": {"type": "string", "title": "When", "format": "date-time"},
        "page": {"type": "string", "title": "Page", "minLength": 1, "format": "uri"},
        "code": {"type": "string", "title": "Code", "default": "a"},
    }


def test_older_revisions_get_what_they_know() -> None:
    old = form(TITLED, "2025-06-18")["properties"]
    assert old == {
        "one": {"type": "string", "enum": ["a", "b"], "enumNames": ["A", "B"]}
    }
    with pytest.raises(FormError, match=r"'tags'.*2025-11-25"):
        form(Choices.model_json_schema(), "2025-06-18")


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Place, "must be a string"),
        (list[str], "elements are not one of several strings"),
        (list[Place], "elements are not one of several strings"),
        (dict[str, str], "must be a string"),
        (str | int, "must be a string"),
        (Decimal, "must be a string"),
        (Literal[1, 2], "must be a string"),
        (Any, "must be a string"),
    ],
    ids=str,
)
def test_what_no_form_can_express_is_refused_where_it_is_written(
    annotation: Any, words: str
) -> None:
    if annotation == Literal[1, 2]:
        schema: Any = {"properties": {"bad": {"enum": [1, 2]}}}
    else:
        schema = type("Bad", (BaseModel,), {"__annotations__": {"bad": annotation}})
    with pytest.raises(FormError, match=rf"the field 'bad' .*{words}"):
        Elicit("Please.", schema)


def test_schemas_that_refer_to_themselves_end() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {"$ref": "#/$defs/A"}},
    }
    with pytest.raises(FormError, match="refers to itself"):
        form(schema, "2025-11-25")
