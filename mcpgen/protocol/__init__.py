"""The protocol stage: what each revision of MCP says, and the code that is made of it.

It knows no manifests. `known` and `describe` are cheap; `render` imports what it needs.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcpgen.diagnostics import Diagnostic

from .revisions import (
    Description,
    Library,
    RevisionData,
    describe,
    installed,
    known,
    load,
    of_project,
    pinned,
    read_schema,
)

__all__ = [
    "Description",
    "Library",
    "RevisionData",
    "describe",
    "installed",
    "known",
    "load",
    "news",
    "of_project",
    "read_schema",
    "render",
]


def news(revisions: Sequence[str], library: Library) -> Sequence[Diagnostic]:
    """What added revisions have that the runtime does not act on; see `adding.news`."""
    from .adding import news

    return () if library is pinned() else tuple(news(revisions, library))


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
