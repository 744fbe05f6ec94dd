"""Names that generated packages had in earlier versions, and where they are now.

Until the next minor version, generated code has them at both places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

SERVER_MOVED: Final[Mapping[str, tuple[str, ...]]] = {
    "middleware": ("Call", "Outcome", "Telemetry"),
    "serving": ("LIVE_CATALOG", "add_metadata_route"),
    "stores": (
        "Counters",
        "EventStore",
        "Events",
        "MemoryEvents",
        "MemorySessions",
        "Session",
        "SessionStore",
    ),
}
"""Names that `generated` itself had in 0.1, by the module that has them now."""

SERVER_RENAMED: Final[Mapping[str, tuple[str, str]]] = {
    "Demand": ("stores", "RateRequest"),
    "Shortage": ("stores", "RateLimited"),
    "Vitals": ("middleware", "ServerStats"),
}
"""Names that it had in 0.1, with the module and the name that they have now."""

CLIENT_MOVED: Final[Mapping[str, tuple[str, ...]]] = {
    "auth": (
        "ApiKeyAuth",
        "Auth",
        "BearerAuth",
        "Challenge",
        "ClientCredentials",
        "ClientRegistration",
        "EnterpriseAuth",
        "FileStorage",
        "IssuerSettings",
        "LoopbackRedirect",
        "MemoryStorage",
        "OAuth",
        "Outgoing",
        "PrivateKey",
        "Receiver",
        "Redirect",
        "TokenStorage",
        "WorkloadIdentity",
        "tls_context",
    ),
    "connection": ("KnownServers",),
}
"""Names that the client package itself had in 0.1, by the module that has them now."""


def home_of(name: str) -> tuple[str, str] | None:
    """The module of `generated` that a former name of a server is in, and its name there."""
    if name in SERVER_RENAMED:
        return SERVER_RENAMED[name]
    return _moved(name, SERVER_MOVED)


def client_home_of(name: str) -> tuple[str, str] | None:
    """The same for a former name of a client package."""
    return _moved(name, CLIENT_MOVED)


def _moved(name: str, homes: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    return next(
        ((module, name) for module, names in homes.items() if name in names), None
    )
