"""The method table of one revision, derived from its schema document alone.

Part of the protocol stage. Knows the shape of MCP's schemas and no revision: what differs
between revisions is what their documents say. Reads no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
Document: TypeAlias = dict[str, Json]
Era: TypeAlias = Literal["modern", "legacy"]

_UNIONS_OF_SERVER_REQUESTS = ("ServerRequest", "InputRequest")


class NotASchema(Exception):
    """The document is not a schema of the protocol; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Request:
    """A method: the names of the definitions of its params and its result.

    Attributes:
        params: The definition of the params; None where the schema gives it no name.
        result: The definition of the result.
        input_required: Whether the answer may be an `InputRequiredResult` instead.
    """

    params: str | None
    result: str
    input_required: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What an object must have, and where its properties lead to further objects.

    Attributes:
        required: The required properties, sorted.
        objects: Property to the name of its definition, or to its own shape where the
            schema describes the object in place.
    """

    required: tuple[str, ...] = ()
    objects: Mapping[str, str | Shape] = field(default_factory=dict[str, "str | Shape"])


@dataclass(frozen=True, slots=True)
class Table:
    """What exists in one revision.

    Attributes:
        client_requests: Requests that a client may send, by method.
        server_requests: Requests that a server may make of a client.
        client_notifications: Methods of notifications that a client may send.
        server_notifications: Methods of notifications that a server may send.
        client_capabilities: Keys of `ClientCapabilities`.
        server_capabilities: Keys of `ServerCapabilities`.
        definitions: The shape of every definition, by name; None where it is no object.
    """

    client_requests: Mapping[str, Request]
    server_requests: Mapping[str, Request]
    client_notifications: tuple[str, ...]
    server_notifications: tuple[str, ...]
    client_capabilities: tuple[str, ...]
    server_capabilities: tuple[str, ...]
    definitions: Mapping[str, Shape | None]

    @property
    def era(self) -> Era:
        """Legacy where connections begin with `initialize`, else modern."""
        return "legacy" if "initialize" in self.client_requests else "modern"

    @classmethod
    def from_schema(cls, document: Json) -> Table:
        """Derive the table of an MCP schema document.

        Raises:
            NotASchema: The document is something else.
        """
        try:
            schema = _Schema(document)
            return cls(
                client_requests=schema.requests(["ClientRequest"]),
                server_requests=schema.requests(_UNIONS_OF_SERVER_REQUESTS),
                client_notifications=schema.methods("ClientNotification"),
                server_notifications=schema.methods("ServerNotification"),
                client_capabilities=schema.properties("ClientCapabilities"),
                server_capabilities=schema.properties("ServerCapabilities"),
                definitions={
                    name: schema.definition_shape(definition)
                    for name, definition in sorted(schema.definitions.items())
                },
            )
        except RecursionError:
            raise NotASchema("it is nested too deeply") from None

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Table:
        """Read what `to_json` gave; the data is mcpgen's own and not checked."""
        return cls(
            client_requests=_read_requests(data["client_requests"]),
            server_requests=_read_requests(data["server_requests"]),
            client_notifications=tuple(data["client_notifications"]),
            server_notifications=tuple(data["server_notifications"]),
            client_capabilities=tuple(data["client_capabilities"]),
            server_capabilities=tuple(data["server_capabilities"]),
            definitions={
                name: None if shape is None else _read_shape(shape)
                for name, shape in data["definitions"].items()
            },
        )

    def to_json(self) -> dict[str, Json]:
        """The table as JSON: what `schema/tables/` holds."""
        return {
            "client_requests": {k: asdict(v) for k, v in self.client_requests.items()},
            "server_requests": {k: asdict(v) for k, v in self.server_requests.items()},
            "client_notifications": list(self.client_notifications),
            "server_notifications": list(self.server_notifications),
            "client_capabilities": list(self.client_capabilities),
            "server_capabilities": list(self.server_capabilities),
            "definitions": {
                name: None if shape is None else _write_shape(shape)
                for name, shape in self.definitions.items()
            },
        }


def definitions_of(document: Json) -> dict[str, Document]:
    """The definitions of a schema document, under whichever keyword its draft has.

    Raises:
        NotASchema: There are none, or one of them can't be a definition.
    """
    if not isinstance(document, dict):
        raise NotASchema("it is not a JSON object")
    definitions = document.get("$defs", document.get("definitions"))
    if not isinstance(definitions, dict) or not definitions:
        raise NotASchema("it has neither `$defs` nor `definitions`")
    for name, definition in definitions.items():
        if not (name.isascii() and name.isidentifier()):
            raise NotASchema(f"the definition name {name!r} is not an identifier")
        if not isinstance(definition, dict):
            raise NotASchema(f"the definition {name} is not an object")
    return definitions


