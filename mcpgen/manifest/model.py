"""The shape of a native manifest, as pydantic types; also what editors complete.

Only the shape: which keys exist, what type each value has. What the values mean
together is `checks`' affair. Keys and meanings are those of the specification
(https://modelcontextprotocol.io/specification/2026-07-28/schema); `OWN` names the keys
that mcpgen adds and that never go on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Required, TypeAlias

from pydantic import AfterValidator, Field, with_config
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

from .constraints import CONFIG, Matching, or_refuse, specifier
from .publishing import (
    Author,
    Connect,
    Connection,
    Package,
    Registry,
    Variable,
    distinct,
)

Object: TypeAlias = dict[str, Any]

Title: TypeAlias = Annotated[
    str, Field(description="A name for people; `name` is for programs.")
]
Meta: TypeAlias = Annotated[
    Object,
    Field(alias="_meta", description="Metadata for clients; keys are `prefix/name`."),
]
Extra: TypeAlias = Annotated[
    Object,
    Field(
        description="Further keys for the wire, for example a vendor's, that mcpgen "
        "does not know. They are merged into the object that holds `extra`."
    ),
]
Name: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        description="The name on the wire; best only letters, digits, `_`, `-` and `.`.",
    ),
]
Completed: TypeAlias = Annotated[
    bool | Annotated[list[str], Field(min_length=1)],
    or_refuse("must be `true` (a handler method) or a list of fixed texts"),
    Field(
        description="How values are completed while a person types: `true` makes a "
        "handler method, a list gives fixed values."
    ),
]

Scope: TypeAlias = Annotated[
    str,
    Matching(
        r"[\x21\x23-\x5b\x5d-\x7e]{1,200}",
        "must be visible ASCII without quotes and backslashes (at most 200)",
    ),
    Field(description="An OAuth scope."),
]
Scopes: TypeAlias = Annotated[
    list[Scope],
    Field(
        min_length=1,
        description="OAuth scopes that callers need, all of them. Stays in the server.",
    ),
]


@with_config(CONFIG)
class Icon(TypedDict, total=False):
    """An icon that clients may show."""

    src: Required[
        Annotated[str, Field(description="An https URL or a `data:` URI with Base64.")]
    ]
    mime_type: Annotated[str, Field(description="The MIME type, such as image/png.")]
    sizes: Annotated[list[str], Field(description="Such as `48x48`, or `any`.")]
    theme: Annotated[
        Literal["light", "dark"], Field(description="The background it is made for.")
    ]
    extra: Extra


Icons: TypeAlias = Annotated[
    list[Icon], Field(description="Icons of different sizes and themes.")
]


@with_config(CONFIG)
class ToolAnnotations(TypedDict, total=False):
    """Hints about a tool's behaviour. Clients don't rely on them."""

    title: Title
    read_only_hint: Annotated[
        bool, Field(description="The tool changes nothing. Default: false.")
    ]
    destructive_hint: Annotated[
        bool, Field(description="The tool may destroy something. Default: true.")
    ]
    idempotent_hint: Annotated[
        bool,
        Field(description="Calling it again changes nothing more. Default: false."),
    ]
    open_world_hint: Annotated[
        bool, Field(description="The tool reaches an open world. Default: true.")
    ]
    extra: Extra


@with_config(CONFIG)
class Annotations(TypedDict, total=False):
    """Hints about a resource."""

    audience: Annotated[
        list[Literal["user", "assistant"]], Field(description="Whom it is for.")
    ]
    priority: Annotated[
        float, Field(ge=0, le=1, description="1 is most important, 0 is optional.")
    ]
    last_modified: Annotated[
        str, Field(description="An ISO 8601 time, such as 2026-01-12T15:00:58Z.")
    ]
    extra: Extra


@with_config(CONFIG)
class ToolExecution(TypedDict, total=False):
    """How a tool may be executed."""

    task_support: Annotated[
        Literal["forbidden", "optional", "required"],
        Field(description="Whether calls may or must be tasks. Default: forbidden."),
    ]
    extra: Extra


@with_config(CONFIG)
class Tool(TypedDict, total=False):
    """A tool that models can call."""

    name: Required[Name]
    title: Title
    description: Annotated[
        str, Field(description="What the tool does and when to use it, for models.")
    ]
    input_schema: Required[
        Annotated[
            Object,
            Field(
                description="JSON Schema of the arguments; `type: object` at its root. "
                "The dialect is 2020-12 unless `$schema` says otherwise."
            ),
        ]
    ]
    output_schema: Annotated[
        Object, Field(description="JSON Schema of the structured result.")
    ]
    annotations: ToolAnnotations
    execution: ToolExecution
    icons: Icons
    meta: Meta
    timeout: Annotated[
        float,
        Field(gt=0, description="Seconds that a call may take. Stays in the server."),
    ]
    scopes: Scopes
    extra: Extra


@with_config(CONFIG)
class PromptArgument(TypedDict, total=False):
    """An argument of a prompt; its value is always a text."""

    name: Required[Name]
    title: Title
    description: Annotated[str, Field(description="What the argument means.")]
    required: Annotated[bool, Field(description="Default: false.")]
    complete: Completed
    extra: Extra


@with_config(CONFIG)
class Prompt(TypedDict, total=False):
    """A prompt that people can choose."""

    name: Required[Name]
    title: Title
    description: Annotated[str, Field(description="What the prompt provides.")]
    arguments: Annotated[list[PromptArgument], Field(description="Its arguments.")]
    icons: Icons
    meta: Meta
    scopes: Scopes
    extra: Extra


@with_config(CONFIG)
class Resource(TypedDict, total=False):
    """A resource with a fixed URI."""

    uri: Required[
        Annotated[str, Field(min_length=1, description="An absolute URI, unique.")]
    ]
    name: Required[Name]
    title: Title
    description: Annotated[str, Field(description="What the resource is.")]
    mime_type: Annotated[str, Field(description="Its MIME type, if known.")]
    size: Annotated[int, Field(ge=0, description="Its size in bytes, if known.")]
    annotations: Annotations
    icons: Icons
    meta: Meta
    scopes: Scopes
    extra: Extra


@with_config(CONFIG)
class ResourceTemplate(TypedDict, total=False):
    """A family of resources whose URIs follow a template (RFC 6570)."""

    uri_template: Required[
        Annotated[
            str, Field(min_length=1, description="Such as `weather://cities/{city}`.")
        ]
    ]
    name: Required[Name]
    title: Title
    description: Annotated[str, Field(description="What these resources are.")]
    mime_type: Annotated[str, Field(description="The MIME type that all share.")]
    annotations: Annotations
    icons: Icons
    meta: Meta
    complete: Annotated[
        dict[str, Completed],
        Field(description="Which variables are completed, and how."),
    ]
    scopes: Scopes
    extra: Extra


@with_config(CONFIG)
class Server(TypedDict, total=False):
    """How the server presents itself to clients."""

    name: Annotated[
        str, Field(min_length=1, description="Default: the manifest's `name`.")
    ]
    title: Title
    version: Annotated[str, Field(description="Default: 0.1.0.")]
    description: Annotated[str, Field(description="What the server is for.")]
    website_url: Annotated[str, Field(description="Where people can read more.")]
    icons: Icons
    instructions: Annotated[
        str, Field(description="Guidance for models that use the server.")
    ]
    extra: Extra


@with_config(CONFIG)
class Auth(TypedDict, total=False):
    """How the server finds out who calls it. Settings of the same names override it."""

    kind: Required[
        Annotated[
            Literal[
                "none", "jwt", "introspection", "github", "api-key", "token", "mtls"
            ],
            Field(description="Which kind of credentials counts."),
        ]
    ]
    issuer: Annotated[str, Field(description="The authorization server's URL.")]
    audience: Annotated[
        list[str],
        Field(description="Audiences that mean this server. Default: its public URL."),
    ]
    algorithms: Annotated[
        list[str], Field(min_length=1, description="Signature algorithms that count.")
    ]
    jwks_url: Annotated[
        str, Field(description="The issuer's keys. Default: its metadata says so.")
    ]
    introspection_url: Annotated[
        str, Field(description="Default: the issuer's metadata says so.")
    ]
    client_id: Annotated[
        str, Field(description="This server's client at the authorization server.")
    ]
    github_url: Annotated[str, Field(description="Base URL of GitHub's API.")]
    users: Annotated[
        list[str], Field(description="GitHub users, or subjects of certificates.")
    ]
    organizations: Annotated[list[str], Field(description="GitHub organizations.")]
    scopes: Annotated[
        list[Scope], Field(description="Scopes that every request needs.")
    ]
    implies: Annotated[
        dict[Scope, Annotated[list[Scope], Field(min_length=1)]],
        Field(description="Scopes that include others: `{admin: [read, write]}`."),
    ]
    hide_forbidden: Annotated[
        bool,
        Field(
            description="Leave out of lists what the caller lacks scopes for. "
            "Default: false."
        ),
    ]


@with_config(CONFIG)
class Features(TypedDict, total=False):
    """Optional parts of the generated packages. A list replaces the default."""

    server: Annotated[
        list[
            Literal[
                "limits",
                "access-log",
                "auth",
                "mock",
                "telemetry",
                "jwt",
                "introspection",
                "github",
                "api-key",
                "token",
                "mtls",
            ]
        ],
        Field(
            description="What the server has besides its core. Default: limits, "
            "access-log, mock, token. The authenticator of `auth.kind` is always there."
        ),
    ]
    client: Annotated[
        list[Literal["terminal", "oauth", "stdio", "config"]],
        Field(
            description="What the client has besides its core. Default: terminal, stdio "
            "(servers that are programs, started by the client), config (servers in the "
            "files of hosts), and oauth where `auth` "
            "means OAuth, or where the project makes no server and has no `auth`."
        ),
    ]


Selection: TypeAlias = Literal["dual-era", "modern", "legacy"]
_DATE: Final = r"^\d{4}-\d{2}-\d{2}$"


@with_config(CONFIG)
class NativeManifest(TypedDict, total=False):
    """An MCP server as mcpgen reads it: its tools, prompts and resources."""

    schema: Annotated[
        str, Field(alias="$schema", description="For editors only: this JSON Schema.")
    ]
    mcpgen: Required[
        Annotated[Literal[1], Field(description="Version of this format.")]
    ]
    name: Required[
        Annotated[
            str,
            Matching(
                r"[A-Za-z][A-Za-z0-9._-]{0,99}",
                "must start with a letter and go on with letters, digits, `.`, `_` "
                "and `-` (at most 100)",
            ),
            Field(
                description="The project's name; packages and classes are named after "
                "it. A letter, then letters, digits, `.`, `_` and `-`.",
            ),
        ]
    ]
    import_name: Annotated[
        str,
        Matching(
            r"[A-Za-z][A-Za-z0-9_]{0,99}",
            "must start with a letter and go on with letters, digits and `_` "
            "(at most 100)",
        ),
        Field(
            alias="import-name",
            description="What packages and classes are named after, in place of "
            "`name`: `weather` gives weather_server, weather_client and Weather. "
            "Set it to rename a project and keep its import names.",
        ),
    ]
    requires_mcpgen: Annotated[
        str,
        AfterValidator(specifier),
        Field(
            alias="requires-mcpgen",
            description="The versions of mcpgen that may generate the project, as a "
            "version specifier such as `>=0.2,<0.3`. Others refuse.",
        ),
    ]
    server: Server
    protocol: Annotated[
        Selection
        | Annotated[str, Field(pattern=_DATE)]
        | Annotated[list[Annotated[str, Field(pattern=_DATE)]], Field(min_length=1)],
        or_refuse(
            "must be `dual-era`, `modern`, `legacy`, a revision such as "
            '"2025-11-25", or a list of revisions'
        ),
        Field(description="The protocol revisions to serve. Default: dual-era, all."),
    ]
    targets: Annotated[
        list[Literal["server", "client"]],
        Field(min_length=1, description="What is generated. Default: both."),
    ]
    auth: Auth
    features: Features
    transports: Annotated[
        list[Literal["http", "stdio", "sse"]],
        Field(
            min_length=1,
            description="How the server is reached: `http` (Streamable HTTP), `stdio`, "
            "`sse` (HTTP+SSE of 2024-11-05, for old clients). Default: http, stdio.",
        ),
    ]
    runtime: Annotated[
        Literal["vendored", "shared"],
        Field(
            description="`vendored` copies the runtime into the packages; `shared` "
            "makes them depend on the distribution mcpgen-runtime. Default: vendored."
        ),
    ]
    protocol_types: Annotated[
        Literal["used", "all"],
        Field(
            alias="protocol-types",
            description="The protocol's types in packages with a vendored runtime: "
            "those that their code uses, or all. Default: used.",
        ),
    ]
    package: Package
    registry: Registry
    connect: Connection
    environment: Annotated[
        list[Variable],
        AfterValidator(distinct),
        Field(
            max_length=100,
            description="Environment variables that your own code reads, for hosts and "
            "registries: they ask users for them.",
        ),
    ]
    tools: Annotated[list[Tool], Field(description="The tools, in listing order.")]
    prompts: Annotated[list[Prompt], Field(description="The prompts.")]
    resources: Annotated[list[Resource], Field(description="The resources.")]
    resource_templates: Annotated[
        list[ResourceTemplate], Field(description="The resource templates.")
    ]


@with_config(CONFIG)
class RawLists(TypedDict, total=False):
    """The raw results of tools/list and its siblings, as far as they are read."""

    server_info: Server
    instructions: str
    tools: list[Tool]
    prompts: list[Prompt]
    resources: list[Resource]
    resource_templates: list[ResourceTemplate]


Shape: TypeAlias = type[Any]
"""One of the typed dicts above."""

_ENTRY: Final[Mapping[str, Shape]] = {"icons": Icon}
PARTS: Final[Mapping[Shape, Mapping[str, Shape]]] = {
    NativeManifest: {
        "auth": Auth,
        "connect": Connect,
        "environment": Variable,
        "features": Features,
        "package": Package,
        "registry": Registry,
        "server": Server,
        "tools": Tool,
        "prompts": Prompt,
        "resources": Resource,
        "resourceTemplates": ResourceTemplate,
    },
    RawLists: {
        "serverInfo": Server,
        "tools": Tool,
        "prompts": Prompt,
        "resources": Resource,
        "resourceTemplates": ResourceTemplate,
    },
    Package: {"authors": Author},
    Server: _ENTRY,
    Tool: {
        **_ENTRY,
        "annotations": ToolAnnotations,
        "execution": ToolExecution,
    },
    Prompt: {**_ENTRY, "arguments": PromptArgument},
    Resource: {**_ENTRY, "annotations": Annotations},
    ResourceTemplate: {**_ENTRY, "annotations": Annotations},
}
"""Which keys hold further shapes, or lists of them."""

OWN: Final[Mapping[Shape, frozenset[str]]] = {
    shape: frozenset({"extra", *own})
    for shape, own in {
        Icon: (),
        Annotations: (),
        ToolAnnotations: (),
        ToolExecution: (),
        PromptArgument: ("complete",),
        Prompt: ("scopes",),
        Resource: ("scopes",),
        ResourceTemplate: ("complete", "scopes"),
        Server: ("instructions",),
        Tool: ("timeout", "scopes"),
    }.items()
}
"""Keys of mcpgen's own, which never go on the wire."""

NEVER_NULL: Final = frozenset({"name", "inputSchema", "uri", "uriTemplate", "src"})
"""Required keys of the wire; in raw JSON, null in any other key counts as absent."""


def keys(shape: Shape) -> frozenset[str]:
    """The keys of a shape, as they are written in manifests."""
    return _KEYS[shape]


def is_free(key: str) -> bool:
    """Whether a key is allowed everywhere and goes on the wire as it is."""
    return key.startswith(("_", "x-"))


_ALIASES: Final = {
    "meta": "_meta",
    "schema": "$schema",
    "import_name": "import-name",
    "protocol_types": "protocol-types",
    "requires_mcpgen": "requires-mcpgen",
}
_KEYS: Final[Mapping[Shape, frozenset[str]]] = {
    shape: frozenset(
        _ALIASES.get(name, to_camel(name)) for name in shape.__annotations__
    )
    for shape in (
        NativeManifest,
        RawLists,
        Auth,
        Author,
        Connect,
        Features,
        Package,
        Registry,
        Variable,
        *OWN,
    )
}
