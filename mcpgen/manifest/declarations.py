"""What a manifest declares: frozen values, checked, ready for the next stages.

Middle of the manifest stage: made by `loading`, read by everyone after it. Knows no
file format and no generated code. The dicts inside are the source's own data: read
them, never change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mcpgen.runtime.core.features import DEFAULT_TRANSPORTS

if TYPE_CHECKING:
    from mcpgen.diagnostics import Diagnostic

    from .source import Source

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list of them, dict of them by str."""

Pointer: TypeAlias = tuple[str | int, ...]
"""A way into the source's data, key by key; `()` is the whole document."""

LeftOut: TypeAlias = Mapping[str, Mapping[str, frozenset[str]]]
"""What of a list result cannot be used: by section, by an entry's name (or URI), its
members; none where the whole entry was left out."""

Era: TypeAlias = Literal["modern", "legacy"]
Target: TypeAlias = Literal["server", "client"]


@dataclass(frozen=True, slots=True)
class Completion:
    """Completion of one prompt argument or template variable.

    Attributes:
        argument: The argument's or variable's name.
        values: Fixed values in the manifest's order; None asks for a handler method.
    """

    argument: str
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Attributes:
        name: The wire name.
        definition: The `Tool` object exactly as it goes on the wire.
        pointer: Where the entry stands in the source.
        timeout: Seconds that a call may take, or None for the server's setting.
        scopes: OAuth scopes that callers need.
    """

    name: str
    definition: dict[str, Json]
    pointer: Pointer
    timeout: float | None = None
    scopes: tuple[str, ...] = ()

    @property
    def description(self) -> str | None:
        """The description on the wire, or None."""
        return _text(self.definition, "description")

    @property
    def input_schema(self) -> dict[str, Json]:
        """The JSON Schema of the arguments; its `type` is always `object`."""
        schema: dict[str, Json] = self.definition["inputSchema"]
        return schema

    @property
    def output_schema(self) -> dict[str, Json] | None:
        """The JSON Schema of `structuredContent`, or None."""
        schema: dict[str, Json] | None = self.definition.get("outputSchema")
        return schema


@dataclass(frozen=True, slots=True)
class PromptArgument:
    """An argument of a prompt; its value is always a string."""

    name: str
    description: str | None
    required: bool
    pointer: Pointer
    completion: Completion | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt.

    Attributes:
        name: The wire name.
        definition: The `Prompt` object exactly as it goes on the wire.
        pointer: Where the entry stands in the source.
        arguments: The arguments in the manifest's order, names unique.
        scopes: OAuth scopes that callers need.
    """

    name: str
    definition: dict[str, Json]
    pointer: Pointer
    arguments: tuple[PromptArgument, ...] = ()
    scopes: tuple[str, ...] = ()

    @property
    def description(self) -> str | None:
        """The description on the wire, or None."""
        return _text(self.definition, "description")

    @property
    def completions(self) -> tuple[Completion, ...]:
        """The arguments that can be completed, in the manifest's order."""
        return tuple(a.completion for a in self.arguments if a.completion)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with a fixed URI.

    Attributes:
        name: The wire name; several resources may share one.
        uri: The URI, absolute and unique.
        definition: The `Resource` object exactly as it goes on the wire.
        pointer: Where the entry stands in the source.
        scopes: OAuth scopes that callers need.
    """

    name: str
    uri: str
    definition: dict[str, Json]
    pointer: Pointer
    scopes: tuple[str, ...] = ()

    @property
    def description(self) -> str | None:
        """The description on the wire, or None."""
        return _text(self.definition, "description")


@dataclass(frozen=True, slots=True)
class ResourceTemplate:
    """A resource template.

    Attributes:
        name: The wire name; several templates may share one.
        uri_template: The URI template (RFC 6570), unique.
        definition: The `ResourceTemplate` object exactly as it goes on the wire.
        pointer: Where the entry stands in the source.
        variables: The template's variables in order of their first use, each once.
        completions: The variables that can be completed, in the manifest's order.
        scopes: OAuth scopes that callers need.
    """

    name: str
    uri_template: str
    definition: dict[str, Json]
    pointer: Pointer
    variables: tuple[str, ...] = ()
    completions: tuple[Completion, ...] = ()
    scopes: tuple[str, ...] = ()

    @property
    def description(self) -> str | None:
        """The description on the wire, or None."""
        return _text(self.definition, "description")


Declaration: TypeAlias = Tool | Prompt | Resource | ResourceTemplate


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest, complete and valid.

    Attributes:
        source: Text, data and positions.
        native: True for mcpgen's own format, False for the raw JSON of list results.
        name: The project's name; None where the source is raw and names none.
        server_info: The `Implementation` object as on the wire. `version` is always
            there; `name` is missing only where `name` is None and the source has no
            `serverInfo` (see `named`).
        instructions: Guidance for models that use the server, or None.
        revisions: The protocol revisions to serve, oldest first, at least one.
        eras: The eras of these revisions.
        targets: What is generated, "server" before "client", at least one.
        auth: How the server authenticates, as written; None where it says nothing.
        package: What indexes say about the client, as written; None likewise.
        registry: The server's entry in the MCP registry, as written; None likewise.
        connect: The endpoint's URL, or None.
        command: The program that is the server and its arguments, or nothing.
        environment: Environment variables that the user's own code reads, as written.
        import_name: What packages and classes are named after, if not `name`.
        features: The features of "server" and "client" that are listed, as written.
        transports: How the server is reached: "http", "stdio", "sse", in this order.
        runtime: "vendored", or "shared".
        protocol_types: Which types of the protocol a vendored runtime has: "used", or
            "all".
        notes: Warnings about list results: what was corrected and what was left out.
        left_out: What of the listed entries was left out.
    """

    source: Source
    native: bool
    name: str | None
    server_info: dict[str, Json]
    instructions: str | None
    revisions: tuple[str, ...]
    eras: frozenset[Era]
    targets: tuple[Target, ...]
    tools: tuple[Tool, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    resources: tuple[Resource, ...] = ()
    resource_templates: tuple[ResourceTemplate, ...] = ()
    auth: dict[str, Json] | None = None
    package: dict[str, Json] | None = None
    registry: dict[str, Json] | None = None
    connect: str | None = None
    command: tuple[str, ...] = ()
    environment: tuple[dict[str, Json], ...] = ()
    import_name: str | None = None
    features: dict[str, Json] = field(default_factory=dict[str, Json])
    transports: tuple[str, ...] = DEFAULT_TRANSPORTS
    runtime: str = "vendored"
    protocol_types: str = "used"
    notes: tuple[Diagnostic, ...] = ()
    left_out: LeftOut = field(default_factory=dict[str, dict[str, frozenset[str]]])

    @property
    def description(self) -> str | None:
        """The server's description, or None."""
        return _text(self.server_info, "description")

    @property
    def version(self) -> str:
        """The server's version, as on the wire; may be empty in raw sources."""
        version: str = self.server_info["version"]
        return version

    @property
    def base_name(self) -> str:
        """What packages and classes are named after; empty in sources without names."""
        name = self.import_name or self.name or self.server_info.get("name", "")
        return str(name)

    def named(self, name: str) -> Manifest:
        """The same manifest as the project `name`.

        The server takes the name too, unless the source gives it one of its own.
        """
        info = self.server_info
        if info.get("name") in (None, self.name):
            info = {"name": name} | {k: v for k, v in info.items() if k != "name"}
        return replace(self, name=name, server_info=info)

    def declarations(self) -> Iterator[Declaration]:
        """All tools, then prompts, resources and resource templates."""
        yield from self.tools
        yield from self.prompts
        yield from self.resources
        yield from self.resource_templates


def _text(definition: Mapping[str, Json], key: str) -> str | None:
    value = definition.get(key)
    return value if isinstance(value, str) else None
