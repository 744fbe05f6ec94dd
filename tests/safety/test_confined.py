"""Hostile manifests give right output or a clear diagnostic, within bounds, and touch
nothing: no file, no socket, no process, no module that a text names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pace import patient

SECONDS = patient(8.0)
"""Of processor time for all of loading, linting, generating, importing, validating."""
MEGABYTES = 400.0


def text(schema: Any) -> dict[str, Any]:
    """An input with one argument."""
    return {"type": "object", "properties": {"value": schema}}


def nested(levels: int, keyword: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        inner = {"a": schema} if keyword == "properties" else schema
        schema = {keyword: [inner] if keyword == "allOf" else inner}
    return schema


def doubling(levels: int, keyword: str) -> dict[str, Any]:
    """Two to the power of `levels` schemas, for whoever follows each reference."""
    steps = {
        f"s{n}": {keyword: [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(levels)
    }
    return {**text({"$ref": "#/$defs/s0"}), "$defs": {**steps, f"s{levels}": {}}}


EXTENSIONS = {
    "customBasePath": "subprocess.Popen",
    "customTypePath": "antigravity.fly",
    "customTypeName": "this",
    "x-python-type": "this.s",
    "x-python-import": {"module": "this", "name": "s"},
    "x-enum-varnames": ["__import__('this')"],
    "javaType": "this",
    "$comment": "{% import this %}",
}
LONG = "long " * 2_000_000
NAMES = [
    "../../../../tmp/escaped",
    "/etc/passwd",
    "C:\\Windows\\x",
    "a\u202eb",
    "__import__('antigravity')",
    '"); import antigravity #',
    "{{ 7*7 }}{% raw %}",
    "class",
    "None",
    "__init__",
    "models",
    "CON",
    "名前",
    "ﬁ",
    "a" * 900,
    "$(id)`id`",
    "<script>",
    "\\N{BULLET}",
]

TAKEN = "taken"
SCHEMAS: dict[str, tuple[dict[str, Any], str]] = {
    "file-reference": (text({"$ref": "file:///etc/passwd"}), "MG304"),
    "path-reference": (text({"$ref": "../../etc/passwd"}), "MG304"),
    "network-reference": (text({"$ref": "http://127.0.0.1:9/x.json#/a"}), "MG304"),
    "dynamic-reference": (text({"$dynamicRef": "http://127.0.0.1:9/x"}), "MG304"),
    "address-of-a-file": ({**text({"$ref": "passwd"}), "$id": "file:///etc/"}, "MG304"),
    "own-address": (
        {**text({"$ref": "b"}), "$id": "file:///a", "$defs": {"b": {"$id": "b"}}},
        TAKEN,
    ),
    "unused-reference": (
        {**text({}), "$defs": {"x": {"$ref": "file:///etc/passwd"}}},
        "MG304",
    ),
    "foreign-dialect": ({**text({}), "$schema": "http://127.0.0.1:9/dialect"}, "MG303"),
    "extensions": ({**text({"type": "string", **EXTENSIONS}), **EXTENSIONS}, TAKEN),
    "reference-to-itself": (text({"$ref": "#/properties/value"}), TAKEN),
    "references-in-a-circle": (
        {
            **text({"$ref": "#/$defs/a"}),
            "$defs": {
                "a": {"allOf": [{"$ref": "#/$defs/b"}]},
                "b": {"anyOf": [{"$ref": "#/$defs/a"}]},
            },
        },
        TAKEN,
    ),
    "dynamic-circle": ({**text({"$dynamicRef": "#a"}), "$dynamicAnchor": "a"}, TAKEN),
    "doubling-all": (doubling(60, "allOf"), "MG312"),
    "doubling-any": (doubling(60, "anyOf"), "MG312"),
    "deep-properties": (text(nested(200, "properties")), "MG020"),
    "deep-items": (text(nested(200, "items")), "MG020"),
    "deep-not": (text(nested(200, "not")), "MG020"),
    "deep-beyond-a-schema": (text(nested(110, "items")), "MG305"),
    "deep-but-allowed": (text(nested(40, "items")), TAKEN),
    "long-description": ({**text({"description": LONG}), "description": LONG}, "MG211"),
    "long-pattern": (text({"pattern": "(a|b)" * 50_000}), TAKEN),
    "exploding-pattern": (text({"pattern": "((a{1,100}){1,100}){1,100}"}), "MG309"),
    "many-values": (text({"enum": [f"value {n}" for n in range(50_000)]}), "MG306"),
    "values-beyond-an-enum": (text({"enum": list(range(20_000))}), "MG307"),
    "many-values-allowed": (
        text({"enum": [f"value {n}" for n in range(10_000)]}),
        TAKEN,
    ),
    "many-properties": (
        text({"properties": {f"p{n}": {} for n in range(60_000)}}),
        "MG306",
    ),
    "properties-allowed": (
        text({"properties": {f"p{n}": {"type": "string"} for n in range(3_000)}}),
        TAKEN,
    ),
    "many-branches": (
        text(
            {"oneOf": [{"properties": {f"p{n}": {"const": n}}} for n in range(3_000)]}
        ),
        TAKEN,
    ),
    "huge-default": (text({"type": "array", "default": [0] * 40_000}), TAKEN),
    "large-examples": (
        text({"items": {"const": "x" * 100_000}, "minItems": 1_000, "type": "array"}),
        TAKEN,
    ),
    "endless-examples": (
        {**text({"$ref": "#"}), "required": ["value"]},
        "refused",
    ),
    "huge-number": (text({"maximum": 10**900, "multipleOf": 1e-300}), TAKEN),
}
PATTERNS = [
    r"^(a+)+$",
    r"^(a|aa)+$",
    r"(?=a)(a|aa)+\1$",
    r"(a*)*\1b",
    r"^(?=(a|aa)+$)(a|aa)*c",
    r"^(.*a){25}$",
]


def manifests() -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {
        name: {
            "tools": [{"name": "a", "inputSchema": schema, "outputSchema": schema}],
            "expected": expected,
        }
        for name, (schema, expected) in SCHEMAS.items()
    }
    for number, pattern in enumerate(PATTERNS):
        schema = text({"type": "string", "pattern": pattern})
        made[f"pattern-{number}"] = {
            "tools": [{"name": "a", "inputSchema": schema}],
            "probes": [{"value": "a" * 40_000 + "!"}],
            "expected": "refused",
        }
    tools = [
        {
            "name": name,
            "inputSchema": {"type": "object", "properties": {key: {} for key in NAMES}},
        }
        for name in NAMES
    ]
    made["names"] = {"tools": tools, "expected": TAKEN}
    return made


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("confined")
    for name, manifest in manifests().items():
        (folder / f"{name}.json").write_text(json.dumps(manifest), "utf-8")
    command = [sys.executable, "-m", "tests.safety.confined", str(folder)]
    root = Path(__file__).parents[2]
    # A user's own schemas lie in the home folder, where the confined may not look.
    environment = {**os.environ, "MCPGEN_SCHEMA_DIR": str(folder / "schema")}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, timeout=300, check=True
    )
    lines = map(json.loads, done.stdout.decode().splitlines())
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("name", manifests())
def test_a_hostile_manifest_is_refused_or_served_and_touches_nothing(
    name: str, results: dict[str, dict[str, Any]]
) -> None:
    result = results[name]
    assert result["said"] == manifests()[name]["expected"]
    assert result["touched"] == []
    assert result["jokes"] == []
    assert result["seconds"] < SECONDS
    assert result["megabytes"] < MEGABYTES
