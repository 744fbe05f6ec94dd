"""The same manifest gives the same bytes, whatever the machine is like."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen.render import example_manifest
from tests.pace import patient
from tests.render.projects import JsonObject
from tests.shared_data import CORPUS, needs_shared

ROOT = Path(__file__).parents[2]
MACHINES = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/Lima"},
)


def digests(manifest: Path) -> set[str]:
    """What different machines make of a manifest."""
    found: set[str] = set()
    for machine in MACHINES:
        done = subprocess.run(
            [sys.executable, "-m", "tests.render.digest", str(manifest)],
            cwd=ROOT,
            env={**os.environ, **machine},
            capture_output=True,
            text=True,
            timeout=patient(120),
            check=True,
        )
        found.add(done.stdout)
    return found


def test_the_example_is_the_same_everywhere(tmp_path: Path) -> None:
    manifest = tmp_path / "mcpgen.yaml"
    manifest.write_text(example_manifest("weather"), "utf-8")
    assert len(digests(manifest)) == 1


@needs_shared
@pytest.mark.parametrize("name", ["github", "coolify"])
def test_a_real_project_is_the_same_everywhere(name: str, tmp_path: Path) -> None:
    manifest = tmp_path / "tools.json"
    manifest.write_text((CORPUS / f"{name}.json").read_text("utf-8"), "utf-8")
    assert len(digests(manifest)) == 1


def test_the_order_of_keys_in_texts_is_the_manifests_own(tmp_path: Path) -> None:
    one: JsonObject = {"type": "object", "properties": {"b": {}, "a": {}}}
    two: JsonObject = {"properties": {"a": {}, "b": {}}, "type": "object"}
    manifests: list[Path] = []
    for number, schema in enumerate((one, two)):
        manifest = tmp_path / f"{number}.json"
        tools = [{"name": "x", "inputSchema": schema}]
        manifest.write_text(json.dumps({"tools": tools}), "utf-8")
        manifests.append(manifest)
    assert len(digests(manifests[0]) | digests(manifests[1])) == 2
