"""The protocol's own schemas, all revisions, and the specification's example values."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mcpgen.models import GeneratedModels, generate_definitions
from mcpgen.runtime.core.model import Codec
from tests.shared_data import EXAMPLES, SCHEMAS, needs_shared

from .loading import load, same

pytestmark = needs_shared

REVISIONS = sorted(path.stem for path in SCHEMAS.glob("*.json"))


def made(revision: str) -> GeneratedModels:
    document = json.loads((SCHEMAS / f"{revision}.json").read_text(encoding="utf-8"))
    return generate_definitions(document)


@pytest.fixture(scope="module")
def latest() -> ModuleType:
    return load(made("2026-07-28"))


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_definition_of_a_revision_has_a_name_that_works(revision: str) -> None:
    document = json.loads((SCHEMAS / f"{revision}.json").read_text(encoding="utf-8"))
    definitions = document.get("$defs") or document["definitions"]
    generated = made(revision)
    module = load(generated)
    for name in definitions:
        Codec[Any](
            getattr(module, "AnnotatedModel" if name == "Annotated" else name)
        ).prepare()
    assert not [name for name in generated.models if name[-1].isdigit()]


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("*/*.json")), ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_an_official_example_comes_back_unchanged(
    latest: ModuleType, path: Path
) -> None:
    instance = json.loads(path.read_text(encoding="utf-8"))
    codec = Codec[Any](getattr(latest, path.parent.name))
    built = codec.build(instance)
    assert codec.dump(built) == instance
    assert json.loads(codec.dump_json(built)) == instance


def test_there_are_all_the_official_examples() -> None:
    assert len(list(EXAMPLES.glob("*/*.json"))) == 129


def test_content_blocks_are_built_as_the_class_of_their_tag(latest: ModuleType) -> None:
    codec = Codec[Any](latest.ContentBlock)
    image = {"type": "image", "data": "AA==", "mimeType": "image/png", "x": 1}
    assert type(codec.build(image)) is latest.ImageContent
    assert same(
        codec.dump(latest.TextContent(text="hi")), {"type": "text", "text": "hi"}
    )
