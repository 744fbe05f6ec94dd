"""What a generated service declares: which method answers for which wire name, and what
follows of it for each revision: versions, capabilities, identity.

The data that generated code hands to the runtime; knows no HTTP and calls nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Any, Final, Literal, TypeAlias

from ...core.catalog import Catalog, Json, JsonObject
from ...core.features import DEFAULT_TRANSPORTS
from ...core.lazy import Named
from ...core.revision import Revision
from ...protocol.revisions import select

Announcement: TypeAlias = Literal["tools", "prompts", "resources", "updates"]

Completer: TypeAlias = str | tuple[str, ...]
"""Completion of one argument: the name of a method, or the values themselves."""

AuthValue: TypeAlias = str | bool | tuple[str, ...]
"""A setting's value as a manifest can give it."""

_FEATURE_OF: Final = {
    "tools": "tools",
    "prompts": "prompts",
    "resources": "resources",
    "completion": "completions",
    "logging": "logging",
}
"""The capability behind the first part of a method's name."""

_NONE: Mapping[str, Completer] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ToolBinding:
    """The method behind a tool.

    Attributes:
        method: Name of the service's method: `(args, ctx)`.
        input: Type of the arguments, made from `inputSchema`, or its name in the
            contract's `models`. The other bindings take types in both forms, too.
        output: Type of the structured result, or None without `outputSchema`.
        timeout: Seconds that one call may take; None means the server's setting.
        scopes: What callers need when the server authenticates.
    """

    method: str
    input: Any
    output: Any = None
    timeout: float | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptBinding:
    """The method behind a prompt: `(args, ctx)`, or `(ctx)` when there are no arguments."""

    method: str
    arguments: Any = None
    complete: Mapping[str, Completer] = field(default_factory=lambda: _NONE)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceBinding:
    """The method behind a resource: `(ctx)`."""

    method: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateBinding:
    """The method behind a resource template: `(args, ctx)`."""

    method: str
    variables: Any
    complete: Mapping[str, Completer] = field(default_factory=lambda: _NONE)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """A catalogue and the methods that answer for its entries.

    Attributes:
        catalog: The definitions, as they go on the wire.
        models: Where the types are that bindings name; each is imported when its first
            call comes.
        tools: Bindings by tool name.
        prompts: Bindings by prompt name.
        resources: Bindings by URI.
        resource_templates: Bindings by URI template.
        revisions: Protocol revisions to serve: names of those that the runtime knows,
            tables of others; empty means all that it knows.
        auth: The manifest's choice: settings by name, used where nobody sets them.
        transports: How the server is reached: "http", "stdio", "sse".
        examples: What mock mode answers, as JSON text: by the name of each tool with an
            `outputSchema`, an object with `value`, or with the `reason` why there is
            none.
    """

    catalog: Catalog
    models: ModuleType | None = None
    tools: Mapping[str, ToolBinding] = field(default_factory=dict[str, ToolBinding])
    prompts: Mapping[str, PromptBinding] = field(
        default_factory=dict[str, PromptBinding]
    )
    resources: Mapping[str, ResourceBinding] = field(
        default_factory=dict[str, ResourceBinding]
    )
    resource_templates: Mapping[str, TemplateBinding] = field(
        default_factory=dict[str, TemplateBinding]
    )
    revisions: tuple[Revision | str, ...] = ()
    auth: Mapping[str, AuthValue] = field(default_factory=dict[str, AuthValue])
    transports: tuple[str, ...] = DEFAULT_TRANSPORTS
    examples: str = "{}"

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that a tool, prompt or resource asks for."""
        tables = (self.tools, self.prompts, self.resources, self.resource_templates)
        return frozenset(
            scope
            for table in tables
            for binding in table.values()
            for scope in binding.scopes
        )

    def type(self, declared: Any) -> Any:
        """A binding's type, for a codec: a name is not looked up yet."""
        if isinstance(declared, str) and self.models is not None:
            return Named(self.models, declared)
        return declared


@dataclass(frozen=True, slots=True)
class Offer:
    """What one server offers.

    Attributes:
        server: Its `Implementation` object.
        instructions: Guidance for models, or None.
        revisions: The revisions that it serves, newest first.
        capabilities: Its capabilities, before a revision leaves some out.
    """

    server: JsonObject
    instructions: str | None
    revisions: Mapping[str, Revision]
    capabilities: Mapping[str, JsonObject]

    @property
    def modern(self) -> dict[str, Revision]:
        """The modern revisions that are served, newest first."""
        return {v: r for v, r in self.revisions.items() if r.era == "modern"}

    @property
    def legacy(self) -> dict[str, Revision]:
        """The legacy revisions that are served, newest first."""
        return {v: r for v, r in self.revisions.items() if r.era == "legacy"}

    def capabilities_in(self, revision: Revision) -> dict[str, Json]:
        """The capabilities to declare to clients of a revision."""
        known = revision.server_capabilities
        return {key: value for key, value in self.capabilities.items() if key in known}

    def requests_in(self, revision: Revision) -> frozenset[str]:
        """The requests of a revision that go with what is offered."""
        return frozenset(
            method for method in revision.client_requests if self._answers(method)
        )

    def _answers(self, method: str) -> bool:
        first, _, _ = method.partition("/")
        if method in ("resources/subscribe", "resources/unsubscribe"):
            return self.capabilities.get("resources", {}).get("subscribe") is True
        if method == "subscriptions/listen":
            return any(self.capabilities.values())
        if first in _FEATURE_OF:
            return _FEATURE_OF[first] in self.capabilities
        return method in ("initialize", "ping", "server/discover")


def offer(contract: Contract, announces: frozenset[Announcement]) -> Offer:
    """What a service offers that announces some changes.

    Raises:
        ValueError: The contract names a revision that is not known.
    """
    catalog = contract.catalog
    revisions = select(contract.revisions)
    return Offer(
        catalog.server,
        catalog.instructions,
        {version: revisions[version] for version in reversed(revisions)},
        _capabilities(contract, announces),
    )


def _capabilities(
    contract: Contract, announces: frozenset[Announcement]
) -> dict[str, JsonObject]:
    catalog = contract.catalog
    declared: dict[str, JsonObject] = {"logging": {}}
    prompts, templates = contract.prompts.values(), contract.resource_templates.values()
    if any([*(p.complete for p in prompts), *(t.complete for t in templates)]):
        declared["completions"] = {}
    lists: dict[Announcement, Sequence[JsonObject]] = {
        "prompts": catalog.prompts,
        "resources": (*catalog.resources, *catalog.resource_templates),
        "tools": catalog.tools,
    }
    for what, entries in lists.items():
        flags: dict[str, Json] = {}
        if what == "resources" and "updates" in announces:
            flags["subscribe"] = True
        if what in announces:
            flags["listChanged"] = True
        if entries or flags:
            declared[what] = flags
    return declared
