"""Environments of Python: whether one has a package, found without running anything.

An environment in a checkout is somebody else's program. What is looked at are the folders
`site-packages`, and the files in them by which editable installs name other folders.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mcpgen.diagnostics import MCPGenError, Span
from mcpgen.manifest import files

_PYTHON: Final = (
    ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
)
_SITES: Final = ("lib/python3*/site-packages", "Lib/site-packages")


def having(server: Path, package: str) -> Path | None:
    """The interpreter of the first environment that has a package; None without one.

    The active environment, those in the folders `.venv` of the project, and mcpgen's own.

    Args:
        server: The folder of the server's project.
        package: The package.
    """
    for folder in _folders(server):
        python = folder.joinpath(*_PYTHON)
        sites = {site for pattern in _SITES for site in folder.glob(pattern)}
        if python.is_file() and any(_has(site, package) for site in sorted(sites)):
            return python
    own = [Path(path) for path in sys.path if Path(path).name.endswith("-packages")]
    return Path(sys.executable) if any(_has(site, package) for site in own) else None


def _folders(server: Path) -> Iterator[Path]:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if os.environ.get(variable):
            yield Path(os.environ[variable])
    yield server.parent / ".venv"
    yield server / ".venv"


def _has(site: Path, package: str) -> bool:
    """Whether a package is in a folder of packages, or is named there."""
    if _is_package(site / package):
        return True
    if any(_is_package(site / line / package) for line in _lines(site)):
        return True
    return any(
        _is_package(Path(place))
        for file in sorted(site.glob("__editable__*_finder.py"))
        for name, place in _mapping(file)
        if name == package
    )


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def _lines(site: Path) -> Iterator[str]:
    """The folders that `.pth` files name; lines that are code are not among them."""
    for file in sorted(site.glob("*.pth")):
        for line in _text(file).splitlines():
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                yield line.rstrip()


def _mapping(file: Path) -> Iterator[tuple[str, str]]:
    """The packages, and their folders, that a finder of setuptools knows."""
    try:
        tree = ast.parse(_text(file))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(
            node.value, ast.Dict
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if [getattr(each, "id", None) for each in targets] == ["MAPPING"]:
                for key, value in zip(node.value.keys, node.value.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(
                        value, ast.Constant
                    ):
                        yield str(key.value), str(value.value)


def _text(file: Path) -> str:
    try:
        return files.content(file, Span(str(file))).decode("utf-8", "replace")
    except (OSError, MCPGenError):
        return ""
