"""The parts of `__init__.py` and `models.py`: what a package lets its users import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mcpgen import ir, pycode
from mcpgen.pycode import Code, Value

SERVER_NAMES: Final = (
    "LIVE_CATALOG",
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
    "Hook",
    "ListRoots",
    "LiveCatalog",
    "LoggingLevel",
    "Outcome",
    "PromptReturn",
    "ProtocolError",
    "Question",
    "ResourceNotFound",
    "ResourceReturn",
    "Root",
    "Sample",
    "Session",
    "Settings",
    "Shortage",
    "ToolError",
    "ToolResult",
    "ToolReturn",
    "auth",
    "content",
    "create_app",
    "main",
)
"""What people who write handlers import from the server runtime."""

CLIENT_NAMES: Final = (
    "OMIT",
    "ApiKeyAuth",
    "Auth",
    "AuthError",
    "BearerAuth",
    "CallOptions",
    "CallTimeoutError",
    "Challenge",
    "ClientCredentials",
    "ClientError",
    "ClientOptions",
    "ClientRegistration",
    "Difference",
    "Elicitation",
    "EnterpriseAuth",
    "FileStorage",
    "InvalidArgumentsError",
    "InvalidResultError",
    "LogMessage",
    "LoopbackRedirect",
    "MemoryStorage",
    "MissingHandlerError",
    "Notification",
    "OAuth",
    "Omit",
    "Outgoing",
    "PrivateKey",
    "Progress",
    "ProtocolError",
    "Receiver",
    "Redirect",
    "Reply",
    "TokenStorage",
    "ToolError",
    "TransportError",
    "VersionError",
    "WorkloadIdentity",
)
"""What people who call the server import from the client runtime."""


def exported(names: Iterable[str]) -> Code:
    """The assignment of `__all__`."""
    return pycode.assignment("__all__", Value(sorted(names, key=_export_key)))


def _export_key(name: str) -> tuple[int, str]:
    """Constants, classes, the rest: as for imports, but case counts."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def server_exports(project: ir.Project) -> Code:
    """`__all__` of the server's `generated`."""
    return exported(
        [*SERVER_NAMES, f"{project.class_prefix}Service", "models", "types"]
    )


def client_classes(project: ir.Project) -> tuple[str, str]:
    """The two classes of the client package."""
    return f"{project.class_prefix}Client", f"Sync{project.class_prefix}Client"


def client_exports(project: ir.Project) -> Code:
    """`__all__` of the client package."""
    return exported([*CLIENT_NAMES, *client_classes(project), "models", "types"])


def model_imports(project: ir.Project, *, standard: bool) -> Code:
    """The imports of `models.py` from the standard library, or from other packages."""
    lines: list[Code] = []
    for statement in project.models_imports:
        _, module, _, names = statement.split(" ", 3)
        if (module == "typing") == standard:
            lines.append(pycode.imports(module, names.split(", ")))
    return pycode.join("\n", lines)


def model_bases(project: ir.Project) -> Code:
    """The import of `models.py` from the runtime."""
    return pycode.imports(".runtime.shared.model", project.models_base_names)
