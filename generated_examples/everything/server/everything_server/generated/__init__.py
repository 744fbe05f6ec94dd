"""What handlers of the everything server need.

Made by mcpgen from mcpgen.yaml; edits are refused by `mcpgen generate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .runtime.version import RUNTIME_VERSION, require

if not TYPE_CHECKING:
    require("0.1.0", __name__)

try:
    from . import models
    from .runtime.server import (
        CompletionReturn,
        Completions,
        Content,
        ContentBlock,
        Contents,
        Context,
        CreateMessage,
        Elicit,
        Elicitation,
        ElicitURL,
        Hook,
        ListRoots,
        LiveCatalog,
        LoggingLevel,
        PromptReturn,
        ProtocolError,
        Question,
        ResourceNotFound,
        ResourceReturn,
        Root,
        Sample,
        Settings,
        ToolError,
        ToolResult,
        ToolReturn,
        auth,
        content,
        create_app,
        main,
    )
    from .service import EverythingService
except ModuleNotFoundError as error:
    from .runtime.core.missing import missing

    raise missing(error, __name__) from None

if TYPE_CHECKING:
    from .runtime.protocol import types
else:
    from .runtime.core.lazy import lazily
    from .runtime.server.transports.stdio import claim_stdio

    __getattr__, __dir__ = lazily(
        __name__,
        {},
        {"types": ".runtime.protocol.types"},
        moved={
            ".middleware": ("Call", "Outcome", "Telemetry"),
            ".serving": ("LIVE_CATALOG", "add_metadata_route"),
            ".stores": (
                "Counters",
                "EventStore",
                "Events",
                "MemoryEvents",
                "MemorySessions",
                "Session",
                "SessionStore",
            ),
        },
        renamed={
            "Demand": (".stores", "RateRequest"),
            "Shortage": (".stores", "RateLimited"),
            "Vitals": (".middleware", "ServerStats"),
        },
    )
    # Before handlers are imported, which may print.
    claim_stdio(__name__)

__version__ = "0.1.0"

__all__ = [
    "RUNTIME_VERSION",
    "CompletionReturn",
    "Completions",
    "Content",
    "ContentBlock",
    "Contents",
    "Context",
    "CreateMessage",
    "Elicit",
    "ElicitURL",
    "Elicitation",
    "EverythingService",
    "Hook",
    "ListRoots",
    "LiveCatalog",
    "LoggingLevel",
    "PromptReturn",
    "ProtocolError",
    "Question",
    "ResourceNotFound",
    "ResourceReturn",
    "Root",
    "Sample",
    "Settings",
    "ToolError",
    "ToolResult",
    "ToolReturn",
    "__version__",
    "auth",
    "content",
    "create_app",
    "main",
    "models",
    "types",
]
