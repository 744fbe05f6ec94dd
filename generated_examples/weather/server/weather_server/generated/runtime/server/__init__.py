"""The server's side of the protocol: implement a generated `Service`, then `main` it.

This is what generated code and handlers import; everything else is private.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.connection import Connection
from ..core.errors import ProtocolError
from .app import LIVE_CATALOG, SERVER, add_metadata_route, create_app
from .eras.legacy.sessions import MemoryEvents, MemorySessions  # feature: legacy
from .features import auth  # feature: auth
from .handlers import content
from .handlers.content import (
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
from .handlers.context import Context, LoggingLevel
from .handlers.contract import (
    Announcement,
    Completer,
    Contract,
    PromptBinding,
    ResourceBinding,
    TemplateBinding,
    ToolBinding,
)
from .handlers.questions import (
    Client,
    CreateMessage,
    Elicit,
    Elicitation,
    ElicitURL,
    ListRoots,
    Question,
    Root,
    Sample,
)
from .main import main, serve_stdio
from .methods.registry import LiveCatalog
from .methods.steps import Answer
from .middleware import (
    Call,
    Hook,
    Middleware,
    Next,
    Outcome,
    OutcomeKind,
    Request,
    ServerStats,
)
from .options.section import Section
from .server import Server
from .service import Feature, Service
from .settings import Settings, SettingsError
from .stores import (
    Counters,
    Events,
    EventStore,
    MemoryCounters,
    RateLimited,
    RateRequest,
    Session,
    SessionStore,
)

if not TYPE_CHECKING:
    # What generated code of 0.1 imports from a runtime that packages share.
    Demand, Shortage, Vitals = RateRequest, RateLimited, ServerStats

__all__ = [
    "LIVE_CATALOG",
    "SERVER",
    "Announcement",
    "Answer",
    "Call",
    "Client",
    "Completer",
    "CompletionReturn",
    "Completions",
    "Connection",
    "Content",
    "ContentBlock",
    "Contents",
    "Context",
    "Contract",
    "Counters",
    "CreateMessage",
    "Elicit",
    "ElicitURL",
    "Elicitation",
    "EventStore",
    "Events",
    "Feature",
    "Hook",
    "ListRoots",
    "LiveCatalog",
    "LoggingLevel",
    "MaybeAwaitable",
    "MemoryCounters",
    "MemoryEvents",  # feature: legacy
    "MemorySessions",  # feature: legacy
    "Middleware",
    "Next",
    "Outcome",
    "OutcomeKind",
    "PromptBinding",
    "PromptReturn",
    "ProtocolError",
    "Question",
    "RateLimited",
    "RateRequest",
    "Request",
    "ResourceBinding",
    "ResourceNotFound",
    "ResourceReturn",
    "Root",
    "Sample",
    "Section",
    "Server",
    "ServerStats",
    "Service",
    "Session",
    "SessionStore",
    "Settings",
    "SettingsError",
    "StructuredReturn",
    "TemplateBinding",
    "ToolBinding",
    "ToolError",
    "ToolResult",
    "ToolReturn",
    "add_metadata_route",
    "auth",  # feature: auth
    "content",
    "create_app",
    "main",
    "serve_stdio",
]
