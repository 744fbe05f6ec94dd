"""The parts of `catalog.py`: the definitions as data."""

from __future__ import annotations

from typing import Any, Final

from mcpgen import ir, pycode
from mcpgen.pycode import Code

from .remembered import Pieces

_DEPTH: Final = 4
"""Columns before a tool."""


def catalog(project: ir.Project, pieces: Pieces | None = None) -> Code:
    """The catalogue as JSON text, by the names of `Catalog`'s attributes."""
    found: dict[str, Any] = {"server": project.server_info}
    if project.instructions is not None:
        found["instructions"] = project.instructions
    for name, listed in (
        ("tools", project.tools),
        ("prompts", project.prompts),
        ("resources", project.resources),
        ("resource_templates", project.resource_templates),
    ):
        if listed:
            found[name] = [declaration.definition for declaration in listed]
    if pieces is not None:
        found["tools"] = [_laid_out(tool, pieces) for tool in project.tools]
    return pycode.json_string(found)


def _laid_out(tool: ir.Tool, pieces: Pieces) -> Code:
    (text,) = pieces.of_tool(
        "catalog", tool, 1, lambda: (pycode.json_part(tool.definition, _DEPTH),)
    )
    return pycode.remembered(text)
