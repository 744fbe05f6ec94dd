"""How generated modules import the runtime: their package's copy, or `mcpgen_runtime`.

This is all in which generated code differs between the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mcpgen import ir, pycode
from mcpgen.pycode import Code
from mcpgen.runtime.version import RUNTIME_VERSION

SHARED: Final = "mcpgen_runtime"
"""The import name of the runtime where packages share it."""


def module(project: ir.Project, name: str = "", dots: str = ".") -> Code:
    """A module of the runtime, as import statements name it.

    Args:
        project: Whose code imports it.
        name: Which one, such as `client`; empty for the runtime itself.
        dots: Where the package is, seen from the importing module.
    """
    home = SHARED if project.shares_runtime else f"{dots}runtime"
    return Code(f"{home}.{name}" if name else home)


def imports(
    project: ir.Project,
    name: str,
    names: Iterable[str],
    indent: int = 0,
    dots: str = ".",
) -> tuple[str, Code]:
    """An import from the runtime, for `pycode.import_block`."""
    origin = module(project, name, dots)
    return origin, pycode.imports(origin, names, indent)


def types(project: ir.Project, indent: int = 0) -> tuple[str, Code]:
    """The import of the protocol's types, for `pycode.import_block`."""
    if project.own_types:
        return local(".protocol", ["types"], indent)
    return imports(project, "protocol", ["types"], indent)


def local(name: str, names: Iterable[str], indent: int = 0) -> tuple[str, Code]:
    """An import from another module, for `pycode.import_block`."""
    return name, pycode.imports(name, names, indent)


def version() -> Code:
    """The version of the runtime that code is generated for, as Python."""
    return pycode.string(RUNTIME_VERSION)
