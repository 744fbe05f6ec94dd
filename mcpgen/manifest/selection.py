"""Which protocol revisions a manifest asks for.

Part of the manifest stage. Which revisions exist is up to the caller, or the protocol
stage is asked, and only for the names and eras.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mcpgen.diagnostics import Collector

from . import words
from .declarations import Era, Json, Pointer
from .reading import quoted
from .source import Source


@dataclass(frozen=True, slots=True)
class Eras:
    """The revisions that exist, each with its era.

    Attributes:
        usual: Those that `dual-era`, `modern` and `legacy` choose from.
        further: Those that have to be named: what a user has added for all projects is
            not there on the next machine, and must not change what a project says.
    """

    usual: Mapping[str, Era]
    further: Mapping[str, Era] = field(default_factory=dict[str, Era])

    def among(self, revisions: Iterable[str]) -> frozenset[Era]:
        """The eras of some revisions."""
        eras: dict[str, Era] = {**self.further, **self.usual}
        return frozenset(eras[each] for each in revisions)


def eras_for(folder: Path | None) -> Eras:
    """The revisions that a project in a folder can have; None is no project yet.

    Raises:
        MCPGenError: MG501 to MG507, an added schema can't be used.
    """
    from mcpgen.protocol import revisions

    installed = revisions.installed()
    library = installed if folder is None else revisions.of_project(folder)
    usual = _eras_of_mcpgen()
    if library is revisions.pinned():
        return Eras(usual)
    own = set(library.known()) - set(installed.known())
    eras = library.eras()
    return Eras(
        {name: era for name, era in eras.items() if name in own or name in usual},
        eras,
    )


@cache
def _eras_of_mcpgen() -> Mapping[str, Era]:
    from mcpgen.protocol import revisions

    return revisions.pinned().eras()


def check_transports(
    source: Source, revisions: Sequence[str], known: Eras, found: Collector
) -> None:
    """Note that `sse` is listed without what it needs."""
    listed = source.data.get("transports") or ()
    if "sse" not in listed:
        return
    message = hint = ""
    if "http" not in listed:
        message = "`sse` is served beside `http`, which `transports` does not list"
        hint = "add `http`"
    elif "legacy" not in known.among(revisions):
        message = "`sse` needs a legacy revision, and `protocol` has none"
        hint = "remove `sse`, or set `protocol: dual-era`"
    if message:
        span = source.span(("transports", listed.index("sse")))
        found.add("MG112", message, span=span, hint=hint)


def resolve(
    source: Source, wanted: Json, known: Eras, found: Collector
) -> tuple[str, ...]:
    """The revisions that `protocol` stands for, oldest first; notes unknown ones."""
    eras = known.usual
    if wanted is None or wanted == "dual-era":
        return tuple(sorted(eras))
    if wanted in ("modern", "legacy"):
        return tuple(sorted(name for name, era in eras.items() if era == wanted))
    names = [wanted] if isinstance(wanted, str) else wanted
    eras = {**known.usual, **known.further}
    for at, name in enumerate(names):
        if name not in eras:
            pointer: Pointer = (
                ("protocol",) if isinstance(wanted, str) else ("protocol", at)
            )
            close = difflib.get_close_matches(name, sorted(eras), n=1)
            all_names = words.these([f"`{n}`" for n in sorted(eras)])
            hint = (
                f"did you mean `{close[0]}`? Known are {all_names}"
                if close
                else all_names
            )
            message = f"unknown protocol revision {quoted(name)}"
            found.add("MG110", message, span=source.span(pointer), hint=hint)
    return tuple(sorted(set(names)))
