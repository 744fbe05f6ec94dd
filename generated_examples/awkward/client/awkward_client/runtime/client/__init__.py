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
    "ClientError",
    "ClientOptions",
    "ClientStateError",
    "Codec",
    "Connection",
    "Difference",
    "Elicitation",
    "InvalidArgumentsError",
    "InvalidResultError",
    "KnownServers",
    "LogMessage",
    "Middleware",
    "MissingHandlerError",
    "Next",
    "Notification",
    "Omit",
    "Outgoing",
    "Progress",
    "ProtocolError",
    "Reply",
    "Request",
    "Result",
    "SyncClient",
    "ToolCall",
    "ToolError",
    "TransportError",
    "VersionError",
    "tls_context",
]
