"""The client side of MCP: what generated clients are made of.

Knows nothing of the server runtime. A generated client derives from `Client`, its
synchronous face from `SyncClient`; everything else here is for users.
"""

# Sorted, each name would have an import statement of its own.
# isort: skip_file

from typing import TYPE_CHECKING

from .calls import Request as Request, ToolCall as ToolCall, ToolError as ToolError
from .client import Client as Client
from .errors import (
    AuthError as AuthError,
    CallTimeoutError as CallTimeoutError,
    CapabilityError as CapabilityError,
    ClientError as ClientError,
    ClientStateError as ClientStateError,
    InvalidArgumentsError as InvalidArgumentsError,
    InvalidResultError as InvalidResultError,
    MissingHandlerError as MissingHandlerError,
    ProtocolError as ProtocolError,
    TransportError as TransportError,
    VersionError as VersionError,
)
from .listing import Difference as Difference
from .options import (
    OMIT as OMIT,
    CallOptions as CallOptions,
    ClientOptions as ClientOptions,
    Elicitation as Elicitation,
    KnownServers as KnownServers,
    LogMessage as LogMessage,
    Middleware as Middleware,
    Next as Next,
    Notification as Notification,
    Omit as Omit,
    Progress as Progress,
    Reply as Reply,
    Result as Result,
)
from .sync import SyncClient as SyncClient

if TYPE_CHECKING:
    from ..core.connection import Connection as Connection
    from ..core.model import Codec as Codec
    from .auth import (
        ApiKeyAuth as ApiKeyAuth,
        Auth as Auth,
        BearerAuth as BearerAuth,
        Challenge as Challenge,
        Outgoing as Outgoing,
        tls_context as tls_context,
    )
else:
    from ..core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {
            "..core.connection": ("Connection",),
            "..core.model": ("Codec",),
            ".auth": (
                "ApiKeyAuth",
                "Auth",
                "BearerAuth",
                "Challenge",
                "Outgoing",
                "tls_context",
            ),
        },
    )
