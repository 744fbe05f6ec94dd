"""The server's side of the protocol: implement a generated `Service`, then `main` it.

This is what generated code and handlers import; everything else is private.
"""

from __future__ import annotations

from ..shared.errors import ProtocolError
from . import content
from .app import LIVE_CATALOG, create_app
from .context import Context
from .contract import (
    Completer,
    Contract,
    PromptBinding,
    ResourceBinding,
    TemplateBinding,
    ToolBinding,
)
from .live import LiveCatalog
from .main import main
from .ports import Client, LoggingLevel
from .questions import (
    CreateMessage,
    Elicit,
    Elicitation,
    ElicitURL,
    ListRoots,
    Question,
    Root,
    Sample,
)
from .results import (
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
from .service import Announcement, Service
from .sessions import Session
from .settings import Settings, settings_table

__all__ = [
    "LIVE_CATALOG",
    "Announcement",
    "Client",
    "Completer",
    "CompletionReturn",
    "Completions",
    "Content",
    "ContentBlock",
    "Contents",
    "Context",
    "Contract",
    "CreateMessage",
    "Elicit",
    "ElicitURL",
    "Elicitation",
    "ListRoots",
    "LiveCatalog",
    "LoggingLevel",
    "MaybeAwaitable",
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
    "Settings",
    "StructuredReturn",
    "TemplateBinding",
    "ToolBinding",
    "ToolError",
    "ToolResult",
    "ToolReturn",
    "content",
    "create_app",
    "main",
    "settings_table",
]
