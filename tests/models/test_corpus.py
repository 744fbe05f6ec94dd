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
from mcpgen.models.names import pascal_case
from mcpgen.runtime.core.model import Codec
from mcpgen.runtime.core.schema.validator import SchemaValidator
from tests.shared_data import CORPUS, TELLING, corpus, needs_shared

from .instances import sample
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
