"""What a second generated client costs in one process, where clients share the runtime."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console

from benchmarks.scale import Scale
from benchmarks.tables import rows
from mcpgen import disk
from mcpgen.build import build
from mcpgen.manifest import loads
from mcpgen.render import Target, example_manifest, render, runtime_distribution

_CODE: Final = """
import sys, time

for name in sys.argv[1:]:
    start = time.process_time()
    __import__(name)
    print((time.process_time() - start) * 1000)
"""


def main(console: Console, scale: Scale) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {mode: _measured(folder / mode, mode, scale.rounds) for mode in _MODES}
    console.print(
        rows(
            "CPU to import generated clients in one process",
            ("runtime", "first, ms", "second, ms"),
            ((mode, first, second) for mode, (first, second) in found.items()),
        )
    )


_MODES: Final = ("vendored", "shared")


def _measured(folder: Path, mode: str, rounds: int) -> tuple[float, float]:
    """Milliseconds of CPU for the first client and for the second."""
    files = dict(runtime_distribution()) if mode == "shared" else {}
    for name in ("first", "second"):
        text = f"{example_manifest(name)}\nruntime: {mode}\n"
        made = render(build(loads(text, "mcpgen.yaml")), [Target.CLIENT])
        files.update(
            (path.removeprefix("client/"), file.text)
            for path, file in made.items()
            if path.startswith("client/")
        )
    for path, text in files.items():
        disk.make_folders((folder / path).parent, root=folder)
        disk.put(folder / path, text.encode(), root=folder, sync=False)
    # The first run writes byte code.
    took = [_run(folder) for _ in range(rounds + 1)][1:]
    return median(pair[0] for pair in took), median(pair[1] for pair in took)


def _run(folder: Path) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", _CODE, "first_client", "second_client"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    first, second = map(float, done.stdout.split())
    return first, second