def target(schema: Json) -> str | None:
    """The name of the definition that a schema refers to, if it is a reference."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if not isinstance(reference, str):
        return None
    for prefix in ("#/$defs/", "#/definitions/"):
        if reference.startswith(prefix):
            return reference.removeprefix(prefix)
    raise NotASchema(f"the reference {reference!r} leads out of the definitions")


class _Schema:
    """A schema document, with the few questions that a table asks of it."""

    def __init__(self, document: Json) -> None:
        self.definitions = definitions_of(document)

    def requests(self, unions: Iterable[str]) -> dict[str, Request]:
        """Method to request, for all members of the unions that exist."""
        found: dict[str, Request] = {}
        for union in unions:
            for name in self._members(union):
                definition = self._definition(name)
                method = _method(definition)
                if method is not None:
                    found[method] = self._request(name, definition)
        if not found:
            raise NotASchema(f"it has no {' or '.join(unions)} with methods")
        return dict(sorted(found.items()))

    def methods(self, union: str) -> tuple[str, ...]:
        """The methods of the notifications in a union, sorted."""
        methods = (_method(self._definition(name)) for name in self._members(union))
        return tuple(sorted({m for m in methods if m is not None}))

    def properties(self, name: str) -> tuple[str, ...]:
        """The names of a definition's properties, sorted."""
        return tuple(sorted(_properties(self._definition(name))))

    def definition_shape(self, definition: Document) -> Shape | None:
        """The shape of a definition, if it is an object."""
        return self.shape(definition) if _describes_object(definition) else None

    def shape(self, schema: Document) -> Shape:
        """The shape of an object schema, the parts of an `allOf` taken together."""
        required: set[str] = set()
        objects: dict[str, str | Shape] = {}
        for part in self._parts(schema, set()):
            names = part.get("required", ())
            required.update(n for n in names if isinstance(n, str))
            for name, value in _properties(part).items():
                found = self._object(value)
                if found is not None:
                    objects[name] = found
        return Shape(tuple(sorted(required)), dict(sorted(objects.items())))

    def _object(self, schema: Json) -> str | Shape | None:
        name = target(schema)
        if name is not None:
            return name if self._is_object(name) else None
        if not isinstance(schema, dict) or not _describes_object(schema):
            return None
        return self.shape(schema)

    def _is_object(self, name: str) -> bool:
        return _describes_object(self._definition(name))

    def _parts(self, schema: Document, seen: set[str]) -> Iterator[Document]:
        """The schema and everything that its `allOf` and `$ref` add to it, once."""
        name = target(schema)
        if name is not None:
            if name not in seen:
                seen.add(name)
                yield from self._parts(self._definition(name), seen)
            return
        yield schema
        for part in _list(schema, "allOf"):
            if isinstance(part, dict):
                yield from self._parts(part, seen)

    def _request(self, name: str, definition: Document) -> Request:
        base = name.removesuffix("Request")
        result = f"{base}Result"
        if result not in self.definitions:
            result = "EmptyResult" if "EmptyResult" in self.definitions else "Result"
        response = self.definitions.get(f"{result}Response", {})
        answers = _list(_properties(response).get("result"), "anyOf")
        return Request(
            params=target(_properties(definition).get("params")),
            result=result,
            input_required="InputRequiredResult" in map(target, answers),
        )

    def _members(self, union: str) -> list[str]:
        """The definitions in a union; a definition that is no union is its only one."""
        definition = self.definitions.get(union)
        if definition is None:
            return []
        members = _list(definition, "anyOf") or [definition]
        return [target(member) or union for member in members]

    def _definition(self, name: str) -> Document:
        try:
            return self.definitions[name]
        except KeyError:
            raise NotASchema(f"it has no definition {name}") from None


def _method(definition: Document) -> str | None:
    method = _properties(definition).get("method")
    const = method.get("const") if isinstance(method, dict) else None
    return const if isinstance(const, str) else None


def _describes_object(schema: Document) -> bool:
    return schema.get("type") == "object" or "allOf" in schema


def _properties(schema: Json) -> dict[str, Json]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _list(schema: Json, keyword: str) -> list[Json]:
    value = schema.get(keyword) if isinstance(schema, dict) else None
    return value if isinstance(value, list) else []


def _read_requests(data: Mapping[str, Json]) -> dict[str, Request]:
    return {method: Request(**request) for method, request in data.items()}


def _read_shape(data: Mapping[str, Json]) -> Shape:
    objects = data.get("objects", {})
    return Shape(
        tuple(data.get("required", ())),
        {k: v if isinstance(v, str) else _read_shape(v) for k, v in objects.items()},
    )


def _write_shape(shape: Shape) -> dict[str, Json]:
    """The shape without its empty parts."""
    data: dict[str, Json] = {}
    if shape.required:
        data["required"] = list(shape.required)
    if shape.objects:
        data["objects"] = {
            k: v if isinstance(v, str) else _write_shape(v)
            for k, v in shape.objects.items()
        }
    return data
