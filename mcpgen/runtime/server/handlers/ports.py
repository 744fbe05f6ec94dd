"""What a handler's context stands on: the client, the way out, the way to ask, log levels.

The two eras give each their own `ResponseChannel` and `InputRequester`; knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from ...core.catalog import JsonObject
from .questions import Question

LoggingLevel: TypeAlias = Literal[
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"
]
SEVERITY: Final[Mapping[str, int]] = {
    "debug": 0,
    "info": 1,
    "notice": 2,
    "warning": 3,
    "error": 4,
    "critical": 5,
    "alert": 6,
    "emergency": 7,
}
"""Log levels of RFC 5424, the least severe first."""


class ResponseChannel(Protocol):
    """Where the notifications of one request go."""

    async def send(self, message: bytes) -> None:
        """Send one JSON-RPC message; opens the stream if need be."""
        ...

    async def disconnect(self, retry_ms: int | None) -> None:
        """Close the stream while the request goes on, if the client can come back."""
        ...


class InputRequester(Protocol):
    """How questions reach the client and answers come back."""

    async def ask(self, questions: Mapping[str, Question[Any]]) -> dict[str, Any]:
        """The answers, by the questions' keys."""
        ...


class Client(NamedTuple):
    """Who sent a request.

    Attributes:
        version: The protocol version that it speaks.
        info: Its `Implementation` object; empty when it did not introduce itself.
        capabilities: What it can do, as it declared.
    """

    version: str
    info: JsonObject
    capabilities: JsonObject
