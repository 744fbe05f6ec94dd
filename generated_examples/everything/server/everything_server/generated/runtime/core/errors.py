"""Error codes of the protocol, and the exception that carries one.

Shared by server and client; knows nothing of HTTP or handlers. The codes are listed at
https://modelcontextprotocol.io/specification/2026-07-28/basic/index#error-codes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .catalog import Json

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603

HEADER_MISMATCH: Final = -32020
"""HTTP headers and body differ, or a required header is missing (2026-07-28)."""
MISSING_CLIENT_CAPABILITY: Final = -32021
"""The request needs a capability that the client did not declare (2026-07-28)."""
UNSUPPORTED_PROTOCOL_VERSION: Final = -32022
"""The request's protocol version is not served (2026-07-28)."""

RESOURCE_NOT_FOUND: Final = -32002
"""Legacy revisions only; 2026-07-28 answers `INVALID_PARAMS`."""
URL_ELICITATION_REQUIRED: Final = -32042
"""2025-11-25 only: the request needs a URL elicitation first."""


class ProtocolError(Exception):
    """A JSON-RPC error, received from the peer or to be sent to it.

    Attributes:
        code: The error's number.
        message: One sentence for the peer.
        data: Whatever else belongs to the error; None when there is nothing.
    """

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"

    def __reduce__(self) -> tuple[type[ProtocolError], tuple[int, str, Json]]:
        return type(self), (self.code, self.message, self.data)


def invalid_request(message: str) -> ProtocolError:
    """The error for a message that is not a request, or has no place here."""
    return ProtocolError(INVALID_REQUEST, message)


def invalid_params(message: str) -> ProtocolError:
    """The error for wrong parameters."""
    return ProtocolError(INVALID_PARAMS, message)


def missing_capabilities(required: dict[str, Json]) -> ProtocolError:
    """The error for a request that needs capabilities that the client lacks.

    Args:
        required: The missing part of `ClientCapabilities`, such as `{"sampling": {}}`.
    """
    return ProtocolError(
        MISSING_CLIENT_CAPABILITY,
        "This request needs client capabilities that were not declared: "
        + named(required),
        {"requiredCapabilities": required},
    )


def named(capabilities: Mapping[str, Json]) -> str:
    """Capabilities in words, such as "url elicitation, sampling with tools".

    The modes of elicitation are named as the official SDKs do.
    """
    words: list[str] = []
    for name, parts in sorted(capabilities.items()):
        if not isinstance(parts, Mapping) or not parts:
            words.append(name)
        elif name == "elicitation":
            words += [f"{mode} elicitation" for mode in sorted(parts)]
        else:
            words.append(f"{name} with {', '.join(sorted(parts))}")
    return ", ".join(words)


def both(one: Mapping[str, Json], other: Mapping[str, Json] | None) -> dict[str, Json]:
    """What either of two parts of `ClientCapabilities` has."""
    merged = dict(one)
    for name, parts in (other or {}).items():
        before = merged.get(name)
        if isinstance(before, Mapping) and isinstance(parts, Mapping):
            merged[name] = {**before, **parts}
        else:
            merged[name] = parts
    return merged


def unsupported_version(requested: str, supported: tuple[str, ...]) -> ProtocolError:
    """The error for a request in a protocol version that is not served."""
    return ProtocolError(
        UNSUPPORTED_PROTOCOL_VERSION,
        f"Unsupported protocol version {requested!r}",
        {"supported": list(supported), "requested": requested},
    )
