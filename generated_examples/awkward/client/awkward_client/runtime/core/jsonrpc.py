"""JSON-RPC 2.0 as MCP uses it: bytes to messages, messages to bytes.

Shared by server and client; knows nothing of HTTP, methods or models. Results travel as
ready-made bytes, so that nothing is serialised twice.
https://modelcontextprotocol.io/specification/2026-07-28/basic/index#messages
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from typing import Any, Final, ParamSpec, TypeAlias, TypeGuard, TypeVar, cast

from pydantic_core import (
    PydanticSerializationError,
    from_json,
    to_json,
    to_jsonable_python,
)

from .catalog import Json
from .errors import PARSE_ERROR, ProtocolError

RequestId: TypeAlias = str | int
P = ParamSpec("P")
T = TypeVar("T")

_OPEN: Final = b'{"jsonrpc":"2.0",'


_SMALL: Final = 100_000
"""Bytes of a body that the cycle collector does not slow down."""


def uncollected(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function while the cycle collector pauses; threads may do so together.

    It would go through new objects again and again, although none of them is garbage
    yet: a million take ten times as long, while nothing else can run.
    """
    enabled = gc.isenabled()
    if enabled:
        gc.disable()
    try:
        return function(*args, **kwargs)
    finally:
        if enabled:
            gc.enable()


def parse(body: bytes) -> Any:
    """The JSON value of a message's bytes.

    Raises:
        ProtocolError: Not JSON, not UTF-8, or nested deeper than 200 levels.
    """
    try:
        if len(body) <= _SMALL:
            return from_json(body, allow_inf_nan=False, cache_strings="keys")
        return uncollected(from_json, body, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise ProtocolError(PARSE_ERROR, f"Not valid JSON: {error}") from None


def encode(value: Any) -> bytes:
    """A value as JSON; lone surrogates, which UTF-8 cannot hold, become U+FFFD.

    Raises:
        ValueError: It cannot be represented in JSON for another reason.
    """
    try:
        return to_json(value)
    except PydanticSerializationError:
        return to_json(_without_surrogates(to_jsonable_python(value)))


def whole(value: T) -> T:
    """A JSON value as `encode` sends it; the value itself where nothing is replaced."""
    try:
        to_json(value)
    except PydanticSerializationError:
        return cast(T, _without_surrogates(to_jsonable_python(value)))
    return value


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if is_object(value):
        return {
            _without_surrogates(name): _without_surrogates(each)
            for name, each in value.items()
        }
    return list(map(_without_surrogates, value)) if is_array(value) else value


def is_request_id(value: object) -> TypeGuard[RequestId]:
    """Whether a value may identify a request: a string or an integer, never null."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a parsed value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Whether a parsed value is a JSON array."""
    return isinstance(value, list)


def result(request_id: RequestId, members: bytes) -> bytes:
    """A response with a result whose members are JSON already: `"tools":[...]`."""
    return b'%b"id":%b,"result":{%b}}' % (_OPEN, to_json(request_id), members)


def error(request_id: RequestId | None, problem: ProtocolError) -> bytes:
    """A response with an error; without an id where the request's could not be read."""
    body: dict[str, Json] = {"code": problem.code, "message": problem.message}
    if problem.data is not None:
        body["data"] = problem.data
    known = b"" if request_id is None else b'"id":%b,' % to_json(request_id)
    return b'%b%b"error":%b}' % (_OPEN, known, encode(body))


def notification(method: str, params: Mapping[str, Json] | None = None) -> bytes:
    """A notification."""
    return _call(b"", method, params)


def request(
    request_id: RequestId, method: str, params: Mapping[str, Json] | None = None
) -> bytes:
    """A request."""
    return _call(b'"id":%b,' % to_json(request_id), method, params)


def _call(known: bytes, method: str, params: Mapping[str, Json] | None) -> bytes:
    tail = b"" if params is None else b',"params":' + encode(params)
    return b'%b%b"method":%b%b}' % (_OPEN, known, to_json(method), tail)
