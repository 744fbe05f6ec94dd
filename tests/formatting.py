"""Whether the formatters that users run leave text as it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import black

from tests.pace import patient

RUFF = Path(sys.executable).with_name("ruff")


def changed_by_black(sources: Mapping[str, str]) -> list[str]:
    """The names of the sources that black would change."""
    mode = black.Mode()
    # Server and client share files, and black is slow.
    names = {source: name for name, source in sources.items() if source}
    return [
        name
        for source, name in names.items()
        if black.format_str(source, mode=mode) != source
    ]


def ruff(folder: Path, *arguments: str) -> str:
    """What ruff says about a folder, with its configuration alone; empty if nothing."""
    done = subprocess.run(
        [RUFF, *arguments, "--no-cache", "--quiet", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=patient(120),
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Put files into a folder."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
