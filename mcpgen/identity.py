"""Which mcpgen this is: its version, and a digest of everything that shapes its output.

Knows where mcpgen's own files lie and nothing of projects. In a checkout that is being
worked on the version stays and the digest changes, so projects notice the work.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from mcpgen import assets

UNKNOWN: Final = "0+unknown"
"""The version of an mcpgen that is not installed."""
_PACKAGE: Final = Path(__file__).parent
_SHAPELESS: Final = frozenset(["__pycache__", "_data", "cli"])
"""Folders of the package that no generated file depends on, or that stand elsewhere."""


@cache
def version() -> str:
    """The installed version, or `0+unknown` where mcpgen runs without an installation."""
    # Costs as much as the rest of a no-op run: imported by those who print it.
    from importlib import metadata

    try:
        return metadata.version("mcpgen")
    except metadata.PackageNotFoundError:
        return UNKNOWN


@cache
def digest() -> str:
    """SHA-256 over mcpgen's code, templates and schemas; the commands stay out."""
    total = hashlib.sha256()
    for name, data in _parts():
        # Lengths keep two different sets of files from running into the same bytes.
        total.update(f"{name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()


def has_schema(revision: str) -> bool:
    """Whether a protocol revision comes with mcpgen."""
    schemas = assets.schema()
    names = (f"{revision}.json", f"tables/{revision}.json")
    return any(schemas.joinpath(name).is_file() for name in names)


def _parts() -> Iterator[tuple[str, bytes]]:
    """Every file that counts, by a name that is the same in a checkout and a wheel."""
    folders = [
        ("mcpgen", _PACKAGE, (".py",)),
        ("templates", assets.templates(), ()),
        ("schema", assets.schema(), (".json",)),
    ]
    for name, folder, suffixes in folders:
        if not isinstance(folder, Path):
            # Inside a zip file nobody edits: the version says enough.
            yield name, version().encode()
            continue
        for path in _files(str(folder)):
            if path.endswith(suffixes) or not suffixes:
                relative = path[len(str(folder)) :].replace(os.sep, "/")
                yield name + relative, _normal(Path(path).read_bytes())


def _files(folder: str) -> Iterator[str]:
    """Files below a folder in a fixed order, hidden ones and caches left out."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.name.startswith(".") or entry.name in _SHAPELESS:
            continue
        if entry.is_dir():
            yield from _files(entry.path)
        else:
            yield entry.path


def _normal(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")
