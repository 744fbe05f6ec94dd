"""The parts of `catalog.py`: the definitions as data."""

from __future__ import annotations

from collections.abc import Iterator

from mcpgen import ir, pycode
from mcpgen.pycode import Call, Code, Expression, Row, Value

from .common import declarations


def constants(project: ir.Project) -> Iterator[Code]:
    """One assignment per definition."""
    for declaration in declarations(project):
        target = f"{pycode.identifier(declaration.constant)}: Final[JsonObject]"
        yield pycode.assignment(target, Value(declaration.definition))


def catalog(project: ir.Project) -> Code:
    """The assignment of the catalogue itself."""
    arguments: list[tuple[Code, Expression]] = [
        (Code("server"), Value(project.server_info))
    ]
    if project.instructions is not None:
        arguments.append((Code("instructions"), Value(project.instructions)))
    for name, listed in (
        ("tools", project.tools),
        ("prompts", project.prompts),
        ("resources", project.resources),
        ("resource_templates", project.resource_templates),
    ):
        names = tuple(pycode.identifier(d.constant) for d in listed)
        if names:
            arguments.append((Code(name), Row(names)))
    return pycode.assignment(
        "CATALOG: Final", Call(Code("Catalog"), tuple(arguments)), 0
    )


def imports(project: ir.Project) -> Code:
    """What `catalog.py` needs from the runtime."""
    needed = ["Catalog", "JsonObject"] if any(declarations(project)) else ["Catalog"]
    return pycode.imports(".runtime.shared.catalog", needed)
