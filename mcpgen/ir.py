"""The project as templates see it: frozen values, every name already decided.

Knows no file system, no Jinja and no schema library; it is what `naming` and `models`
produce and what `render` consumes. `dataclasses.asdict` prints it as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""A JSON value as `json.loads` makes it; exact shape is the manifest's own affair."""


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a generated class, as a keyword argument or attribute.

    Attributes:
        wire_name: The property's name in JSON.
        python_name: The attribute's name, unique in its class.
        annotation: The type as a source expression inside `models.py`.
        required: Whether the JSON Schema requires it.
        description: The schema's description, or None.
        accepts: What a caller may give, where that is more than `annotation`.
    """

    wire_name: str
    python_name: str
    annotation: str
    required: bool
    description: str | None
    accepts: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A name in `models.py` that stands for a whole JSON Schema document.

    Attributes:
        name: The class or alias in `models.py`.
        fields: The properties, where the name is a class; empty for an alias.
        is_class: False where the schema is not an object (an alias such as `list[X]`).
    """

    name: str
    fields: tuple[Field, ...]
    is_class: bool = True


@dataclass(frozen=True, slots=True)
class ModelsModule:
    """One module of classes and aliases.

    Attributes:
        name: What it is called in a package of models; empty where it is the only one.
        source: The definitions, formatted, without header and imports.
        imports: Import statements for the names that the source needs from `typing`,
            `typing_extensions` and `pydantic`, in the order of a sorted module.
        base_names: The names that it needs from the runtime's `shared.model`.
        names: The classes and aliases that it defines.
        dicts: Definitions behind those of `source`, for who makes arguments: the plain
            dicts that may be given for objects.
        dicts_imports: As `imports`, for `source` and `dicts` together.
        dicts_names: The names that `dicts` defines.
    """

    name: str
    source: str
    imports: tuple[str, ...]
    base_names: tuple[str, ...]
    names: tuple[str, ...]
    dicts: str = ""
    dicts_imports: tuple[str, ...] = ()
    dicts_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """Completion of one argument: a handler's method name, or fixed values."""

    argument: str
    method: str | None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: `definition` goes on the wire exactly as it stands.

    Attributes:
        wire_name: The name on the wire.
        method: The method of service and client.
        definition: The `Tool` object, key for key.
        description: What it does, in the manifest's words.
        input: The arguments.
        output: The structured result, or None without `outputSchema`.
        parameters: Names of the client method's parameters, one for each field of
            `input`, or a single one where `input` is no class.
        sample: Arguments that `inputSchema` accepts; None where none was found.
        timeout: Seconds that a call may take.
        scopes: OAuth scopes that callers need.
    """

    wire_name: str
    method: str
    definition: dict[str, Json]
    description: str | None
    input: Model
    output: Model | None
    parameters: tuple[str, ...] = ()
    sample: dict[str, Json] | None = None
    timeout: float | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt; its arguments are all strings."""

    wire_name: str
    method: str
    definition: dict[str, Json]
    description: str | None
    arguments: Model | None
    parameters: tuple[str, ...] = ()
    completions: tuple[Completion, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with a fixed URI."""

    uri: str
    method: str
    definition: dict[str, Json]
    description: str | None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceTemplate:
    """A resource template (RFC 6570); a variable is a string, or a list with `*`."""

    uri_template: str
    method: str
    definition: dict[str, Json]
    description: str | None
    variables: Model
    parameters: tuple[str, ...] = ()
    completions: tuple[Completion, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """What package indexes say about the client; empty where the manifest says nothing.

    Attributes:
        name: The name to install it by.
        version: Its version (PEP 440).
        license: An SPDX expression.
        authors: Names, each with an e-mail address or None.
        urls: Labels and addresses.
        keywords: Words to find it by.
        python: The versions of Python that it admits, as a specifier.
    """

    name: str | None = None
    version: str | None = None
    license: str | None = None
    authors: tuple[tuple[str, str | None], ...] = ()
    urls: tuple[tuple[str, str], ...] = ()
    keywords: tuple[str, ...] = ()
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """The server's entry in the MCP registry.

    Attributes:
        name: Its name there.
        url: Where the server can be reached, or None.
        package: The name by which the server is installed from PyPI, or None.
        repository: Where its source is, or None.
    """

    name: str
    url: str | None = None
    package: str | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable of the server.

    Attributes:
        name: Its name.
        description: What it is for, one line.
        kind: What its value is: "text", or the path of a "file" or a "folder".
        is_secret: Whether hosts hide the value.
        is_required: Whether the server needs it.
    """

    name: str
    description: str
    kind: str = "text"
    is_secret: bool = False
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What the client's CHANGELOG says.

    Attributes:
        changes: What changed for callers: levels and messages.
        since: The version that they have; None where they have none.
        kept: The section of the current version, if it stays as it is.
        earlier: The sections of earlier versions, as they were written.
        is_known: Whether these are all changes, for certain.
    """

    changes: tuple[tuple[str, str], ...] = ()
    since: str | None = None
    kept: str | None = None
    earlier: str = ""
    is_known: bool = True


EDITOR_SCHEMA: Final = "mcpgen.schema.json"
"""The file beside a manifest by which editors complete and check it."""


DEFAULT_TRANSPORTS: Final = ("http", "stdio")
"""How servers are reached whose manifest does not say."""


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that is rendered.

    Attributes:
        name: The project's name as the user typed it.
        server_package: Import name of the server package, such as `weather_server`.
        client_package: Import name of the client package, such as `weather_client`.
        class_prefix: Prefix of the classes, such as `Weather`.
        manifest_file: The manifest's file name, for the files that name it.
        description: What the server is for, in the manifest's words.
        instructions: Guidance for models that use the server.
        version: The server's version, as on the wire; may be empty.
        server_info: The `Implementation` object of the server, as on the wire.
        models: `models.py`, or the modules of the package that stands for a large one.
        revisions: The protocol revisions that are served, oldest first.
        eras: The eras of these revisions: "modern", "legacy".
        auth: How the server authenticates, as in the manifest; None if it says nothing.
        package: What package indexes say about the client.
        registry: The server's entry in the MCP registry, or None.
        connect: The server's endpoint; None where it is not known.
        command: The program that is the server and its arguments; empty otherwise.
        has_server: Whether the project makes the server, too.
        environment: Environment variables that the user's own code reads.
        features: The features that the manifest lists for "server" and "client".
        transports: How the server is reached: "http", "stdio", "sse".
        shares_runtime: Whether packages depend on the runtime as a distribution, in
            place of having a copy.
        own_types: Whether packages have types of the protocol of their own, because the
            shared runtime does not have those of an added revision.
        all_types: Whether a copy of the runtime has all types of the protocol.
        editor_schema: Whether the manifest refers editors to `EDITOR_SCHEMA`.
        history: What the client's CHANGELOG says.
        contract: What callers depend on, as data, with the names that they have.
    """

    name: str
    server_package: str
    client_package: str
    class_prefix: str
    manifest_file: str
    description: str | None
    instructions: str | None
    version: str
    server_info: dict[str, Json]
    tools: tuple[Tool, ...]
    prompts: tuple[Prompt, ...]
    resources: tuple[Resource, ...]
    resource_templates: tuple[ResourceTemplate, ...]
    models: tuple[ModelsModule, ...]
    revisions: tuple[str, ...]
    eras: frozenset[str]
    auth: dict[str, Json] | None = None
    package: Package = Package()
    registry: Registry | None = None
    connect: str | None = None
    command: tuple[str, ...] = ()
    has_server: bool = True
    environment: tuple[Variable, ...] = ()
    features: dict[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    transports: tuple[str, ...] = DEFAULT_TRANSPORTS
    shares_runtime: bool = False
    own_types: bool = False
    all_types: bool = False
    editor_schema: bool = False
    history: History = History()
    contract: dict[str, Json] = field(default_factory=dict[str, Json])


class Ownership(StrEnum):
    """Who may change a file after it was first written."""

    GENERATED = "generated"
    YOURS = "yours"


@dataclass(frozen=True, slots=True)
class File:
    """A rendered file: `yours` is written once, `generated` at every run."""

    text: str
    ownership: Ownership
    executable: bool = False
