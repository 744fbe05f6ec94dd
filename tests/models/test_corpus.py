"""Every tool of real servers: generated, imported, built; and the source reads well."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcpgen.models import GeneratedModels, Root, generate
from mcpgen.models.documents import is_object
from mcpgen.models.names import pascal_case
from mcpgen.runtime.shared.model import Codec
from mcpgen.runtime.shared.schema import SchemaValidator
from tests.shared_data import CORPUS, TELLING, corpus, needs_shared

from .loading import load, module_text, same

pytestmark = needs_shared

MANIFESTS = [
    pytest.param(name, marks=() if name in TELLING else pytest.mark.corpus)
    for name in corpus()
]


def roots(name: str) -> list[Root]:
    """A root for each schema of a manifest."""
    found: dict[str, Root] = {}
    manifest = json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))
    for tool in manifest["tools"]:
        for key, suffix in (("inputSchema", "Input"), ("outputSchema", "Output")):
            if key in tool:
                base = class_name = pascal_case(tool["name"]) + suffix
                while class_name.casefold() in found:
                    class_name = f"{base}{len(found)}"
                where = f"tool {tool['name']!r}, {key}"
                found[class_name.casefold()] = Root(class_name, tool[key], where)
    return list(found.values())


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_schema_gives_a_model_that_builds_what_is_valid(name: str) -> None:
    made = roots(name)
    module = load(generate(made))
    chosen = random.Random(name)
    valid = 0
    for root in made:
        assert isinstance(root.schema, dict)
        validator = SchemaValidator(root.schema)
        codec = Codec[Any](getattr(module, root.name))
        codec.prepare()
        for _ in range(20):
            instance = sample(root.schema, root.schema, chosen, 0)
            if validator.is_valid(instance):
                valid += 1
                assert same(codec.dump(codec.build(instance)), instance)
    assert valid > len(made)


@pytest.mark.parametrize("name", MANIFESTS)
def test_the_source_is_as_a_formatter_leaves_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "models.py"
    path.write_text(module_text(generate(roots(name))), encoding="utf-8")
    check = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", str(path)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_property_of_every_schema_is_a_field(name: str) -> None:
    made = roots(name)
    generated: GeneratedModels = generate(made)
    for root in made:
        assert isinstance(root.schema, dict)
        fields = generated.models[root.name].fields
        assert {f.wire_name for f in fields} >= set(root.schema.get("properties", {}))
        required = {f.wire_name for f in fields if f.required}
        assert required == set(root.schema.get("required", []))


def sample(schema: object, top: Any, chosen: random.Random, depth: int) -> Any:
    """A value that is often valid for the schema."""
    if not is_object(schema) or depth > 8:
        values: list[Any] = [1, "x", None, [], {}]
        return chosen.choice(values)
    if "$ref" in schema:
        target: Any = top
        for part in schema["$ref"].split("/")[1:]:
            target = target[int(part) if isinstance(target, list) else part]
        return sample(target, top, chosen, depth + 1)
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if listed:
        return chosen.choice(listed)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if schema.get(keyword) and "properties" not in schema:
            return sample(chosen.choice(schema[keyword]), top, chosen, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = chosen.choice(kind)
    if kind == "object":
        return sample_object(schema, top, chosen, depth)
    if kind == "array":
        length = max(schema.get("minItems", 0), chosen.randint(0, 2))
        items = schema.get("items", {})
        return [sample(items, top, chosen, depth + 1) for _ in range(length)]
    return sample_scalar(kind, schema, chosen)


def sample_object(schema: Any, top: Any, chosen: random.Random, depth: int) -> Any:
    made: dict[str, Any] = {}
    for name, member in schema.get("properties", {}).items():
        if name in schema.get("required", []) or chosen.random() < 0.5:
            made[name] = sample(member, top, chosen, depth + 1)
    if schema.get("additionalProperties") is not False and chosen.random() < 0.3:
        extra = schema.get("additionalProperties", {})
        made["an extra key"] = sample(extra, top, chosen, depth + 1)
    return made


def sample_scalar(kind: str, schema: Any, chosen: random.Random) -> Any:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    if kind == "integer":
        return chosen.choice([low, low + 1, float(low)])
    if kind == "number":
        return chosen.choice([low, low + 0.5, low + 1])
    if kind == "boolean":
        return chosen.random() < 0.5
    if kind == "null":
        return None
    return "2026-01-01T00:00:00Z"[: schema.get("maxLength", 30)]
