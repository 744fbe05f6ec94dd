"""`ir.Project` -> `{path: text}`: a pure function that shares nothing with the disk.

Templates give the shape, `pycode` gives every value; the environment refuses anything
else. It must not know where or whether the files are written.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mcpgen import ir


class Target(StrEnum):
    """A half of a project that can be made alone."""

    SERVER = "server"
    CLIENT = "client"


BOTH: Final = (Target.SERVER, Target.CLIENT)


def render(
    project: ir.Project,
    targets: Collection[Target] = BOTH,
    *,
    example: bool = False,
) -> dict[str, ir.File]:
    """Every file of a project by its path below the project's folder, with `/`.

    The manifest itself is not among them: whoever has it writes it.

    Args:
        project: What `build` gave.
        targets: The halves to render.
        example: The manifest is `example_manifest(...)` as it stands, so `handlers.py`
            gets the example's real handlers in place of skeletons.
    """
    raise NotImplementedError


def example_manifest(name: str) -> str:
    """The text of the `mcpgen.yaml` that `mcpgen new server NAME` starts with."""
    raise NotImplementedError
