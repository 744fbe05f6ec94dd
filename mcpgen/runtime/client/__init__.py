"""The client side of MCP over HTTP: what generated clients are made of.

Knows nothing of the server runtime. A generated client derives from `Client`, its
synchronous face from `SyncClient`; everything else here is for users.
"""

from ..shared.model import Codec
from .auth import ApiKeyAuth, Auth, BearerAuth, Challenge, Outgoing
from .calls import ToolCall
from .client import Client
from .errors import (
    AuthError,
    CallTimeoutError,
    ClientError,
    InvalidArgumentsError,
    InvalidResultError,
    MissingHandlerError,
    ProtocolError,
    ToolError,
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

__all__ = [
    "OMIT",
    "ApiKeyAuth",
    "Auth",
    "AuthError",
    "BearerAuth",
    "CallOptions",
    "CallTimeoutError",
    "Challenge",
    "Client",
    "ClientError",
    "ClientOptions",
    "Codec",
    "Elicitation",
    "InvalidArgumentsError",
    "InvalidResultError",
    "LogMessage",
    "MissingHandlerError",
    "Notification",
    "Omit",
    "Outgoing",
    "Progress",
    "ProtocolError",
    "Reply",
    "SyncClient",
    "ToolCall",
    "ToolError",
    "TransportError",
    "VersionError",
]
