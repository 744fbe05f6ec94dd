"""What a transport knows of the sender of a message, and how it refuses one.

The base of each transport's own class; knows no bytes, methods or eras.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from ..core import jsonrpc
from ..core.catalog import Json
from ..core.errors import INVALID_REQUEST, ProtocolError

if TYPE_CHECKING:
    from contextvars import Context

    from .principal import Principal

_NO_HEADERS: Final[Mapping[str, str]] = {}


TOO_MANY: Final = 429
OVERLOADED: Final = 503
"""HTTP statuses that are the JSON-RPC codes as well: the specification wants codes of
one's own outside JSON-RPC's reserved range.
https://modelcontextprotocol.io/specification/2026-07-28/basic/index#error-codes"""


class Refused(Exception):
    """A request that gets an HTTP error instead of an answer.

    Attributes:
        status: The HTTP status.
        error: What the body says.
        headers: Further response headers.
        request_id: The JSON-RPC request that it answers, where that is known.
    """

    def __init__(
        self, status: int, error: ProtocolError, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(str(error))
        self.status = status
        self.error = error
        self.headers = headers or {}
        self.request_id: jsonrpc.RequestId | None = None


def refused(
    status: int, message: str, headers: dict[str, str] | None = None
) -> Refused:
    """A refusal for reasons that lie outside the protocol's own errors."""
    return Refused(status, ProtocolError(INVALID_REQUEST, message), headers)


def too_many(status: int, message: str, setting: str | None, seconds: int) -> Refused:
    """The refusal of what is too much, by which setting, and when to come again."""
    data: Json = {"retryAfter": seconds}
    if setting is not None:
        message += f"; setting {setting}"
    error = ProtocolError(status, message, data)
    return Refused(status, error, {"Retry-After": str(seconds)})


class Counted(Protocol):
    """What limits count a sender as; nobody else looks into it."""

    @property
    def key(self) -> str:
        """Who it is, such as `address:192.0.2.1`."""
        ...


class Incoming:
    """A message on its way in.

    Attributes:
        method: The JSON-RPC method, for the access log.
        target: The tool, prompt or URI that it names, for the access log.
        session_id: The legacy session, for the access log.
        request_id: The JSON-RPC request's id, once it is known.
        address: What the client's address counts as; None where it is not counted.
        client: What the client counts as: its principal, else its address.
        principal: Who sends it, when the server authenticates.
        outcome: "ok", or in a word what became of it, for the access log.
        context: The context variables that it is answered with, where they are not those
            of the task.
        network_transport: "tcp", "unix" or "pipe" for telemetry; None if not known.
    """

    network_protocol: ClassVar[str | None] = None
    """What carries messages over that, such as "http", for telemetry."""

    __slots__ = (
        "address",
        "client",
        "context",
        "method",
        "network_transport",
        "outcome",
        "principal",
        "request_id",
        "session_id",
        "target",
    )

    def __init__(
        self,
        principal: Principal | None = None,
        network_transport: str | None = None,
    ) -> None:
        self.network_transport = network_transport
        self.method: str | None = None
        self.target: str | None = None
        self.session_id: str | None = None
        self.request_id: jsonrpc.RequestId | None = None
        self.address: Counted | None = None
        self.client: Counted | None = None
        self.principal = principal
        self.outcome = "ok"
        self.context: Context | None = None

    @property
    def owner(self) -> str | None:
        """Whose sessions and states this request may use; None without authentication."""
        return None if self.principal is None else self.principal.key

    @property
    def has_expired(self) -> bool:
        """Whether the credentials that it came with have ended."""
        expires = None if self.principal is None else self.principal.expires
        return expires is not None and expires <= time.time()

    @property
    def visible_headers(self) -> Mapping[str, str]:
        """HTTP headers, as far as handlers may see them; none in other transports."""
        return _NO_HEADERS

    @property
    def is_streaming(self) -> bool:
        """Whether it is too late for an error that is not a JSON-RPC response."""
        return False
