"""The server's side of the protocol: implement a generated `Service`, then `main` it.

This is what generated code and handlers import; everything else is private.
"""

from __future__ import annotations

from ..core.errors import ProtocolError
from .app import LIVE_CATALOG, add_metadata_route, create_app
from .eras.legacy.replay import Events, EventStore, MemoryEvents
from .eras.legacy.sessions import MemorySessions, Session, SessionStore
from .features import auth
from .features.limits.counters import Counters, Demand, MemoryCounters, Shortage
from .features.telemetry import Telemetry  # feature: telemetry
from .handlers import content
from .handlers.context import Context
from .handlers.contract import (
    Completer,
    Contract,
    PromptBinding,
    ResourceBinding,
    TemplateBinding,
    ToolBinding,
)
from .handlers.ports import Client, LoggingLevel
from .handlers.questions import (
    CreateMessage,
    Elicit,
    Elicitation,
    ElicitURL,
    ListRoots,
    Question,
    Root,
    Sample,
)
from .handlers.results import (
    CompletionReturn,
    Completions,
    Content,
    ContentBlock,
    Contents,
    MaybeAwaitable,
    PromptReturn,
    ResourceNotFound,
    ResourceReturn,
    StructuredReturn,
    ToolError,
    ToolResult,
    ToolReturn,
)
from .hooks import Call, Hook, Outcome, OutcomeKind, Vitals
from .main import main
from .methods.registry import LiveCatalog
from .service import Announcement, Service
from .settings import Settings, SettingsError, settings_table

__all__ = [
    "LIVE_CATALOG",
    "Announcement",
    "Call",
    "Client",
    "Completer",
    "CompletionReturn",
    "Completions",
    "Content",
    "ContentBlock",
    "Contents",
    "Context",
    "Contract",
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
    "MaybeAwaitable",
    "MemoryCounters",
    "MemoryEvents",
    "MemorySessions",
    "Outcome",
    "OutcomeKind",
    "PromptBinding",
    "PromptReturn",
    "ProtocolError",
    "Question",
    "ResourceBinding",
    "ResourceNotFound",
    "ResourceReturn",
    "Root",
    "Sample",
    "Service",
    "Session",
    "SessionStore",
    "Settings",
    "SettingsError",
    "Shortage",
    "StructuredReturn",
    "Telemetry",  # feature: telemetry
    "TemplateBinding",
    "ToolBinding",
    "ToolError",
    "ToolResult",
    "ToolReturn",
    "Vitals",
    "add_metadata_route",
    "auth",
    "content",
    "create_app",
    "main",
    "settings_table",
]
