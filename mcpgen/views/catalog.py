"""The parts of `catalog.py`: the definitions as data."""

from __future__ import annotations

from typing import Any

from mcpgen import ir, pycode
from mcpgen.pycode import Code


def catalog(project: ir.Project) -> Code:
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
    return pycode.json_string(found)
