"""The parts of `__init__.py` and `models.py`: what a package lets its users import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from mcpgen import features, ir, moved_names, pycode
from mcpgen.pycode import Call, Code, Expression, Row, Table, Value

from . import runtime

SERVER_NAMES: Final = (
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
    "auth",
    "content",
    "create_app",
    "main",
)
"""What people who write handlers import from the server runtime."""

SERVER_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "middleware": (
        "Answer",
        "Call",
        "Feature",
        "Hook",
        "Middleware",
        "Next",
        "Outcome",
        "OutcomeKind",
        "Request",
        "Section",
        "ServerStats",
        "Telemetry",
    ),
    "serving": (
        "LIVE_CATALOG",
        "SERVER",
        "Connection",
        "LiveCatalog",
        "Server",
        "add_metadata_route",
        "serve_stdio",
    ),
    "stores": (
        "Counters",
        "RateRequest",
        "EventStore",
        "Events",
        "MemoryCounters",
        "MemoryEvents",
        "MemorySessions",
        "Session",
        "SessionStore",
        "RateLimited",
    ),
}
"""The modules beside it, and what other work than handlers imports from each."""

SERVER_OPTIONAL: Final[Mapping[str, str]] = {
    "Telemetry": "telemetry",
    "auth": "auth",
    **dict.fromkeys(
        (
            "EventStore",
            "Events",
            "MemoryEvents",
            "MemorySessions",
            "Session",
            "SessionStore",
        ),
        "legacy",
    ),
}
"""Names of these that a feature brings, and which."""

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

CLIENT_MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "auth": (
        "ApiKeyAuth",
        "Auth",
        "BearerAuth",
        "Challenge",
        "ClientCredentials",
        "ClientRegistration",
        "EnterpriseAuth",
        "FileStorage",
        "IssuerSettings",
        "LoopbackRedirect",
        "MemoryStorage",
        "OAuth",
        "OAuthOptions",
        "Outgoing",
        "PrivateKey",
        "Receiver",
        "Redirect",
        "TokenStorage",
        "WorkloadIdentity",
        "tls_context",
    ),
    "connection": ("Connection", "KnownServers"),
    "middleware": ("Middleware", "Next", "Request", "Result"),
}
"""The modules beside it, and what each has; the runtime imports it on demand."""

CLIENT_OPTIONAL: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "ClientCredentials",
        "ClientRegistration",
        "EnterpriseAuth",
        "FileStorage",
        "IssuerSettings",
        "LoopbackRedirect",
        "MemoryStorage",
        "OAuth",
        "OAuthOptions",
        "PrivateKey",
        "Receiver",
        "Redirect",
        "TokenStorage",
        "WorkloadIdentity",
    ),
    "oauth",
)
"""Names of these that a feature brings, and which."""

_OPTIONAL: Final[Mapping[str, Mapping[str, str]]] = {
    "server": SERVER_OPTIONAL,
    "client": CLIENT_OPTIONAL,
}

VERSION_NAMES: Final = ("RUNTIME_VERSION", "__version__")
"""What both packages say about themselves."""


def version(text: Code) -> Code:
    """The assignment of `__version__`, from the version that the distribution has."""
    return pycode.assignment("__version__", Value(str(text)))


def import_of(project: ir.Project, module: str, name: str, dots: str = ".") -> Code:
    """The import of one name from the runtime."""
    return runtime.imports(project, module, [name], dots=dots)[1]


def version_imports(project: ir.Project) -> Code:
    """What the check of the runtime's version needs: nothing else is imported yet."""
    names = ["RUNTIME_VERSION", "require"]
    return pycode.import_block(
        (
            runtime.local("typing", ["TYPE_CHECKING"]),
            runtime.imports(project, "version", names),
        )
    )


def server_imports(project: ir.Project) -> Code:
    """What the server's `generated` imports at once."""
    return pycode.import_block(
        (
            runtime.local(".", ["models"], 4),
            runtime.imports(project, "server", server_names(project), 4),
            runtime.local(".service", [f"{project.class_prefix}Service"], 4),
        ),
        4,
    )


def server_imports_for_types(project: ir.Project) -> Code:
    """What type checkers see imported there besides."""
    return runtime.types(project, 4)[1]


def client_imports(project: ir.Project) -> Code:
    """What the client package imports at once."""
    return pycode.import_block(
        (
            runtime.local(".client", client_classes(project), 4),
            runtime.imports(project, "client", CLIENT_NAMES, 4),
        ),
        4,
    )


def client_imports_for_types(project: ir.Project) -> Code:
    """What type checkers see imported there besides."""
    return pycode.import_block(
        (runtime.local(".", ["models"], 4), runtime.types(project, 4)), 4
    )


def client_modules(
    project: ir.Project,
) -> Iterator[tuple[str, Code, Code, Code | None]]:
    """The modules beside the client package's `__init__`; see `server_modules`."""
    return _modules(project, features.client(project), CLIENT_MODULES)


def main_imports(project: ir.Project) -> Code:
    """What the client's `__main__` imports."""
    if "terminal" not in features.client(project).present:
        return import_of(project, "core.features", "MissingFeature")
    return pycode.import_block(
        (
            runtime.local(".client", [f"{project.class_prefix}Client"]),
            runtime.imports(project, "client.features.terminal", ["main"]),
        )
    )


