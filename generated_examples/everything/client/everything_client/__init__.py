"""Typed access to the everything server.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .runtime.version import RUNTIME_VERSION, require

if not TYPE_CHECKING:
    require("0.1.0", __name__)

try:
    from .client import EverythingClient, SyncEverythingClient
    from .runtime.client import (
        OMIT,
        AuthError,
        CallOptions,
        CallTimeoutError,
        CapabilityError,
        ClientError,
        ClientOptions,
        ClientStateError,
        Difference,
        Elicitation,
        InvalidArgumentsError,
        InvalidResultError,
        LogMessage,
        MissingHandlerError,
        Notification,
        Omit,
        Progress,
        ProtocolError,
        Reply,
        ToolError,
        TransportError,
        VersionError,
    )
except ModuleNotFoundError as error:
    from .runtime.core.missing import missing

    raise missing(error, __name__) from None

if TYPE_CHECKING:
    from . import models
    from .runtime.protocol import types
else:
    from .runtime.core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {},
        {"models": ".models", "types": ".runtime.protocol.types"},
        moved={
            ".auth": (
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
            ".connection": ("KnownServers",),
        },
    )

__version__ = "0.1.0"

__all__ = [
    "OMIT",
    "RUNTIME_VERSION",
    "AuthError",
    "CallOptions",
    "CallTimeoutError",
    "CapabilityError",
    "ClientError",
    "ClientOptions",
    "ClientStateError",
    "Difference",
    "Elicitation",
    "EverythingClient",
    "InvalidArgumentsError",
    "InvalidResultError",
    "LogMessage",
    "MissingHandlerError",
    "Notification",
    "Omit",
    "Progress",
    "ProtocolError",
    "Reply",
    "SyncEverythingClient",
    "ToolError",
    "TransportError",
    "VersionError",
    "__version__",
    "models",
    "types",
]
