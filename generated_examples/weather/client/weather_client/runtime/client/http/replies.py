"""From HTTP answers to JSON-RPC messages, in both eras.

Knows content types and statuses; does not know which request is waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, TypeAlias

import aiohttp
from pydantic_core import from_json

from ..errors import ClientError, ProtocolError, TransportError
from ..shapes import is_list, is_object, members, text
from .failures import refused
from .requests import MAX_ERROR_BODY, Http
from .sse import SseParser

Message: TypeAlias = dict[str, Any]

ACCEPT: Final[Mapping[str, str]] = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
}
ACCEPT_STREAM: Final[Mapping[str, str]] = {"Accept": "text/event-stream"}

_DRAIN_TIME: Final = 1.0
_ERROR_TIME: Final = 2.0
"""Seconds that the body of a refusal may take: some never end."""


async def messages(
    http: Http, response: aiohttp.ClientResponse, parser: SseParser
) -> AsyncGenerator[Message, None]:
    """The messages of a successful answer: one of JSON, or those of a stream.

    Raises:
        TransportError: The body is neither, or it broke off.
    """
    kind = response.content_type
    if kind == "text/event-stream":
        async for event in http.events(response, parser):
            if event.data and event.type == "message":
                for message in parse(event.data, response):
                    yield message
    elif kind == "application/json":
        for message in parse(await http.read(response), response):
            yield message
    elif response.status not in (202, 204):
        raise unusable(response, f"the answer's content type is {kind}, not JSON")


def parse(data: bytes, response: aiohttp.ClientResponse) -> list[Message]:
    """The message, or the messages of a batch, that some bytes hold.

    Raises:
        TransportError: The bytes are not JSON, or not JSON-RPC.
    """
    try:
        value = from_json(data, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise unusable(response, f"the answer is not valid JSON: {error}") from None
    found = value if is_list(value) else [value]
    for message in found:
        if members(message).get("jsonrpc") != "2.0":
            raise unusable(response, "the answer is JSON, but not a JSON-RPC message")
    return found


def is_answer(message: Message, request_id: str | int) -> bool:
    """Whether a message answers a request; an error may come without its id."""
    if "method" in message:
        return False
    found = message.get("id")
    if found is None:
        return "error" in message
    return type(found) is type(request_id) and bool(found == request_id)


def result_of(message: Message, method: str, response_status: int = 200) -> Message:
    """The result in an answer.

    Raises:
        ProtocolError: The answer is an error.
    """
    error = message.get("error")
    if error is not None:
        raise _protocol_error(error, method, response_status)
    result = message.get("result")
    if not is_object(result):
        raise ProtocolError(
            -32603, "the answer has neither result nor error", method=method
        )
    return result


async def failure(response: aiohttp.ClientResponse, method: str) -> ClientError:
    """The error for an answer with an error status: JSON-RPC's if it has one."""
    body = await _some_of(response)
    error = _error_in(body)
    if error is None or response.status in (401, 403):
        reason = error.get("message") if error is not None else None
        return refused(response, body, text(reason))
    return _protocol_error(error, method, response.status)


async def _some_of(response: aiohttp.ClientResponse) -> bytes:
    """The beginning of a refusal's body, as far as it comes in time."""
    body = bytearray()
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
        async with asyncio.timeout(_ERROR_TIME):
            while len(body) < MAX_ERROR_BODY and (
                chunk := await response.content.readany()
            ):
                body += chunk
    return bytes(body)


def _error_in(body: bytes) -> Mapping[str, Any] | None:
    """The JSON-RPC error that a body holds."""
    try:
        value = from_json(body)
    except ValueError:
        return None
    message = members(value)
    error = message.get("error")
    return error if is_object(error) and message.get("jsonrpc") == "2.0" else None


def unusable(response: aiohttp.ClientResponse, problem: str) -> TransportError:
    """The error for an answer that is not MCP."""
    return TransportError(
        problem,
        url=str(response.url),
        method=response.method,
        status=response.status,
        hint="Is that the URL of an MCP server?",
    )


async def drain(response: aiohttp.ClientResponse) -> None:
    """Reads what is left of an answered stream, so that its connection is reused."""
    with contextlib.suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(_DRAIN_TIME):
            while await response.content.readany():
                pass


def _protocol_error(error: object, method: str, status: int) -> ProtocolError:
    fields = members(error)
    code = fields.get("code")
    return ProtocolError(
        code if isinstance(code, int) else -32603,
        text(fields.get("message")) or "the server gave no reason",
        fields.get("data"),
        method=method,
        status=status,
    )
