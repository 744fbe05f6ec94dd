"""Pinned schemas are what they were when pinned; corrections fit or say so."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcpgen import assets
from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.protocol.corrections import StaleCorrection, correct
from mcpgen.protocol.revisions import Library, known, load, pinned, read_schema
from mcpgen.protocol.walking import as_object
from tests.shared_data import SCHEMAS, needs_shared

SCHEMA = Path(str(assets.schema()))
WITH_SCHEMA = ("2025-11-25", "2026-07-28")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of `schema/` to spoil."""
    return Path(shutil.copytree(SCHEMA, tmp_path / "schema"))


def code_of(error: pytest.ExceptionInfo[MCPGenError]) -> str:
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.hint
    return diagnostic.code


def test_names_are_known_without_opening_a_file(copy: Path) -> None:
    for file in copy.rglob("*.json"):
        file.write_bytes(b"\xff")
    assert Library(copy).known() == known()


def test_every_schema_file_is_pinned_and_every_pin_has_its_file() -> None:
    pins = {
        pin["file"]: pin for pin in json.loads((SCHEMA / "PINNED.json").read_text())
    }
    assert pins.keys() == {file.name for file in SCHEMA.glob("2*.json")}
    for name, pin in pins.items():
        digest = hashlib.sha256((SCHEMA / name).read_bytes()).hexdigest()
        assert pin["sha256"] == digest
        assert pin["revision"] == name.removesuffix(".json")
        assert pin["upstream"]["commit"]
        assert pin["licence"] == "MIT"


def test_an_unknown_revision_is_named_with_its_neighbour() -> None:
    with pytest.raises(MCPGenError) as error:
        load("2025-11-52")
    assert code_of(error) == "MG501"
    assert str(error.value).startswith(
        "error[MG501]: there is no protocol revision '2025-11-52'\n"
        "    hint: did you mean 2025-11-25? known are 2024-11-05, "
    )


@pytest.mark.parametrize("name", ["../../pyproject", "PINNED", "tables/2024-11-05", ""])
def test_a_revision_is_no_path(name: str) -> None:
    with pytest.raises(MCPGenError) as error:
        load(name)
    assert code_of(error) == "MG501"


def test_a_changed_schema_file_is_refused(copy: Path) -> None:
    file = copy / "2026-07-28.json"
    file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(MCPGenError) as error:
        Library(copy).load("2026-07-28")
    assert code_of(error) == "MG502"


def test_a_correction_that_no_longer_fits_is_an_error_for_a_pinned_file(
    copy: Path,
) -> None:
    file = copy / "corrections" / "2026-07-28.json"
    corrections = json.loads(file.read_text())
    corrections[0]["was"] = ["string", "number", "boolean"]
    file.write_text(json.dumps(corrections))
    with pytest.raises(MCPGenError) as error:
        Library(copy).load("2026-07-28")
    assert code_of(error) == "MG503"
    assert "/$defs/ElicitResult/properties/content" in str(error.value)


@needs_shared
@pytest.mark.parametrize("revision", WITH_SCHEMA)
def test_corrections_that_do_not_fit_a_file_of_ones_own_are_left_out(
    copy: Path, revision: str
) -> None:
    (copy / "PINNED.json").unlink()
    shutil.copy(SCHEMAS / f"{revision}.json", copy)
    ours = Library(copy).load(revision).document
    assert ours == load(revision).document


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"{", "it is no JSON"),
        (b"\xff", "it is no JSON"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"[]", "it is not a JSON object"),
        (b'{"type": "object"}', "it has neither `$defs` nor `definitions`"),
    ],
)
def test_a_file_that_is_no_schema_gets_a_message(content: bytes, reason: str) -> None:
    with pytest.raises(MCPGenError) as error:
        read_schema(content, "2030-01-01", span=Span("x.json"), source="x.json")
    assert code_of(error) == "MG504"
    assert str(error.value).startswith(
        "x.json: error[MG504]: this is not a schema of the Model Context Protocol: "
        + reason
    )


