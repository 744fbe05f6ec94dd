"""The client side of MCP: what generated clients are made of.

Knows nothing of the server runtime. A generated client derives from `Client`, its
synchronous face from `SyncClient`; everything else here is for users.
"""

from typing import TYPE_CHECKING

from .calls import Request, ToolCall, ToolError
from .client import Client
from .drift import Difference
from .errors import (
    AuthError,
    CallTimeoutError,
    CapabilityError,
    ClientError,
    ClientStateError,
    InvalidArgumentsError,
    InvalidResultError,
    MissingHandlerError,
    ProtocolError,
    TransportError,
    VersionError,
)
from .options import (
    OMIT,
    CallOptions,
    ClientOptions,
    Elicitation,
    LogMessage,
    Notification,
    Omit,
    Progress,
    Reply,
)
from .sync import SyncClient

if TYPE_CHECKING:
    from ..core.connection import Connection
    from ..core.model import Codec
    from .features.oauth import (
        ApiKeyAuth,
        Auth,
        BearerAuth,
        Challenge,
        ClientCredentials,
        ClientRegistration,
        EnterpriseAuth,
        FileStorage,
        IssuerSettings,
        LoopbackRedirect,
        MemoryStorage,
        OAuth,
        Outgoing,
        PrivateKey,
        Receiver,
        Redirect,
        TokenStorage,
        WorkloadIdentity,
    )
    from .middleware import Middleware, Next, Result
    from .negotiation import KnownServers
    from .transports.http.tls import tls_context
else:
    from ..core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            ".features.oauth": (
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
            ),
            ".transports.http.tls": ("tls_context",),
            ".middleware": ("Middleware", "Next", "Result"),
            ".negotiation": ("KnownServers",),
            "..core.connection": ("Connection",),
            "..core.model": ("Codec",),
        },
    )

__all__ = [
    "OMIT",
    "ApiKeyAuth",
    "Auth",
    "AuthError",
    "BearerAuth",
    "CallOptions",
    "CallTimeoutError",
    "CapabilityError",
    "Challenge",
    "Client",
    "ClientCredentials",
    "ClientError",
    "ClientOptions",
    "ClientRegistration",
    "ClientStateError",
    "Codec",
    "Connection",
    "Difference",
    "Elicitation",
    "EnterpriseAuth",
    "FileStorage",
    "InvalidArgumentsError",
    "InvalidResultError",
    "IssuerSettings",
    "KnownServers",
    "LogMessage",
    "LoopbackRedirect",
    "MemoryStorage",
    "Middleware",
    "MissingHandlerError",
    "Next",
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
    "Request",
    "Result",
    "SyncClient",
    "TokenStorage",
    "ToolCall",
    "ToolError",
    "TransportError",
    "VersionError",
    "WorkloadIdentity",
    "tls_context",
]
