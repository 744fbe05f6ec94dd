"""Source text of method tables, as read-only data.

Those of mcpgen's own revisions are `runtime/protocol/revisions.py`; those of others stand
in the generated packages, which hand them over to the runtime.

Part of the protocol stage; knows the runtime's `Revision` and no schema documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mcpgen.pycode import (
    Call,
    Code,
    Expression,
    Row,
    Table,
    Value,
    assignment,
    dotted,
    identifier,
)

from .revisions import Library, RevisionData, pinned

_HEAD = '''"""The protocol's revisions, as their official schemas have them.

Made by mcpgen from the schemas; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
{replace}from types import MappingProxyType
from typing import Final

from ..core.revision import Revision
'''
_REPLACE: Final = "from dataclasses import replace\n"


_SETS: Final = (
    "client_requests",
    "server_requests",
    "client_notifications",
    "client_capabilities",
    "server_capabilities",
)

_SELECT: Final = '''
def select(wanted: Sequence[Revision | str]) -> dict[str, Revision]:
    """Revisions by version, oldest first.

    Args:
        wanted: Names of known revisions, and revisions; empty for all that are known.

    Raises:
        ValueError: A name is not known.
    """
    unknown = [v for v in wanted if isinstance(v, str) and v not in REVISIONS]
    if unknown:
        raise ValueError(f"unknown protocol revisions: {', '.join(unknown)}")
    found = [REVISIONS[v] if isinstance(v, str) else v for v in wanted or REVISIONS]
    return {each.version: each for each in sorted(found, key=lambda r: r.version)}
'''


def revisions_source(revisions: Sequence[RevisionData]) -> str:
    """The module's text, for revisions that stand oldest first."""
    names = {data.revision: _constant(data.revision) for data in revisions}
    made = [
        _revision(data, before)
        for before, data in pairwise((None, *revisions))
        if data is not None
    ]
    parts = [
        assignment(f"{name}: Final", revision) + "\n"
        for name, revision in zip(names.values(), made, strict=True)
    ]
    replace = _REPLACE if any(each.function == "replace" for each in made) else ""
    table = Table(tuple(names.items()))
    declared = "REVISIONS: Final[Mapping[str, Revision]]"
    parts.append(
        assignment(declared, Call(Code("MappingProxyType"), (table,)))
        + '\n"""What exists in each revision, oldest first."""\n'
    )
    parts.append(_SELECT)
    return "\n".join([_HEAD.format(replace=replace), *parts])


@dataclass(frozen=True, slots=True)
class Selection:
    """The revisions of a project, for `revisions.py`.

    Attributes:
        names: What the source needs to have imported.
        source: The assignment of `REVISIONS`.
    """

    names: tuple[str, ...]
    source: Code


def selection(revisions: Sequence[str], library: Library | None = None) -> Selection:
    """Revisions of a project: names of those that the runtime has, tables of others.

    Args:
        revisions: Their names, oldest first.
        library: Where they come from; by default mcpgen itself.

    Raises:
        MCPGenError: As `Library.load` does.
    """
    added = set(additions(revisions, library))
    row = Row(
        tuple(
            _revision(library.load(name)) if library and name in added else Value(name)
            for name in revisions
        )
    )
    declared = "REVISIONS: Final"
    names = ("Revision",) if added else ()
    return Selection(names, assignment(declared, row))


def additions(
    revisions: Iterable[str], library: Library | None = None
) -> Iterator[str]:
    """Those of some revisions that the runtime lacks, or has with another table."""
    own = pinned()
    for name in revisions:
        if library is None or library is own:
            continue
        known = name in own.known() and (
            own.sha256(name) == library.sha256(name)
            or own.load(name).table == library.load(name).table
        )
        if not known:
            yield name


def _constant(revision: str) -> Code:
    return identifier(f"_{revision.replace('-', '_')}")


def _revision(data: RevisionData, before: RevisionData | None = None) -> Call:
    """A revision as a call; of one that changes another, with what differs alone."""
    values: dict[str, Expression] = {
        "version": Value(data.revision),
        "era": Value(data.table.era),
    }
    for name in _SETS:
        values[name] = Call(Code("frozenset"), (Value(_names(data, name)),))
    if before is None or data.table.era != before.table.era:
        return Call(Code("Revision"), _named(values))
    known = _constant(before.revision)
    del values["era"]
    for name in _SETS:
        old, new = _names(before, name), _names(data, name)
        added = [each for each in new if each not in old]
        if not added and len(old) == len(new):
            del values[name]
        elif len(old) + len(added) == len(new):
            union = dotted(f"{known}.{name}.union")
            values[name] = Call(union, (Value(added),))
    return Call(Code("replace"), (known, *_named(values)))


def _named(values: Mapping[str, Expression]) -> tuple[tuple[Code, Expression], ...]:
    return tuple((identifier(name), value) for name, value in values.items())


def _names(data: RevisionData, name: str) -> list[str]:
    return list(getattr(data.table, name))
