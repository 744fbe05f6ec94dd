"""What handlers of the weather server need.

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
        LIVE_CATALOG,
        Call,
        CompletionReturn,
        Completions,
        Content,
        ContentBlock,
        Contents,
        Context,
        Counters,
        CreateMessage,
        Demand,
        Elicit,
        Elicitation,
        ElicitURL,
        Events,
        EventStore,
        Hook,
        ListRoots,
        LiveCatalog,
        LoggingLevel,
        MemoryEvents,
        MemorySessions,
        Outcome,
        PromptReturn,
        ProtocolError,
        Question,
        ResourceNotFound,
        ResourceReturn,
        Root,
        Sample,
        Session,
        SessionStore,
        Settings,
        Shortage,
        ToolError,
        ToolResult,
        ToolReturn,
        Vitals,
        add_metadata_route,
        auth,
        content,
        create_app,
        main,
    )
    from .service import WeatherService
except ModuleNotFoundError as error:
    from .runtime.core.missing import missing

    raise missing(error, __name__) from None

if TYPE_CHECKING:
    from .runtime.protocol import types
else:
    from .runtime.core.lazy import lazily

    __getattr__, __dir__ = lazily(
        __name__,
        {},
        {"types": ".runtime.protocol.types"},
        absent={"Telemetry": ("server", "telemetry")},
    )

__version__ = "0.1.0"

__all__ = [
    "LIVE_CATALOG",
    "RUNTIME_VERSION",
    "Call",
    "CompletionReturn",
    "Completions",
    "Content",
    "ContentBlock",
    "Contents",
    "Context",
    "Counters",
    "CreateMessage",
    "Demand",
    "Elicit",
    "ElicitURL",
    "Elicitation",
    "EventStore",
    "Events",
    "Hook",
    "ListRoots",
    "LiveCatalog",
    "LoggingLevel",
    "MemoryEvents",
    "MemorySessions",
    "Outcome",
    "PromptReturn",
    "ProtocolError",
    "Question",
    "ResourceNotFound",
    "ResourceReturn",
    "Root",
    "Sample",
    "Session",
    "SessionStore",
    "Settings",
    "Shortage",
    "ToolError",
    "ToolResult",
    "ToolReturn",
    "Vitals",
    "WeatherService",
    "__version__",
    "add_metadata_route",
    "auth",
    "content",
    "create_app",
    "main",
    "models",
    "types",
]
