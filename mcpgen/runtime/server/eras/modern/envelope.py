"""The modern envelope: `_meta` of a request, checked, and the headers that repeat it; what
stands around the members of results.

https://modelcontextprotocol.io/specification/2026-07-28/basic/index#meta
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from multidict import CIMultiDictProxy
from pydantic_core import to_json

from ....core import headers as mirrored
from ....core import jsonrpc
from ....core.catalog import Json, JsonObject
from ....core.errors import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    ProtocolError,
    unsupported_version,
)
from ...handlers.context import SEVERITY
from ...handlers.questions import Client
from ...methods.answer import Answer
from ...transports.http import names

PROTOCOL_VERSION: Final = "io.modelcontextprotocol/protocolVersion"
CLIENT_INFO: Final = "io.modelcontextprotocol/clientInfo"
CLIENT_CAPABILITIES: Final = "io.modelcontextprotocol/clientCapabilities"
LOG_LEVEL: Final = "io.modelcontextprotocol/logLevel"
SERVER_INFO: Final = "io.modelcontextprotocol/serverInfo"
SUBSCRIPTION_ID: Final = "io.modelcontextprotocol/subscriptionId"

Headers = CIMultiDictProxy[str]

_NOTHING: Final[dict[str, Json]] = {}


def is_modern(meta: Json) -> bool:
    """Whether `_meta` has any of the keys that only modern requests have."""
    return isinstance(meta, dict) and (
        PROTOCOL_VERSION in meta or CLIENT_CAPABILITIES in meta or CLIENT_INFO in meta
    )


def read_client(meta: Json) -> Client:
    """The client behind a request, from its `_meta`.

    Raises:
        ProtocolError: A required key is missing, or a value has the wrong type.
    """
    if not isinstance(meta, dict):
        raise _invalid("`params._meta` must be an object")
    try:
        version, capabilities = meta[PROTOCOL_VERSION], meta[CLIENT_CAPABILITIES]
    except KeyError as missing:
        raise _invalid(f"`params._meta` lacks {missing.args[0]}") from None
    info = meta.get(CLIENT_INFO, _NOTHING)
    if not isinstance(version, str):
        raise _invalid(f"{PROTOCOL_VERSION} must be a string")
    if not isinstance(capabilities, dict):
        raise _invalid(f"{CLIENT_CAPABILITIES} must be an object")
    if not isinstance(info, dict):
        raise _invalid(f"{CLIENT_INFO} must be an object")
    return Client(version, info, capabilities)


def log_floor(meta: Json) -> int | None:
    """The severity from which on a request wants log messages; None for none at all.

    Raises:
        ProtocolError: The level is not one.
    """
    level = meta.get(LOG_LEVEL) if isinstance(meta, dict) else None
    if level is None:
        return None
    if not isinstance(level, str) or level not in SEVERITY:
        raise _invalid(f"{LOG_LEVEL} must be one of {', '.join(SEVERITY)}")
    return SEVERITY[level]


def check_headers(
    headers: Headers, version: str, method: str, params: JsonObject
) -> None:
    """Compare the standard headers with the body.

    Raises:
        ProtocolError: One is missing, or says something else.
    """
    # The common case is decided by comparing; `_compare` finds the words for the others.
    if headers.getall(names.PROTOCOL_VERSION, None) != [version]:
        _compare(headers, names.PROTOCOL_VERSION, version)
    if headers.getall(names.METHOD, None) != [method]:
        _compare(headers, names.METHOD, method)
    key = mirrored.NAMED_BY.get(method)
    if key is not None:
        name = params.get(key)
        if isinstance(name, str) and (
            headers.getall(names.NAME, None) != [name] or name.startswith("=?base64?")
        ):
            _compare(headers, names.NAME, name, encoded=True)


def check_notification(headers: Headers, method: str) -> None:
    """Compare a notification with the header that names its method, which it may lack.

    Raises:
        ProtocolError: The header says something else.
    """
    if headers.getall(names.METHOD, [method]) != [method]:
        _compare(headers, names.METHOD, method)


def check_parameters(
    headers: Headers,
    parameters: Iterable[mirrored.HeaderParameter],
    arguments: JsonObject,
) -> None:
    """Compare the `Mcp-Param-*` headers of a call with its arguments.

    Raises:
        ProtocolError: One is missing, surplus, malformed or says something else.
    """
    for parameter in parameters:
        received = headers.getall(parameter.header, [])
        problem = mirrored.parameter_mismatch(parameter, arguments, received)
        if problem is not None:
            raise _mismatch(problem)


def _compare(
    headers: Headers, name: str, expected: str, *, encoded: bool = False
) -> None:
    received = headers.getall(name, [])
    if not received:
        raise _mismatch(f"{name} is missing")
    if len(received) > 1:
        raise _mismatch(f"{name} was sent {len(received)} times")
    value = received[0]
    if encoded:
        try:
            value = mirrored.decode(value)
        except ValueError as error:
            raise _mismatch(f"{name} {error}") from None
    if value != expected:
        raise _mismatch(
            f"{name} is {value[:200]!r}, but the body says {expected[:200]!r}"
        )


def _invalid(message: str) -> ProtocolError:
    return ProtocolError(INVALID_PARAMS, message)


def _mismatch(message: str) -> ProtocolError:
    return ProtocolError(HEADER_MISMATCH, f"Header mismatch: {message}")


def check_version(
    version: str, served: Iterable[str], all_served: Iterable[str]
) -> None:
    """Refuse a version that is not served as modern.

    Raises:
        ProtocolError: It names every version that is served, of both eras.
    """
    if version not in served:
        raise unsupported_version(version, tuple(all_served))


class ModernFrame:
    """Puts results of one server into messages."""

    __slots__ = ("_complete", "_info", "_input_required")

    def __init__(self, server_info: JsonObject) -> None:
        self._info = {SERVER_INFO: server_info}
        meta = to_json(self._info)
        self._complete = b'"resultType":"complete","_meta":%b' % meta
        self._input_required = b'"resultType":"input_required","_meta":%b,' % meta

    def complete(self, request_id: jsonrpc.RequestId, answer: Answer) -> bytes:
        """The response of a request that is done."""
        head = self._complete
        if answer.meta is not None:
            meta = jsonrpc.encode({**self._info, **answer.meta})
            head = b'"resultType":"complete","_meta":%b' % meta
        members = b"%b,%b" % (head, answer.members) if answer.members else head
        return jsonrpc.result(request_id, members)

    def input_required(self, request_id: jsonrpc.RequestId, answer: Answer) -> bytes:
        """The response of a request that needs the client's answers first."""
        return jsonrpc.result(request_id, self._input_required + answer.members)
