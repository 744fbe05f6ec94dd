"""Pyright's strict mode finds nothing in what is made for real servers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mcpgen.build import build
from mcpgen.manifest import load
from mcpgen.render import render
from tests.formatting import write
from tests.pace import patient
from tests.shared_data import CORPUS, corpus, needs_shared

pytestmark = needs_shared

TELLING = ("filesystem", "notion")


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(TELLING, id="telling"),
        pytest.param(
            tuple(name for name in corpus() if name not in TELLING),
            marks=pytest.mark.corpus,
            id="all-others",
        ),
    ],
)
def test_real_projects_pass_pyrights_strict_mode(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    for name in names:
        files = render(build(load(CORPUS / f"{name}.json").named(name)))
        write(tmp_path / name, {path: file.text for path, file in files.items()})
    halves = [f"{name}/{half}" for name in names for half in ("server", "client")]
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        # The same in every project; the examples' is checked.
        "exclude": ["**/runtime"],
        "extraPaths": halves,
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")

    command = [sys.executable, "-m", "pyright", "--outputjson"]
    done = subprocess.run(
        [*command, "--pythonpath", sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=patient(1_800),
        check=False,
    )

    findings = json.loads(done.stdout)
    assert findings["generalDiagnostics"] == []
    assert findings["summary"]["filesAnalyzed"] > 10 * len(names)
