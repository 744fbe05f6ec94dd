"""Source text of `runtime/protocol/revisions.py`: the method tables as read-only data.

Part of the protocol stage; knows the runtime's `Revision` and no schema documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mcpgen.pycode import (
    Argument,
    Call,
    Code,
    Expression,
    Table,
    Value,
    assignment,
    identifier,
    string,
)

from .revisions import RevisionData
from .table import Request

_HEAD = '''"""The protocol's revisions, as their official schemas have them.

Made by mcpgen from the schemas; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..core.revision import Method, Revision
'''


def revisions_source(revisions: Sequence[RevisionData]) -> str:
    """The module's text, for revisions that stand oldest first."""
    names = {data.revision: _constant(data.revision) for data in revisions}
    parts = [_HEAD]
    parts += [
        assignment(f"{names[data.revision]}: Final", _revision(data)) + "\n"
        for data in revisions
    ]
    table = Table(tuple(names.items()))
    declared = "REVISIONS: Final[Mapping[str, Revision]]"
    parts.append(
        assignment(declared, Call(Code("MappingProxyType"), (table,)))
        + '\n"""What exists in each revision that is spoken here, oldest first."""\n'
    )
    parts.append(
        f"LATEST: Final = {string(revisions[-1].revision)}\n"
        '"""The newest revision that is spoken here."""\n'
    )
    return "\n".join(parts)


def _constant(revision: str) -> Code:
    return identifier(f"_{revision.replace('-', '_')}")


def _revision(data: RevisionData) -> Call:
    table = data.table
    values: dict[str, Expression] = {
        "version": Value(data.revision),
        "era": Value(table.era),
        "client_requests": _methods(table.client_requests),
        "server_requests": _methods(table.server_requests),
        "client_notifications": _set(table.client_notifications),
        "server_notifications": _set(table.server_notifications),
        "client_capabilities": _set(table.client_capabilities),
        "server_capabilities": _set(table.server_capabilities),
    }
    arguments = tuple((identifier(name), value) for name, value in values.items())
    return Call(Code("Revision"), arguments)


def _methods(requests: Mapping[str, Request]) -> Call:
    methods = tuple((name, _method(request)) for name, request in requests.items())
    return Call(Code("MappingProxyType"), (Table(methods),))


def _method(request: Request) -> Call:
    arguments: list[Argument] = [Value(request.params), Value(request.result)]
    if request.input_required:
        arguments.append((identifier("input_required"), Value(True)))
    return Call(Code("Method"), tuple(arguments))


def _set(names: Iterable[str]) -> Call:
    return Call(Code("frozenset"), (Value(list(names)),))
