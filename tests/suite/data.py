"""The required tests of the official JSON-Schema-Test-Suite, as data.

The source distribution of `jsonschema` carries the suite. pip fetches it once per
virtual environment, by its hash, from whichever index pip is set up for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

SOURCE: Final = (
    "jsonschema==4.26.0 --hash=sha256:"
    "0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326"
)
DRAFTS: Final = {
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft7": "http://json-schema.org/draft-07/schema#",
}
FETCH_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Group:
    """One schema of the suite, and what is valid for it.

    Attributes:
        draft: The folder of its dialect.
        name: File and description.
        schema: The schema as the suite has it.
        tests: Instances and verdicts.
    """

    draft: str
    name: str
    schema: Any
    tests: tuple[tuple[Any, bool], ...]


def groups(draft: str) -> Iterator[Group]:
    """Every group of a dialect's required tests; optional ones are left out."""
    for path in sorted((_suite() / draft).glob("*.json")):
        for group in json.loads(path.read_text("utf-8")):
            yield Group(
                draft,
                f"{draft}/{path.stem}: {group['description']}",
                group["schema"],
                tuple((test["data"], test["valid"]) for test in group["tests"]),
            )


def _suite() -> Path:
    home = Path(sys.prefix) / "peers" / "json-schema-test-suite"
    ready = home / "ready"
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home.with_suffix(".lock"), timeout=FETCH_SECONDS):
        if not ready.exists() or ready.read_text("utf-8") != SOURCE:
            _fetch(home)
            ready.write_text(SOURCE, "utf-8")
    return home / "tests"


def _fetch(home: Path) -> None:
    wanted = home / "requirements.txt"
    wanted.write_text(SOURCE, "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", ":all:", "--retries", "10"]
    command += ["--requirement", str(wanted), "--dest", str(home)]
    subprocess.run(command, check=True, timeout=FETCH_SECONDS)
    (archive,) = home.glob("jsonschema-*.tar.gz")
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            inner = Path(*Path(member.name).parts[1:])
            if member.isfile() and inner.parts[:2] == ("json", "tests"):
                target = home / inner.relative_to("json")
                target.parent.mkdir(parents=True, exist_ok=True)
                content = packed.extractfile(member)
                assert content is not None
                target.write_bytes(content.read())
