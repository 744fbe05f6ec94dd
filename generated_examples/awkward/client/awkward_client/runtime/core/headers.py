"""Request headers that mirror the body: `Mcp-Method`, `Mcp-Name`, `Mcp-Param-*`.

Holds the rules of `x-mcp-header` and the Base64 form of unsafe values, for server,
client and manifest alike; sends and receives nothing.
https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#request-metadata
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from .catalog import Json, JsonObject
from .schema.document import below, is_object

PROTOCOL_VERSION: Final = "MCP-Protocol-Version"
METHOD: Final = "Mcp-Method"
NAME: Final = "Mcp-Name"
PARAMETER_PREFIX: Final = "Mcp-Param-"
SESSION_ID: Final = "Mcp-Session-Id"

ANNOTATION: Final = "x-mcp-header"
"""The JSON Schema key that names a property's header."""

NAMED_BY: Final[Mapping[str, str]] = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
}
"""Methods that need `Mcp-Name`, and the parameter that it repeats."""

HeaderType: TypeAlias = Literal["string", "integer", "boolean"]
SAFE_INTEGER: Final = 2**53 - 1

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PLAIN: Final = re.compile(r"[\x20-\x7e]*")
_FIELD_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
_INTEGER: Final = re.compile(r"(-?[0-9]{1,300})(?:\.0+)?")
_OPEN: Final = "=?base64?"
_CLOSE: Final = "?="


_Place: TypeAlias = tuple[str | int, ...]
_Position: TypeAlias = tuple[Any, _Place, _Place | None]
"""A schema, where it is, and the property names that lead to it from the root; None
once another keyword was passed."""


@dataclass(frozen=True, slots=True)
class HeaderParameter:
    """A tool's argument that is repeated in a header.

    Attributes:
        header: The whole header name, such as `Mcp-Param-Region`.
        path: The property names that lead to the argument.
        type: The argument's JSON type.
    """

    header: str
    path: tuple[str, ...]
    type: HeaderType


@dataclass(frozen=True, slots=True)
class HeaderProblem:
    """A broken rule of `x-mcp-header`.

    Attributes:
        path: Where in the schema: the keys and indexes that lead to the annotation.
        message: One sentence, for a person.
    """

    path: tuple[str | int, ...]
    message: str


def encode(value: str) -> str:
    """The header form of a value: itself, or Base64 between markers where unsafe."""
    looks_encoded = value.startswith(_OPEN) and value.endswith(_CLOSE)
    if _PLAIN.fullmatch(value) and value == value.strip(" ") and not looks_encoded:
        return value
    return f"{_OPEN}{base64.b64encode(value.encode()).decode('ascii')}{_CLOSE}"


def decode(text: str) -> str:
    """The value behind a header's text.

    Raises:
        ValueError: The text has characters that a header can't have, or broken Base64.
    """
    if not _FIELD_VALUE.fullmatch(text):
        raise ValueError("has characters that are not allowed in a header")
    if not (text.startswith(_OPEN) and text.endswith(_CLOSE)):
        return text
    encoded = text[len(_OPEN) : -len(_CLOSE)]
    try:
        raw = base64.b64decode(encoded, validate=True)
        if base64.b64encode(raw).decode("ascii") != encoded:
            raise ValueError("is not canonical Base64")
        return raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("is not Base64 of UTF-8 text") from None


