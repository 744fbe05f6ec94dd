"""The client side of MCP: what generated clients are made of.

Knows nothing of the server runtime. A generated client derives from `Client`, its
synchronous face from `SyncClient`; everything else here is for users.
"""

from typing import TYPE_CHECKING

from .calls import Request, ToolCall, ToolError
from .client import Client
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
from .listing import Difference
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
    from .auth import ApiKeyAuth, Auth, BearerAuth, Challenge, Outgoing, tls_context
    from .connection import KnownServers, Middleware, Next, Result
    from .features.oauth import (  # feature: oauth
        ClientCredentials,  # feature: oauth
        ClientRegistration,  # feature: oauth
        EnterpriseAuth,  # feature: oauth
        FileStorage,  # feature: oauth
        IssuerSettings,  # feature: oauth
        LoopbackRedirect,  # feature: oauth
        MemoryStorage,  # feature: oauth
        OAuth,  # feature: oauth
        PrivateKey,  # feature: oauth
        Receiver,  # feature: oauth
        Redirect,  # feature: oauth
        TokenStorage,  # feature: oauth
        WorkloadIdentity,  # feature: oauth
    )  # feature: oauth
else:
    from ..core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            ".auth": (
                "ApiKeyAuth",
                "Auth",
                "BearerAuth",
                "Challenge",
                "Outgoing",
                "tls_context",
            ),
            ".features.oauth": (  # feature: oauth
                "ClientCredentials",  # feature: oauth
                "ClientRegistration",  # feature: oauth
                "EnterpriseAuth",  # feature: oauth
                "FileStorage",  # feature: oauth
                "IssuerSettings",  # feature: oauth
                "LoopbackRedirect",  # feature: oauth
                "MemoryStorage",  # feature: oauth
                "OAuth",  # feature: oauth
                "PrivateKey",  # feature: oauth
                "Receiver",  # feature: oauth
                "Redirect",  # feature: oauth
                "TokenStorage",  # feature: oauth
                "WorkloadIdentity",  # feature: oauth
            ),  # feature: oauth
            ".connection": ("KnownServers", "Middleware", "Next", "Result"),
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
    "ClientCredentials",  # feature: oauth
    "ClientError",
    "ClientOptions",
    "ClientRegistration",  # feature: oauth
    "ClientStateError",
    "Codec",
    "Connection",
    "Difference",
    "Elicitation",
    "EnterpriseAuth",  # feature: oauth
    "FileStorage",  # feature: oauth
    "InvalidArgumentsError",
    "InvalidResultError",
    "IssuerSettings",  # feature: oauth
    "KnownServers",
    "LogMessage",
    "LoopbackRedirect",  # feature: oauth
    "MemoryStorage",  # feature: oauth
    "Middleware",
    "MissingHandlerError",
    "Next",
    "Notification",
    "OAuth",  # feature: oauth
    "Omit",
    "Outgoing",
    "PrivateKey",  # feature: oauth
    "Progress",
    "ProtocolError",
    "Receiver",  # feature: oauth
    "Redirect",  # feature: oauth
    "Reply",
    "Request",
    "Result",
    "SyncClient",
    "TokenStorage",  # feature: oauth
    "ToolCall",
    "ToolError",
    "TransportError",
    "VersionError",
    "WorkloadIdentity",  # feature: oauth
    "tls_context",
]
