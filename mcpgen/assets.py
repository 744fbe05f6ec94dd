"""Where the files that travel with mcpgen lie: templates and protocol schemas.

A layer of its own below every stage: it knows folders and nothing of what is in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def templates() -> Traversable:
    """The folder of the Jinja templates."""
    return _folder("templates")


def schema() -> Traversable:
    """The folder of the protocol schemas, their pins, corrections and tables."""
    return _folder("schema")


def runtime() -> Traversable:
    """The runtime package, whose files are copied into projects."""
    folder = Path(__file__).parent / "runtime"
    return folder if folder.is_dir() else _zipped("runtime")


def runtime_changes() -> Traversable:
    """The list of the runtime's versions."""
    file = Path(__file__).with_name("runtime_changes.toml")
    return file if file.is_file() else _zipped("runtime_changes.toml")


def license_file() -> Traversable:
    """The license of mcpgen and its runtime."""
    package = Path(__file__).parent
    for file in (package / "_data" / "LICENSE", package.parent / "LICENSE"):
        if file.is_file():
            return file
    return _zipped("_data", "LICENSE")


def _folder(name: str) -> Traversable:
    """A wheel has the folder inside the package, a checkout beside it."""
    package = Path(__file__).parent
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    return _zipped("_data", name)


def _zipped(*parts: str) -> Traversable:
    """A folder of the package that was imported from a zip file."""
    # Importing this takes as long as all of `mcpgen --help` may.
    from importlib.resources import files

    return files("mcpgen").joinpath(*parts)
