"""A contract: what callers of a server depend on, taken from a manifest or a lock.

Bottom of the contract stage. As data it leaves out what is for people's eyes only, so
that a lock stays small and its changes mean something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mcpgen import callers, naming
from mcpgen.given import Given, NotNames
from mcpgen.given import from_json as names_from_json
from mcpgen.runtime.core.features import DEFAULT_TRANSPORTS

from .documents import essence, is_list, is_mapping

if TYPE_CHECKING:
    from mcpgen.callers import Record
    from mcpgen.manifest import Completion, Declaration, Manifest, Source

Json: TypeAlias = Any
Pointer: TypeAlias = tuple[str | int, ...]

KINDS: Final = ("tool", "prompt", "resource", "template")
"""What is declared, in the order of manifests."""
TITLES: Final = {
    "tool": "tool",
    "prompt": "prompt",
    "resource": "resource",
    "template": "resource template",
}
_KEPT: Final = (
    "name",
    "uri",
    "uriTemplate",
    "mimeType",
    "arguments",
    "annotations",
    "execution",
)


PARTIAL: Final = "partial"
"""Marks a contract, as data, of which something is not known."""


class NotAContract(ValueError):
    """Data that no contract was written to."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something declared.

    Attributes:
        kind: One of `KINDS`.
        key: What callers find it by: a name, a URI or a URI template.
        definition: As it goes on the wire.
        method: The client's method for it.
        scopes: OAuth scopes that callers need.
        timeout: Seconds that a call may take, or None.
        completed: The arguments or variables that are completed, with fixed values.
        pointer: Where it stands in its source.
        names: Every name that callers have; None where only the method is known.
    """

    kind: str
    key: str
    definition: Mapping[str, Json]
    method: str
    scopes: tuple[str, ...] = ()
    timeout: float | None = None
    completed: Mapping[str, tuple[str, ...] | None] = field(
        default_factory=dict[str, "tuple[str, ...] | None"]
    )
    pointer: Pointer = ()
    names: Given | None = None

    @property
    def title(self) -> str:
        """What a person calls it: `tool "get_forecast"`."""
        return f'{TITLES[self.kind]} "{self.key}"'


@dataclass(frozen=True, slots=True)
class Contract:
    """What callers depend on.

    Attributes:
        name: What its packages are named after, or None.
        version: The client's version: the package's own, else the server's.
        server_info: The `Implementation` object, without the version.
        instructions: The instructions to models, or None.
        revisions: The protocol revisions that are served.
        transports: How the server is reached.
        auth: How the server authenticates, or None.
        entries: Everything declared, by kind and then by key.
        source: Where the places are looked up; None for a contract from a lock.
    """

    name: str | None
    version: str
    server_info: Mapping[str, Json]
    instructions: str | None
    revisions: tuple[str, ...]
    auth: Mapping[str, Json] | None
    entries: Mapping[str, Mapping[str, Entry]]
    source: Source | None = None
    transports: tuple[str, ...] = DEFAULT_TRANSPORTS

    @property
    def package(self) -> str | None:
        """The client's package, or None where there is no name."""
        if self.name is None:
            return None
        return naming.for_project(self.name).client_package

    def all(self) -> Iterator[Entry]:
        """Every entry, tools first."""
        for kind in KINDS:
            yield from self.entries[kind].values()

    @property
    def names(self) -> dict[str, Given]:
        """The names that callers have, by kind and key."""
        return {f"{e.kind} {e.key}": e.names for e in self.all() if e.names}


def from_manifest(manifest: Manifest, names: Record | None = None) -> Contract:
    """The contract of a manifest.

    Args:
        manifest: The manifest.
        names: The names that its callers get; None makes them as for a new project.
    """
    found = callers.names_of(manifest) if names is None else names
    return Contract(
        name=manifest.import_name or manifest.name,
        version=client_version(manifest),
        server_info={k: v for k, v in manifest.server_info.items() if k != "version"},
        instructions=manifest.instructions,
        revisions=manifest.revisions,
        auth=manifest.auth,
        entries={
            kind: _by_key(
                _entry(kind, d, found[callers.label(kind, d.definition)]) for d in group
            )
            for kind, group in callers.groups(manifest).items()
        },
        source=manifest.source,
        transports=manifest.transports,
    )


def client_version(manifest: Manifest) -> str:
    """The version under which callers install the client."""
    own = (manifest.package or {}).get("version")
    return own if isinstance(own, str) else manifest.version


def to_json(contract: Contract) -> dict[str, Json]:
    """A contract as data for a lock; texts for people and for models are left out."""
    return {
        "version": contract.version,
        **({} if contract.name is None else {"name": contract.name}),
        "revisions": list(contract.revisions),
        **(
            {}
            if contract.transports == DEFAULT_TRANSPORTS
            else {"transports": list(contract.transports)}
        ),
        **({} if contract.auth is None else {"auth": dict(contract.auth)}),
        "entries": {
            f"{entry.kind} {entry.key}": _entry_to_json(entry)
            for entry in contract.all()
        },
    }


def of_client(data: Json, catalog: Mapping[str, Json]) -> dict[str, Json]:
    """The contract of a client as data, by what it carries and its catalog.

    Raises:
        NotAContract: They have another shape, or don't fit each other.
    """
    members = _mapping(data)
    found = dict(_definitions(catalog))
    entries = _mapping(members.get("entries"))
    if found.keys() != entries.keys():
        raise NotAContract("it does not fit the catalog")
    made = {
        **members,
        "entries": {
            key: {**_mapping(entry), "definition": found[key]}
            for key, entry in entries.items()
        },
    }
    return {**to_json(from_json(made)), PARTIAL: "auth"}


