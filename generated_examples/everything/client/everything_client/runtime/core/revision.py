"""The shape of a protocol revision's method table; the tables are in `..protocol`.

A method that is not in a revision's table does not exist in it: that is the only
version gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Era = Literal["modern", "legacy"]


@dataclass(frozen=True, slots=True)
class Revision:
    """What exists in one revision of the protocol, read from its official schema.

    Attributes:
        version: The revision's date, as it stands on the wire.
        era: "legacy" where the schema has `initialize`, else "modern".
        client_requests: Methods of requests that a client may send.
        server_requests: Those of requests that a server may make of a client (in the
            modern era they travel as input requests inside a result).
        client_notifications: Methods of notifications that a client may send.
        client_capabilities: Keys of `ClientCapabilities`.
        server_capabilities: Keys of `ServerCapabilities`.
    """

    version: str
    era: Era
    client_requests: frozenset[str]
    server_requests: frozenset[str]
    client_notifications: frozenset[str]
    client_capabilities: frozenset[str]
    server_capabilities: frozenset[str]
    server_notifications: frozenset[str] = frozenset()
    """Only in tables of earlier releases of mcpgen; not used."""


class Method(NamedTuple):
    """A request in tables of earlier releases of mcpgen."""

    params: str | None
    result: str
    input_required: bool = False
