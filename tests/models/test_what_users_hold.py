"""What users hold, over every model of real servers: one class per object, named by its
place, with all that the schema says in words, and values exactly as they were.
"""

from __future__ import annotations

import ast
import random
import re
from functools import cache
from typing import Any

import pytest

from mcpgen.models import GeneratedModels, Root, generate
from mcpgen.runtime.core.model import Codec
from mcpgen.runtime.core.schema.validator import SchemaValidator
from tests.shared_data import TELLING, corpus, needs_shared

from .instances import sample
from .loading import load, same
from .test_corpus import roots

pytestmark = needs_shared

MANIFESTS = [
    pytest.param(name, marks=() if name in TELLING else pytest.mark.corpus)
    for name in corpus()
]
LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
ONE = ("items", "additionalProperties")


def subschemas(whole: Any) -> list[dict[str, Any]]:
    """A schema and all that stand in it, but for definitions that nothing refers to."""
    found: dict[int, dict[str, Any]] = {}
    waiting = [whole]
    while waiting:
        schema = waiting.pop()
        if isinstance(schema, dict) and id(schema) not in found:
            found[id(schema)] = schema
            waiting.extend(schema.get("properties", {}).values())
            for keyword in LISTED:
                waiting.extend(schema.get(keyword, ()))
            waiting.extend(schema.get(keyword) for keyword in ONE)
            if "$ref" in schema:
                waiting.append(target(whole, schema["$ref"]))
    return list(found.values())


def target(whole: Any, reference: str) -> Any:
    """What a reference of the form `#/$defs/Name` means."""
    for part in reference.removeprefix("#").split("/")[1:]:
        whole = whole[part]
    return whole


def said(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def docstrings(source: str) -> set[str]:
    """All docstrings, of classes and of fields."""
    return {
        said(str(node.value.value)).rstrip(".")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def unnamed_branches(root: Root) -> int:
    """Objects in unions that have neither a title nor a tag to be named by."""

    def has_name(branch: dict[str, Any]) -> bool:
        tags = [p for p in branch["properties"].values() if isinstance(p, dict)]
        return "title" in branch or any(isinstance(p.get("const"), str) for p in tags)

    branches = [
        branch
        for schema in subschemas(root.schema)
        for keyword in ("anyOf", "oneOf")
        for branch in schema.get(keyword, ())
        if isinstance(branch, dict) and branch.get("properties")
    ]
    return sum(not has_name(branch) for branch in branches)


@cache
def made(name: str) -> list[tuple[Root, GeneratedModels]]:
    return [(root, generate([root])) for root in roots(name)]


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_object_is_one_class_that_is_named_by_its_place(name: str) -> None:
    for root, generated in made(name):
        nested = [model for model in generated.models if model != root.name]
        assert all(model.startswith(root.name) for model in nested)
        counted = [m for m in nested if re.search(r"Option\d+", m[len(root.name) :])]
        first = [m for m in counted if re.search(r"Option\d+$", m)]
        assert len(first) <= unnamed_branches(root), first
        generic = re.compile(r"^(Model|Class|Object|Type|Schema)\d*$")
        assert not any(generic.match(m[len(root.name) :]) for m in nested)
        held = [{f.wire_name for f in m.fields} for m in generated.models.values()]
        for schema in subschemas(root.schema):
            wanted = {*schema.get("properties", ())}
            assert any(wanted <= fields for fields in held), wanted


@pytest.mark.parametrize("name", MANIFESTS)
def test_docstrings_carry_every_description(name: str) -> None:
    for root, generated in made(name):
        known = docstrings(generated.source)
        whole = " ".join(known)
        for schema in subschemas(root.schema):
            text = said(str(schema.get("description") or "")).rstrip(".")
            assert text in known or text in whole, text


@pytest.mark.parametrize("name", MANIFESTS)
def test_enums_are_literals_and_absent_is_told_from_null(name: str) -> None:
    for root, generated in made(name):
        assert isinstance(root.schema, dict)
        fields = {f.wire_name: f for f in generated.models[root.name].fields}
        for wire, schema in root.schema.get("properties", {}).items():
            kinds = schema.get("type")
            if isinstance(kinds, str) and "enum" not in schema and kinds != "null":
                # Only what the schema calls null may be None.
                assert not fields[wire].annotation.endswith("None"), wire
            if isinstance(kinds, list):
                assert fields[wire].annotation.endswith("None") == ("null" in kinds)
            if kinds == "string" and len(schema.get("enum", ())) in range(1, 200):
                values = {v for v in schema["enum"] if isinstance(v, str)}
                assert literal_values(fields[wire].annotation) == values
            assert fields[wire].required == (wire in root.schema.get("required", ()))


def literal_values(annotation: str) -> set[Any]:
    """The values in the `Literal` of an annotation."""
    return {
        node.value
        for node in ast.walk(ast.parse(annotation))
        if isinstance(node, ast.Constant) and node.value is not None
    }


@pytest.mark.parametrize("name", MANIFESTS)
def test_what_was_absent_stays_absent_and_unknown_keys_survive(name: str) -> None:
    chosen = random.Random(name)
    valid = 0
    for root, generated in made(name):
        assert isinstance(root.schema, dict)
        validator = SchemaValidator(root.schema)
        codec = Codec[Any](getattr(load(generated), root.name))
        for _ in range(8):
            instance = sample(root.schema, root.schema, chosen, 0)
            unknown = {**instance, "x-unknown": [1, None]}
            for value in (instance, unknown):
                if validator.is_valid(value):
                    valid += 1
                    assert same(codec.dump(codec.build(value)), value)
    assert valid