@pytest.mark.parametrize(
    "keyword", [{"required": 3}, {"properties": []}, {"allOf": [1]}, {"type": "thing"}]
)
def test_a_schema_with_a_malformed_keyword_gets_a_message(
    keyword: dict[str, object],
) -> None:
    document = json.loads((SCHEMA / "2026-07-28.json").read_bytes())
    document["$defs"]["Tool"]["properties"]["name"].update(keyword)
    content = json.dumps(document).encode()
    with pytest.raises(MCPGenError) as error:
        read_schema(content, "2030-01-01", span=Span("x.json"), source="x.json")
    assert code_of(error) == "MG504"
    assert "it is no JSON Schema: " in str(error.value)


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two JSON values differ, as JSON Pointers."""
    left, right = as_object(one), as_object(other)
    if left is not None and right is not None:
        for key in sorted(left.keys() | right.keys()):
            place = f"{path}/{key}"
            if key in left and key in right:
                yield from differences(left[key], right[key], place)
            else:
                yield place
    elif one != other:
        yield path


@needs_shared
@pytest.mark.parametrize(
    "revision, still",
    [
        (
            "2025-11-25",
            ["/$defs/ElicitResult/properties/content/additionalProperties/anyOf"],
        ),
        (
            "2026-07-28",
            [
                "/$defs/ElicitResult/properties/content/additionalProperties/anyOf",
                "/$defs/JSONValue/anyOf",
            ],
        ),
    ],
)
def test_only_defects_of_the_published_files_differ_after_correction(
    revision: str, still: list[str]
) -> None:
    official = json.loads((SCHEMAS / f"{revision}.json").read_bytes())
    assert list(differences(load(revision).document, official)) == still


def test_corrections_reach_what_they_are_about() -> None:
    document = load("2026-07-28").document
    assert document is not None
    definitions = document["$defs"]
    assert definitions["JSONValue"]["anyOf"][2]["type"] == [
        "string",
        "number",
        "boolean",
        "null",
    ]
    assert "SubscriptionsListenResultMeta" not in definitions
    assert "SubscriptionsListenResultMetaObject" in definitions
    older = load("2025-11-25").document
    assert older is not None
    minimum = older["$defs"]["NumberSchema"]["properties"]["minimum"]
    assert minimum["type"] == "number"


@pytest.mark.parametrize(
    "correction, result",
    [
        ({"path": "/a", "was": 1, "becomes": 2}, {"a": 2, "b/~": [1, {"c": 3}]}),
        ({"path": "/a", "was": 1}, {"b/~": [1, {"c": 3}]}),
        ({"path": "/d", "becomes": 2}, {"a": 1, "b/~": [1, {"c": 3}], "d": 2}),
        (
            {"path": "/b~1~0/1/c", "was": 3, "becomes": 4},
            {"a": 1, "b/~": [1, {"c": 4}]},
        ),
        ({"path": "/a", "moves_to": "/e"}, {"b/~": [1, {"c": 3}], "e": 1}),
    ],
)
def test_a_correction_changes_its_place_only(correction: Any, result: Any) -> None:
    document = {"a": 1, "b/~": [1, {"c": 3}]}
    correct(document, correction)
    assert document == result


@pytest.mark.parametrize(
    "correction",
    [
        {"path": "/a", "was": 2, "becomes": 3},
        {"path": "/x", "was": 1, "becomes": 3},
        {"path": "/a", "becomes": 3},
        {"path": "/x/y/z", "was": 1},
        {"path": "/a/y", "was": 1},
        {"path": "/b/7", "was": 1},
        {"path": "/b/7/c", "was": 1},
        {"path": "/b/c/d", "was": 1},
        {"path": "/x", "moves_to": "/y"},
        {"path": "/a", "moves_to": "/b"},
    ],
)
def test_a_correction_that_does_not_fit_changes_nothing(correction: Any) -> None:
    document = {"a": 1, "b": [1]}
    with pytest.raises(StaleCorrection):
        correct(document, correction)
    assert document == {"a": 1, "b": [1]}


def test_a_revision_is_read_once() -> None:
    assert pinned().load("2026-07-28") is pinned().load("2026-07-28")
