"""Which protocol revisions a manifest asks for.

Part of the manifest stage. Which revisions exist is told by the caller; by default it
asks the protocol stage, and only for the names and eras.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache

from mcpgen.diagnostics import Collector

from . import words
from .declarations import Era, Json, Pointer
from .reading import quoted
from .source import Source


@cache
def pinned_eras() -> Mapping[str, Era]:
    """The revisions that come with mcpgen, each with its era."""
    from mcpgen.protocol import revisions

    return {name: revisions.load(name).table.era for name in revisions.known()}


def resolve(
    source: Source, wanted: Json, eras: Mapping[str, Era], found: Collector
) -> tuple[str, ...]:
    """The revisions that `protocol` stands for, oldest first; notes unknown ones."""
    if wanted is None or wanted == "dual-era":
        return tuple(sorted(eras))
    if wanted in ("modern", "legacy"):
        return tuple(sorted(name for name, era in eras.items() if era == wanted))
    names = [wanted] if isinstance(wanted, str) else wanted
    for at, name in enumerate(names):
        if name not in eras:
            pointer: Pointer = (
                ("protocol",) if isinstance(wanted, str) else ("protocol", at)
            )
            close = difflib.get_close_matches(name, sorted(eras), n=1)
            known = words.these([f"`{n}`" for n in sorted(eras)])
            hint = f"did you mean `{close[0]}`? Known are {known}" if close else known
            message = f"unknown protocol revision {quoted(name)}"
            found.add("MG110", message, span=source.span(pointer), hint=hint)
    return tuple(sorted(set(names)))
