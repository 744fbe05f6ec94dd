"""What the views of all files share: prose from the manifest, methods, class names.

Knows `ir` and `pycode`; no template and no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from mcpgen import ir, pycode
from mcpgen.pycode import Code

LONGEST_PROSE: Final = 2000
"""Characters of a description in a docstring; the catalogue has all of it."""

METHOD_INDENT: Final = 4
BODY_INDENT: Final = 8

Declaration: TypeAlias = ir.Tool | ir.Prompt | ir.Resource | ir.ResourceTemplate


_NOTHING: Final = Code("")


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its parts, each laid out for the body of a class.

    Attributes:
        signature: `def` up to the colon.
        docstring: What it does.
        body: Its one statement; empty for an abstract method.
        types: Names for types that the signature has, as statements of their own.
    """

    signature: Code
    docstring: Code
    body: Code = _NOTHING
    types: tuple[Code, ...] = ()


def module_docstring(project: ir.Project, first: str) -> Code:
    """The docstring of a file that mcpgen owns."""
    return pycode.docstring(f"{first}\n\n{made_by(project)}")


def made_by(project: ir.Project) -> str:
    """The line that says what a file is made from, as plain text."""
    return (
        f"Made by mcpgen from {project.manifest_file}; "
        "edits are refused by `mcpgen generate`."
    )


def summary(project: ir.Project) -> str:
    """What the server is for, in at most one paragraph, as plain text."""
    return first_paragraph(project.description or "") or f"The {project.name} server."


def first_paragraph(text: str) -> str:
    return re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0].strip()


def said(declaration: Declaration, *, brief: bool = False) -> str:
    """What a declaration's docstring says, as plain text."""
    definition = declaration.definition
    text = declaration.description or ""
    if not text.strip():
        text = str(definition.get("title") or "")
    if not text.strip():
        return f"`{definition['name']}`, without a description in the manifest."
    if brief:
        text = first_paragraph(text)
    if len(text) <= LONGEST_PROSE:
        return text
    cut = text[:LONGEST_PROSE]
    cut = cut[: max(cut.rfind("\n"), cut.rfind(" "), LONGEST_PROSE // 2)].rstrip()
    return f"{cut} …\n\nShortened; `CATALOG` in `catalog.py` has all of it."


def model_name(model: ir.Model) -> Code:
    """A class or alias of `models.py`, as other modules name it."""
    return pycode.dotted(f"models.{model.name}")


def declarations(project: ir.Project) -> Iterator[Declaration]:
    """Everything that the catalogue lists, in its order."""
    yield from project.tools
    yield from project.prompts
    yield from project.resources
    yield from project.resource_templates
