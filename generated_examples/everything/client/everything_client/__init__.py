"""Typed access to the everything server.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import models
from .client import EverythingClient, SyncEverythingClient
from .runtime.client import (
    OMIT,
    ApiKeyAuth,
    Auth,
    AuthError,
    BearerAuth,
    CallOptions,
    CallTimeoutError,
    Challenge,
    ClientCredentials,
    ClientError,
    ClientOptions,
    ClientRegistration,
    Difference,
    Elicitation,
    EnterpriseAuth,
    FileStorage,
    InvalidArgumentsError,
    InvalidResultError,
    LogMessage,
    LoopbackRedirect,
    MemoryStorage,
    MissingHandlerError,
    Notification,
    OAuth,
    Omit,
    Outgoing,
    PrivateKey,
    Progress,
    ProtocolError,
    Receiver,
    Redirect,
    Reply,
    TokenStorage,
    ToolError,
    TransportError,
    VersionError,
    WorkloadIdentity,
)

if TYPE_CHECKING:
    from .runtime.protocol import types
else:

    def __getattr__(name: str) -> object:
        """Import `types` when it is first asked for: making its classes takes time."""
        if name != "types":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .runtime.protocol import types

        return types


__all__ = [
    "OMIT",
    "ApiKeyAuth",
    "Auth",
    "AuthError",
    "BearerAuth",
    "CallOptions",
    "CallTimeoutError",
    "Challenge",
    "ClientCredentials",
    "ClientError",
    "ClientOptions",
    "ClientRegistration",
    "Difference",
    "Elicitation",
    "EnterpriseAuth",
    "EverythingClient",
    "FileStorage",
    "InvalidArgumentsError",
    "InvalidResultError",
    "LogMessage",
    "LoopbackRedirect",
    "MemoryStorage",
    "MissingHandlerError",
    "Notification",
    "OAuth",
    "Omit",
    "Outgoing",
    "PrivateKey",
    "Progress",
    "ProtocolError",
    "Receiver",
    "Redirect",
    "Reply",
    "SyncEverythingClient",
    "TokenStorage",
    "ToolError",
    "TransportError",
    "VersionError",
    "WorkloadIdentity",
    "models",
    "types",
]