def render(value: Json) -> str | None:
    """An argument as text before encoding; None where it has no header form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and -SAFE_INTEGER <= value <= SAFE_INTEGER:
        return str(value)
    return None


def value_at(arguments: JsonObject, path: Sequence[str]) -> Json:
    """The argument at a path of property names; None where there is none."""
    node: Json = arguments
    for key in path:
        if not isinstance(node, Mapping):
            return None
        node = node.get(key)
    return node


def header_parameters(input_schema: Json) -> tuple[HeaderParameter, ...]:
    """The arguments of a tool that are repeated in headers, by its `inputSchema`.

    A schema that breaks a rule has none: its tool is invalid for clients anyway.
    """
    found, problems = _annotated(input_schema)
    return () if problems else tuple(found)


def header_problems(input_schema: Json) -> tuple[HeaderProblem, ...]:
    """Every rule of `x-mcp-header` that an `inputSchema` breaks."""
    return tuple(_annotated(input_schema)[1])


def parameter_headers(
    parameters: Iterable[HeaderParameter], arguments: JsonObject
) -> dict[str, str]:
    """The `Mcp-Param-*` headers of a call; absent and null arguments have none."""
    headers: dict[str, str] = {}
    for parameter in parameters:
        text = render(value_at(arguments, parameter.path))
        if text is not None:
            headers[parameter.header] = encode(text)
    return headers


def parameter_mismatch(
    parameter: HeaderParameter, arguments: JsonObject, received: Sequence[str]
) -> str | None:
    """What is wrong with a call's `Mcp-Param-*` header, in words; None when nothing is.

    Args:
        parameter: The argument to check.
        arguments: The call's arguments.
        received: The header's value, once per time that it was sent.
    """
    value = value_at(arguments, parameter.path)
    argument = ".".join(parameter.path)
    if len(received) > 1:
        return f"{parameter.header} was sent {len(received)} times"
    if not received:
        if value is None or isinstance(value, Mapping | list):
            return None
        return f"{parameter.header} is missing, but argument {argument!r} has a value"
    if value is None:
        return f"{parameter.header} was sent, but argument {argument!r} has no value"
    try:
        text = decode(received[0])
    except ValueError as error:
        return f"{parameter.header} {error}"
    if _same(parameter.type, value, text):
        return None
    return f"{parameter.header} is {text!r}, which differs from argument {argument!r}"


def _same(kind: HeaderType, value: Json, text: str) -> bool:
    number = _INTEGER.fullmatch(text)
    if kind == "integer" and number and not isinstance(value, bool):
        return isinstance(value, int | float) and value == int(number[1])
    return render(value) == text


def _annotated(root: Json) -> tuple[list[HeaderParameter], list[HeaderProblem]]:
    """What the annotations of a schema mean, and what is wrong with them."""
    found: dict[str, HeaderParameter] = {}
    problems: list[HeaderProblem] = []
    for schema, place, path in _positions(root):
        name = schema[ANNOTATION]
        message = _position_problem(schema, path)
        if message is None:
            names = tuple(map(str, path or ()))
            parameter = HeaderParameter(PARAMETER_PREFIX + name, names, schema["type"])
            other = found.setdefault(name.lower(), parameter)
            if other is parameter:
                continue
            message = (
                f"`{ANNOTATION}` {name!r} is already taken by property "
                f"{'.'.join(other.path)!r}; letter case does not count"
            )
        problems.append(HeaderProblem((*place, ANNOTATION), message))
    return list(found.values()), problems


def _positions(root: Any) -> Iterator[_Position]:
    """Each schema with the annotation, in document order; never follows `$ref`."""
    stack: list[_Position] = [(root, (), ())]
    while stack:
        schema, place, path = stack.pop()
        if not is_object(schema):
            continue
        if ANNOTATION in schema:
            yield schema, place, path
        inner: list[_Position] = [
            (
                child,
                (*place, keyword, *keys),
                None if path is None or keyword != "properties" else (*path, *keys),
            )
            for keyword, value in schema.items()
            for keys, child in below(keyword, value)
        ]
        stack.extend(reversed(inner))


def _position_problem(
    schema: Mapping[str, Any], path: Sequence[object] | None
) -> str | None:
    name = schema[ANNOTATION]
    if not path:
        return (
            f"`{ANNOTATION}` is only allowed on properties that are reached from the "
            "root through `properties` alone"
        )
    if not isinstance(name, str):
        return f"`{ANNOTATION}` must be a string"
    if not name:
        return f"`{ANNOTATION}` must not be empty"
    if not _TOKEN.fullmatch(name):
        return f"`{ANNOTATION}` {name!r} is not a valid part of a header name"
    kind = schema.get("type")
    if kind in ("string", "integer", "boolean"):
        return None
    if isinstance(kind, str):
        return f"`{ANNOTATION}` is not allowed on type {kind}"
    return f"`{ANNOTATION}` needs a property of one type: integer, string or boolean"
