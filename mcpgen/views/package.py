"""The parts of `__init__.py` and `models.py`: what a package lets its users import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from mcpgen import features, ir, pycode
from mcpgen.pycode import Call, Code, Expression, Row, Table, Value

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
    "auth",
    "content",
    "add_metadata_route",
    "create_app",
    "main",
)
"""What people who write handlers import from the server runtime."""

SERVER_OPTIONAL: Final = {"Telemetry": "telemetry"}
"""Further names, and the features that bring them."""

CLIENT_NAMES: Final = (
    "OMIT",
    "AuthError",
    "CallOptions",
    "CallTimeoutError",
    "CapabilityError",
    "ClientError",
    "ClientOptions",
    "ClientStateError",
    "Difference",
    "Elicitation",
    "InvalidArgumentsError",
    "InvalidResultError",
    "LogMessage",
    "MissingHandlerError",
    "Notification",
    "Omit",
    "Progress",
    "ProtocolError",
    "Reply",
    "ToolError",
    "TransportError",
    "VersionError",
)
"""What people who call the server import from the client runtime."""

CLIENT_AUTH_NAMES: Final = (
    "ApiKeyAuth",
    "Auth",
    "BearerAuth",
    "Challenge",
    "ClientCredentials",
    "ClientRegistration",
    "EnterpriseAuth",
    "FileStorage",
    "IssuerSettings",
    "KnownServers",
    "LoopbackRedirect",
    "MemoryStorage",
    "OAuth",
    "Outgoing",
    "PrivateKey",
    "Receiver",
    "Redirect",
    "TokenStorage",
    "WorkloadIdentity",
    "tls_context",
)
"""What they import to connect and sign in; the runtime imports it when it is first asked for."""


VERSION_NAMES: Final = ("RUNTIME_VERSION", "__version__")
"""What both packages say about themselves."""


def version(text: Code) -> Code:
    """The assignment of `__version__`, from the version that the distribution has."""
    return pycode.assignment("__version__", Value(str(text)))


def server_names(project: ir.Project) -> tuple[str, ...]:
    """What the server's `generated` has of the runtime."""
    present = features.server(project).present
    optional = (name for name, feature in SERVER_OPTIONAL.items() if feature in present)
    return (*SERVER_NAMES, *optional)


def server_on_demand(project: ir.Project) -> Code:
    """What the server's `generated` imports when it is first asked for, or lacks."""
    half = features.server(project)
    whole = Table((("types", Value("runtime.protocol.types")),))
    absent = _absent(half, SERVER_OPTIONAL)
    call = Call(Code("lazily"), (Code("__name__"), Table(()), whole, *absent))
    return pycode.assignment("__getattr__, __dir__", call, 4)


def _absent(
    half: features.Half, optional: Mapping[str, str]
) -> Iterator[tuple[Code, Expression]]:
    """The argument of `lazily` that explains names that a package lacks."""
    lacking = tuple(
        (name, Row((Value(half.side), Value(feature))))
        for name, feature in optional.items()
        if feature in half.absent
    )
    if lacking:
        yield Code("absent"), Table(lacking)


def exported(names: Iterable[str]) -> Code:
    """The assignment of `__all__`."""
    return pycode.assignment("__all__", Value(sorted(names, key=_export_key)))


def _export_key(name: str) -> tuple[int, str]:
    """Constants, classes, the rest: as for imports, but case counts."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def server_exports(project: ir.Project) -> Code:
    """`__all__` of the server's `generated`."""
    return exported(
        [
            *server_names(project),
            *VERSION_NAMES,
            f"{project.class_prefix}Service",
            "models",
            "types",
        ]
    )


def client_classes(project: ir.Project) -> tuple[str, str]:
    """The two classes of the client package."""
    return f"{project.class_prefix}Client", f"Sync{project.class_prefix}Client"


def client_exports(project: ir.Project) -> Code:
    """`__all__` of the client package."""
    return exported(
        [
            *CLIENT_NAMES,
            *CLIENT_AUTH_NAMES,
            *VERSION_NAMES,
            *client_classes(project),
            "models",
            "types",
        ]
    )


def client_on_demand() -> Code:
    """What the client package imports when it is first asked for."""
    names = Table((("runtime.client", Row(tuple(map(Value, CLIENT_AUTH_NAMES)))),))
    whole = Table(
        (("models", Value("models")), ("types", Value("runtime.protocol.types")))
    )
    call = Call(Code("lazily"), (Code("__name__"), names, whole))
    return pycode.assignment("__getattr__, __dir__", call, 4)


@cache
def model_imports(statements: tuple[str, ...], *, standard: bool) -> Code:
    """The imports of `models.py` from the standard library, or from other packages."""
    # Cached because hundreds of modules have the same few.
    lines: list[Code] = []
    for statement in statements:
        _, origin, _, names = statement.split(" ", 3)
        if (origin in ("collections.abc", "typing")) == standard:
            lines.append(pycode.imports(origin, names.split(", ")))
    return pycode.join("\n", lines)


def model_bases(module: ir.ModelsModule, dots: Code) -> Code:
    """The import of a module of models from the runtime, which lies at `dots`."""
    return pycode.imports(f"{dots}runtime.core.model", module.base_names)


def model_modules(homes: Mapping[str, Sequence[str]]) -> tuple[Code, ...]:
    """What type checkers read in a package of models: an import from each module."""
    return tuple(
        pycode.imports(f".{pycode.identifier(name)}", homes[name], 4)
        for name in pycode.import_order(homes)
    )


def model_homes(homes: Mapping[str, Sequence[str]]) -> Code:
    """The modules of a package of models, and what each defines."""
    table = Table(
        tuple(
            (name, Row(tuple(map(Value, defined)))) for name, defined in homes.items()
        )
    )
    call = Call(Code("lazily"), (Code("__name__"), table))
    return pycode.assignment("__getattr__, __dir__", call, 4)


def model_exports(homes: Mapping[str, Sequence[str]]) -> Code:
    """`__all__` of a package of models."""
    return exported(name for defined in homes.values() for name in defined)