_LISTS: Final = ("tools", "prompts", "resources", "resource_templates")


def _definitions(catalog: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for kind, key in zip(KINDS, _LISTS, strict=True):
        for definition in _list(catalog.get(key, [])):
            try:
                yield callers.label(kind, _mapping(definition)), definition
            except KeyError:
                raise NotAContract("a definition has no name") from None


def filled(old: Contract, new: Contract, missing: str) -> Contract:
    """A contract with what is not known of it taken from another one.

    Args:
        old: The contract.
        new: The other one.
        missing: "auth"; or "definitions" where nothing but these is known.
    """
    if missing == "auth":
        return replace(old, auth=new.auth)
    entries = {
        kind: {
            key: replace(
                entry,
                scopes=now.scopes,
                timeout=now.timeout,
                completed=now.completed,
            )
            if (now := new.entries[kind].get(key))
            else entry
            for key, entry in found.items()
        }
        for kind, found in old.entries.items()
    }
    return replace(
        old,
        name=new.name,
        revisions=new.revisions,
        transports=new.transports,
        auth=new.auth,
        entries=entries,
    )


def from_json(data: Json) -> Contract:
    """The contract in a lock's data, which is not believed.

    Raises:
        NotAContract: The data has another shape.
    """
    members = _mapping(data)
    entries: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
    for label, value in _mapping(members.get("entries")).items():
        kind, _, key = label.partition(" ")
        if kind not in entries:
            raise NotAContract(f"an unknown kind {kind!r}")
        entries[kind].append(_entry_from_json(kind, key, _mapping(value)))
    name, auth = members.get("name"), members.get("auth")
    return Contract(
        name=None if name is None else _text(name),
        version=_text(members.get("version")),
        server_info={},
        instructions=None,
        revisions=tuple(map(_text, _list(members.get("revisions")))),
        transports=tuple(
            map(_text, _list(members.get("transports", [*DEFAULT_TRANSPORTS])))
        ),
        auth=None if auth is None else _mapping(auth),
        entries={kind: _by_key(found) for kind, found in entries.items()},
    )


def _entry(kind: str, declaration: Declaration, names: Given) -> Entry:
    definition = declaration.definition
    completions: tuple[Completion, ...] = getattr(declaration, "completions", ())
    return Entry(
        kind=kind,
        key=callers.label(kind, definition).partition(" ")[2],
        definition=definition,
        method=names.method,
        scopes=declaration.scopes,
        timeout=getattr(declaration, "timeout", None),
        completed={c.argument: c.values for c in completions},
        pointer=declaration.pointer,
        names=names,
    )


def _by_key(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {entry.key: entry for entry in entries}


def _entry_to_json(entry: Entry) -> dict[str, Json]:
    definition = {k: v for k, v in entry.definition.items() if k in _KEPT}
    for key in ("inputSchema", "outputSchema"):
        if key in entry.definition:
            definition[key] = _kept(entry.definition[key])
    if "arguments" in definition:
        definition["arguments"] = [
            {k: v for k, v in argument.items() if k in ("name", "required")}
            for argument in definition["arguments"] or ()
        ]
    made: dict[str, Json] = {"method": entry.method, "definition": definition}
    if entry.names is not None:
        made["names"] = entry.names.to_json()
    if entry.scopes:
        made["scopes"] = list(entry.scopes)
    if entry.timeout is not None:
        made["timeout"] = entry.timeout
    if entry.completed:
        made["completed"] = {k: v and list(v) for k, v in entry.completed.items()}
    return made


def _kept(schema: Json) -> Json:
    """A JSON Schema without texts; what rules look at besides its essence stays."""
    return essence(schema, also=("default", "format", "x-mcp-header"))


def _entry_from_json(kind: str, key: str, value: dict[str, Json]) -> Entry:
    timeout = value.get("timeout")
    if timeout is not None and not isinstance(timeout, int | float):
        raise NotAContract("a timeout is no number")
    definition = _mapping(value.get("definition"))
    for schema in ("inputSchema", "outputSchema"):
        if schema in definition:
            _mapping(definition[schema])
    for argument in _list(definition.get("arguments", [])):
        _text(_mapping(argument).get("name"))
    method = _text(value.get("method"))
    return Entry(
        kind=kind,
        key=key,
        definition=definition,
        method=method,
        names=_names(method, value["names"]) if "names" in value else None,
        scopes=tuple(map(_text, _list(value.get("scopes", [])))),
        timeout=timeout,
        completed={
            name: None if values is None else tuple(map(_text, _list(values)))
            for name, values in _mapping(value.get("completed", {})).items()
        },
    )


def _names(method: str, value: Json) -> Given:
    try:
        return names_from_json(method, value)
    except NotNames as error:
        raise NotAContract(str(error)) from None


def _mapping(value: Json) -> dict[str, Json]:
    if not is_mapping(value):
        raise NotAContract("not a mapping where one should be")
    return value


def _list(value: Json) -> list[Json]:
    if not is_list(value):
        raise NotAContract("not a list where one should be")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise NotAContract("not a text where one should be")
    return value
