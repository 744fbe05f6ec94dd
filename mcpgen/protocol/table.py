"""The method table of one revision, derived from its schema document alone.

Part of the protocol stage. Knows the shape of MCP's schemas and no revision: what differs
between revisions is what their documents say. Reads no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final, Literal, TypeAlias

from .walking import (
    Document,
    Json,
    NotASchema,
    as_list,
    as_object,
    is_deeper,
    target,
)

Era: TypeAlias = Literal["modern", "legacy"]

MAX_DEPTH: Final = 100
"""Levels of nesting that a schema document may have; MCP's have 15."""

MAX_DEFINITIONS: Final = 2_000
"""Definitions that a schema document may have; MCP's have 155."""

_UNIONS_OF_SERVER_REQUESTS: Final = ("ServerRequest", "InputRequest")


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
    members = as_object(document)
    if members is None:
        raise NotASchema("it is not a JSON object")
    if is_deeper(members, MAX_DEPTH):
        raise NotASchema("it is nested too deeply")
    found = as_object(members.get("$defs", members.get("definitions")))
    if not found:
        raise NotASchema("it has neither `$defs` nor `definitions`")
    if len(found) > MAX_DEFINITIONS:
        raise NotASchema(f"it has more than {MAX_DEFINITIONS} definitions")
    definitions: dict[str, Document] = {}
    for name, value in found.items():
        if not (name.isascii() and name.isidentifier()):
            raise NotASchema(f"the definition name {name!r} is not an identifier")
        definition = as_object(value)
        if definition is None:
            raise NotASchema(f"the definition {name} is not an object")
        definitions[name] = definition
    return definitions


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
        for part in self._parts(schema):
            required.update(n for n in _list(part, "required") if isinstance(n, str))
            for name, value in _properties(part).items():
                found = self._object(value)
                if found is not None:
                    objects[name] = found
        return Shape(tuple(sorted(required)), dict(sorted(objects.items())))

    def _object(self, schema: Json) -> str | Shape | None:
        name = target(schema)
        if name is not None:
            return name if self._is_object(name) else None
        described = as_object(schema)
        if described is None or not _describes_object(described):
            return None
        return self.shape(described)

    def _is_object(self, name: str) -> bool:
        return _describes_object(self._definition(name))

    def _parts(self, schema: Document) -> Iterator[Document]:
        """The schema and everything that its `allOf` and `$ref` add to it, once."""
        seen: set[str] = set()
        waiting = [schema]
        while waiting:
            part = waiting.pop()
            name = target(part)
            if name is None:
                yield part
                members = map(as_object, _list(part, "allOf"))
                waiting.extend(member for member in members if member is not None)
            elif name not in seen:
                seen.add(name)
                waiting.append(self._definition(name))

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
    const = (as_object(_properties(definition).get("method")) or {}).get("const")
    return const if isinstance(const, str) else None


def _describes_object(schema: Document) -> bool:
    return schema.get("type") == "object" or "allOf" in schema


def _properties(schema: Json) -> Document:
    return as_object((as_object(schema) or {}).get("properties")) or {}


def _list(schema: Json, keyword: str) -> list[Json]:
    return as_list((as_object(schema) or {}).get(keyword)) or []


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
