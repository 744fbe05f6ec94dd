"""The server's side of the protocol: implement a generated `Service`, then `main` it.

This is what generated code and handlers import; everything else is private.
"""

# Sorted, each name would have an import statement of its own.
# isort: skip_file

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.connection import Connection as Connection
from ..core.errors import ProtocolError as ProtocolError
from .app import (
    LIVE_CATALOG as LIVE_CATALOG,
    SERVER as SERVER,
    add_metadata_route as add_metadata_route,
    create_app as create_app,
)
from .eras.legacy.session_manager import (  # feature: legacy
    MemorySessions as MemorySessions,  # feature: legacy
)  # feature: legacy
from .eras.legacy.sessions import MemoryEvents as MemoryEvents  # feature: legacy
from .features import auth as auth  # feature: auth
from .handlers import content as content
from .handlers.content import (
    CompletionReturn as CompletionReturn,
    Completions as Completions,
    Content as Content,
    ContentBlock as ContentBlock,
    Contents as Contents,
    MaybeAwaitable as MaybeAwaitable,
    PromptReturn as PromptReturn,
    ResourceNotFound as ResourceNotFound,
    ResourceReturn as ResourceReturn,
    StructuredReturn as StructuredReturn,
    ToolError as ToolError,
    ToolResult as ToolResult,
    ToolReturn as ToolReturn,
)
from .handlers.context import Context as Context, LoggingLevel as LoggingLevel
from .handlers.contract import (
    Announcement as Announcement,
    Completer as Completer,
    Contract as Contract,
    PromptBinding as PromptBinding,
    ResourceBinding as ResourceBinding,
    TemplateBinding as TemplateBinding,
    ToolBinding as ToolBinding,
)
from .handlers.questions import (
    Client as Client,
    CreateMessage as CreateMessage,
    Elicit as Elicit,
    Elicitation as Elicitation,
    ElicitURL as ElicitURL,
    ListRoots as ListRoots,
    Question as Question,
    Root as Root,
    Sample as Sample,
)
from .main import main as main, serve_stdio as serve_stdio
from .methods.registry import LiveCatalog as LiveCatalog
from .methods.steps import Answer as Answer
from .middleware import (
    Call as Call,
    Hook as Hook,
    Middleware as Middleware,
    Next as Next,
    Outcome as Outcome,
    OutcomeKind as OutcomeKind,
    Request as Request,
    ServerStats as ServerStats,
)
from .options.section import Section as Section
from .server import Server as Server
from .service import Feature as Feature, Service as Service
from .settings import Settings as Settings, SettingsError as SettingsError
from .stores import (
    Counters as Counters,
    Events as Events,
    EventStore as EventStore,
    MemoryCounters as MemoryCounters,
    RateLimited as RateLimited,
    RateRequest as RateRequest,
    Session as Session,
    SessionStore as SessionStore,
)

if not TYPE_CHECKING:
    # What generated code of 0.1 imports from a runtime that packages share.
    Demand, Shortage, Vitals = RateRequest, RateLimited, ServerStats
