"""The protocol stage: what each revision of MCP says, and the code that is made of it.

It knows no manifests. `known` and `describe` are cheap; `render` imports what it needs.
"""

from __future__ import annotations

from collections.abc import Sequence

from .revisions import (
    Description,
    Library,
    RevisionData,
    describe,
    known,
    load,
    read_schema,
)

__all__ = [
    "Description",
    "Library",
    "RevisionData",
    "describe",
    "known",
    "load",
    "read_schema",
    "render",
]


def render(
    revisions: Sequence[str], *, library: Library | None = None
) -> dict[str, str]:
    """The files of `runtime/protocol/` by name; see `rendering.render`.

    Raises:
        MCPGenError: MG501 for unknown revisions, MG502 to MG504 for unusable files.
        ValueError: No revision is given.
    """
    from .rendering import render

    return render(revisions, library=library)