def catalog_imports(project: ir.Project) -> Code:
    """What `catalog.py` imports."""
    return pycode.import_block(
        (
            runtime.local("typing", ["Final"]),
            runtime.imports(project, "core.catalog", ["Catalog"]),
        )
    )


def revision_imports(project: ir.Project, names: Iterable[str]) -> Code:
    """What `revisions.py` imports; `names` are those of its tables."""
    return pycode.import_block(
        (
            runtime.local("typing", ["Final"]),
            runtime.imports(project, "core.revision", list(names)),
        )
    )


def server_names(project: ir.Project) -> list[str]:
    """What the server's `generated` has of the runtime."""
    return _present(features.server(project), SERVER_NAMES)


def server_on_demand(project: ir.Project) -> Code:
    """What the server's `generated` imports when it is first asked for, or lacks."""
    whole = Table((_types(project),))
    absent = _absent(features.server(project), SERVER_NAMES)
    moved = Code("moved"), _homes(moved_names.SERVER_MOVED)
    renamed = Code("renamed"), _new_names(moved_names.SERVER_RENAMED)
    call = Call(
        Code("lazily"),
        (Code("__name__"), Table(()), whole, *absent, moved, renamed),
    )
    return pycode.assignment("__getattr__, __dir__", call, 4)


def server_modules(
    project: ir.Project,
) -> Iterator[tuple[str, Code, Code, Code | None]]:
    """The modules beside the server's `generated`.

    Yields:
        The name of each, its import, `__all__`, and what explains names that it lacks.
    """
    return _modules(project, features.server(project), SERVER_MODULES)


def _modules(
    project: ir.Project, half: features.Half, modules: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, Code, Code, Code | None]]:
    for module, names in modules.items():
        present = _present(half, names)
        _, statement = runtime.imports(project, half.side, present)
        explained = None
        if absent := tuple(_absent(half, names)):
            call = Call(Code("lazily"), (Code("__name__"), Table(()), *absent))
            explained = pycode.assignment("__getattr__, __dir__", call, 4)
        yield module, statement, exported(present), explained


def _present(half: features.Half, names: Iterable[str]) -> list[str]:
    """Those of the names that a package has."""
    return [name for name in names if _OPTIONAL[half.side].get(name) not in half.absent]


def _absent(
    half: features.Half, names: Iterable[str]
) -> Iterator[tuple[Code, Expression]]:
    """The argument of `lazily` that explains names that a package lacks."""
    lacking = tuple(
        (name, Row((Value(half.side), Value(feature))))
        for name in names
        if (feature := _OPTIONAL[half.side].get(name)) in half.absent
    )
    if lacking:
        yield Code("absent"), Table(lacking)


def _types(project: ir.Project) -> tuple[str, Expression]:
    return "types", Value(f"{runtime.types(project)[0]}.types")


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
            *VERSION_NAMES,
            *client_classes(project),
            "models",
            "types",
        ]
    )


def client_on_demand(project: ir.Project) -> Code:
    """What the client package imports when it is first asked for."""
    whole = Table((("models", Value(".models")), _types(project)))
    moved = Code("moved"), _homes(moved_names.CLIENT_MOVED)
    call = Call(Code("lazily"), (Code("__name__"), Table(()), whole, moved))
    return pycode.assignment("__getattr__, __dir__", call, 4)


def model_imports(
    project: ir.Project, module: ir.ModelsModule, dots: str
) -> tuple[tuple[str, Code], ...]:
    """What a module of models imports; `dots` is where its package is."""
    return (
        *_foreign(module.imports),
        runtime.imports(project, "core.model", module.base_names, dots=dots),
    )


@cache
def _foreign(statements: tuple[str, ...]) -> tuple[tuple[str, Code], ...]:
    """Imports from the standard library and other packages."""
    # Cached because hundreds of modules have the same few.
    split = (statement.split(" ", 3) for statement in statements)
    return tuple(
        (origin, pycode.imports(origin, names.split(", ")))
        for _, origin, _, names in split
    )


def model_modules(homes: Mapping[str, Sequence[str]]) -> tuple[Code, ...]:
    """What type checkers read in a package of models: an import from each module."""
    return tuple(
        pycode.imports(f".{pycode.identifier(name)}", homes[name], 4)
        for name in pycode.import_order(homes)
    )


def model_homes(homes: Mapping[str, Sequence[str]]) -> Code:
    """The modules of a package of models, and what each defines."""
    call = Call(Code("lazily"), (Code("__name__"), _homes(homes)))
    return pycode.assignment("__getattr__, __dir__", call, 4)


def _homes(homes: Mapping[str, Sequence[str]]) -> Table:
    """The modules of a package and what each defines, as `lazily` takes them."""
    return Table(
        tuple(
            (f".{name}", Row(tuple(map(Value, defined))))
            for name, defined in homes.items()
        )
    )


def _new_names(names: Mapping[str, tuple[str, str]]) -> Table:
    """Old names, each with its module and new name, as `lazily` takes them."""
    return Table(
        tuple(
            (old, Row((Value(f".{module}"), Value(new))))
            for old, (module, new) in names.items()
        )
    )


def model_exports(homes: Mapping[str, Sequence[str]]) -> Code:
    """`__all__` of a package of models."""
    return exported(name for defined in homes.values() for name in defined)
