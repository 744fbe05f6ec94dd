"""The rules of `x-mcp-header` and the encoding of header values; no server involved."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen.runtime.core.headers import (
    HeaderParameter,
    decode,
    encode,
    header_parameters,
    header_problems,
    parameter_headers,
    parameter_mismatch,
    render,
)
from tests.requirements import requirement

REGION = {"type": "string", "x-mcp-header": "Region"}


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@requirement("2026-07-28/client/parameters-encoded")
@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("us-west1", "us-west1"),
        ("a b", "a b"),
        ("", ""),
        ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
        (" padded ", "=?base64?IHBhZGRlZCA=?="),
        ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
        ("\tindented", "=?base64?CWluZGVudGVk?="),
        ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ("=?base64?open", "=?base64?open"),
    ],
)
def test_values_are_encoded_as_the_specification_shows(
    value: str, encoded: str
) -> None:
    assert encode(value) == encoded
    assert decode(encoded) == value


@requirement("2026-07-28/client/parameters-encoded")
@given(st.text())
def test_every_text_comes_back(value: str) -> None:
    encoded = encode(value)

    assert encoded.isascii()
    assert encoded.isprintable()
    assert encoded == encoded.strip()
    assert decode(encoded) == value


@requirement("2026-07-28/server/parameter-headers-invalid")
@pytest.mark.parametrize(
    "text",
    [
        "=?base64?a?=",
        "=?base64?YR==?=",
        "=?base64?Y Q==?=",
        "=?base64?/w==?=",
        "=?base64?YQ?=",
        "caf\xe9",
        "a\x00b",
        "a\x7fb",
    ],
)
def test_what_can_not_be_decoded_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|characters"):
        decode(text)


def test_markers_in_other_letters_are_plain_text() -> None:
    assert decode("=?BASE64?YQ==?=") == "=?BASE64?YQ==?="


@requirement("2026-07-28/client/parameters-when")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (42, "42"),
        (-7, "-7"),
        (42.0, "42"),
        (True, "true"),
        (False, "false"),
        (2**53 - 1, "9007199254740991"),
        (2**53, None),
        (1.5, None),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_arguments_as_text(value: Any, text: str | None) -> None:
    assert render(value) == text


@requirement("2026-07-28/server/x-mcp-header")
def test_arguments_are_found_wherever_properties_alone_lead() -> None:
    nested = schema(
        region=REGION, deep=schema(flag={"type": "boolean", "x-mcp-header": "F"})
    )

    assert header_parameters(nested) == (
        HeaderParameter("Mcp-Param-Region", ("region",), "string"),
        HeaderParameter("Mcp-Param-F", ("deep", "flag"), "boolean"),
    )
    assert header_problems(nested) == ()
    assert parameter_headers(
        header_parameters(nested), {"region": "é", "deep": {"flag": True}}
    ) == {"Mcp-Param-Region": "=?base64?w6k=?=", "Mcp-Param-F": "true"}


@requirement("2026-07-28/server/x-mcp-header")
@pytest.mark.parametrize(
    ("broken", "path", "said"),
    [
        (
            schema(a={"type": "number", "x-mcp-header": "A"}),
            "properties/a",
            "type number",
        ),
        (
            schema(a={"type": "object", "x-mcp-header": "A"}),
            "properties/a",
            "type object",
        ),
        (
            schema(a={"x-mcp-header": "A"}),
            "properties/a",
            "needs a property of one type",
        ),
        (
            schema(a={"type": ["string", "null"], "x-mcp-header": "A"}),
            "properties/a",
            "needs a property of one type",
        ),
        (schema(a={"type": "string", "x-mcp-header": ""}), "properties/a", "empty"),
        (
            schema(a={"type": "string", "x-mcp-header": "A b"}),
            "properties/a",
            "not a valid",
        ),
        (
            schema(a={"type": "string", "x-mcp-header": "A\r"}),
            "properties/a",
            "not a valid",
        ),
        (
            schema(a={"type": "string", "x-mcp-header": "é"}),
            "properties/a",
            "not a valid",
        ),
        (schema(a={"type": "string", "x-mcp-header": 3}), "properties/a", "a string"),
        (
            schema(a=REGION, b={**REGION, "x-mcp-header": "REGION"}),
            "properties/b",
            "taken",
        ),
        ({**schema(), "x-mcp-header": "A"}, "", "only allowed on properties"),
        (schema(a={"type": "array", "items": REGION}), "properties/a/items", "only"),
        (schema(a={"anyOf": [REGION]}), "properties/a/anyOf/0", "only"),
        ({"$defs": {"x": REGION}}, "$defs/x", "only"),
        ({"additionalProperties": REGION}, "additionalProperties", "only"),
        ({"if": REGION}, "if", "only"),
        ({"items": [REGION]}, "items/0", "only"),
    ],
)
def test_a_broken_rule_is_named_with_its_place(
    broken: Any, path: str, said: str
) -> None:
    [problem] = header_problems(broken)

    place = [*path.split("/"), "x-mcp-header"] if path else ["x-mcp-header"]
    assert [str(part) for part in problem.path] == place
    assert said in problem.message
    assert header_parameters(broken) == ()


@pytest.mark.parametrize(
    "harmless",
    [
        schema(**{"x-mcp-header": {"type": "string"}}),
        {"default": {"x-mcp-header": "A"}},
        {"examples": [{"x-mcp-header": "A"}]},
        {"enum": [{"x-mcp-header": "A"}]},
        {"const": {"x-mcp-header": "A"}},
        {"properties": 3, "items": "x", "allOf": {}},
        True,
        None,
    ],
)
def test_the_same_words_as_data_are_no_annotation(harmless: Any) -> None:
    assert header_problems(harmless) == ()


def test_a_very_deep_schema_is_walked() -> None:
    deep: dict[str, Any] = REGION
    for _ in range(5000):
        deep = {"items": deep}

    assert len(header_problems(deep)) == 1


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_an_integer_agrees_with_its_own_header(value: int) -> None:
    parameter = HeaderParameter("Mcp-Param-N", ("n",), "integer")

    [header] = parameter_headers([parameter], {"n": value}).values()

    assert parameter_mismatch(parameter, {"n": value}, [header]) is None
    assert parameter_mismatch(parameter, {"n": float(value)}, [header + ".0"]) is None
    assert parameter_mismatch(parameter, {"n": value + 1}, [header]) is not None


@given(st.text(), st.text())
def test_a_string_agrees_with_its_own_header_alone(value: str, other: str) -> None:
    parameter = HeaderParameter("Mcp-Param-S", ("s",), "string")

    assert parameter_mismatch(parameter, {"s": value}, [encode(value)]) is None
    assert (parameter_mismatch(parameter, {"s": value}, [encode(other)]) is None) == (
        value == other
    )


def test_base64_of_a_plain_value_is_the_value() -> None:
    parameter = HeaderParameter("Mcp-Param-S", ("s",), "string")
    encoded = base64.b64encode(b"plain").decode()

    assert (
        parameter_mismatch(parameter, {"s": "plain"}, [f"=?base64?{encoded}?="]) is None
    )
