"""The shape of a protocol revision's method table; the tables are in `..protocol`.

A method that is not in a revision's table does not exist in it: that is the only
version gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Era = Literal["modern", "legacy"]


@dataclass(frozen=True, slots=True)
class Method:
    """A request of one revision: the schema definitions of its params and its result.

    Attributes:
        params: None where the schema gives the params no name of their own.
        result: "EmptyResult" where the answer says nothing but that it is done.
        input_required: Whether an `InputRequiredResult` may stand in its place.
    """

    params: str | None
    result: str
    input_required: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """What exists in one revision of the protocol, read from its official schema.

    Attributes:
        version: The revision's date, as it stands on the wire.
        era: "legacy" where the schema has `initialize`, else "modern".
        client_requests: Requests that a client may send, by method.
        server_requests: Requests that a server may make of a client (in the modern era
            they travel as input requests inside a result).
        client_notifications: Methods of notifications that a client may send.
        server_notifications: Methods of notifications that a server may send.
        client_capabilities: Keys of `ClientCapabilities`.
        server_capabilities: Keys of `ServerCapabilities`.
    """

    version: str
    era: Era
    client_requests: Mapping[str, Method]
    server_requests: Mapping[str, Method]
    client_notifications: frozenset[str]
    server_notifications: frozenset[str]
    client_capabilities: frozenset[str]
    server_capabilities: frozenset[str]
