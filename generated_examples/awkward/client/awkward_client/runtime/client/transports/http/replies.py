"""From HTTP responses to JSON-RPC messages, in both eras.

Knows content types and statuses; does not know which request is waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Final

import aiohttp

from ...errors import ClientError, TransportError
from ...incoming import Message, messages_in, read_json, refusal, words_of
from ...shapes import members
from .failures import excerpt, refused
from .requests import MAX_ERROR_BODY, Http
from .sse import Event, SseParser

ACCEPT: Final[Mapping[str, str]] = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
}
ACCEPT_STREAM: Final[Mapping[str, str]] = {"Accept": "text/event-stream"}

_DRAIN_TIME: Final = 1.0
_ERROR_TIME: Final = 2.0
"""Seconds that the body of a refusal may take: some never end."""
_NO_CONTENT: Final = frozenset([202, 204])
_TRANSPORT_STATUSES: Final = frozenset([401, 403, 429, 502, 503, 504])
"""Statuses that are about the transport, whatever a body says."""


async def messages(
    http: Http, response: aiohttp.ClientResponse, parser: SseParser
) -> AsyncGenerator[Message, None]:
    """The messages of a successful response: those of its JSON, or of its stream.

    Raises:
        TransportError: The body is neither, or it broke off.
    """
    if response.content_type == "text/event-stream":
        async for event in http.events(response, parser):
            found = event_messages(http, response, event)
            if not found and event.data:
                parser.ignored = event.data
            for message in found:
                yield message
    else:
        body = await http.read(response)
        for message in body_messages(http, response, body):
            yield message


def body_messages(
    http: Http, response: aiohttp.ClientResponse, body: bytes
) -> list[Message]:
    """The message, or the messages of a batch, that are a response's whole body.

    Raises:
        TransportError: The body is not JSON-RPC, or it broke off.
    """
    if response.status in _NO_CONTENT and not body.strip():
        return []
    kind = response.content_type
    if kind == "application/json":
        return parse(http, response, body)
    try:
        found = _messages_in(http, read_json(body, http.quirks))
    except ValueError:
        found = []
    if found:
        http.quirks.note("messages come as another content type than JSON", kind)
    elif response.status not in _NO_CONTENT:
        words = "" if "html" in kind else excerpt(body)
        problem = f"the response's content type is {kind}, not JSON{words}"
        raise unusable(http, response, problem, body)
    return found


def parse(http: Http, response: aiohttp.ClientResponse, data: bytes) -> list[Message]:
    """The message, or the messages of a batch, that some bytes hold.

    Raises:
        TransportError: The bytes are not JSON, or not JSON-RPC.
    """
    try:
        value = read_json(data, http.quirks)
    except ValueError as error:
        problem = f"the response is not valid JSON: {error}"
        raise unusable(http, response, problem, data) from None
    found = _messages_in(http, value)
    if not found:
        problem = f"the response is JSON, but not a JSON-RPC message{excerpt(data)}"
        raise unusable(http, response, problem, data)
    return found


def event_messages(
    http: Http, response: aiohttp.ClientResponse, event: Event
) -> list[Message]:
    """The messages of an event; none where it holds something else.

    Raises:
        TransportError: It is the report of an error, or a message that can't be read.
    """
    data = event.data.strip()
    if not data:
        return []
    value: object = None
    try:
        value = read_json(data, http.quirks)
    except ValueError as error:
        if event.type == "message" and data[:1] in b"{[":
            problem = f"an event is not valid JSON: {error}"
            raise unusable(http, response, problem, data) from None
    found = _messages_in(http, value)
    if not found and event.type == "error":
        words = excerpt(words_of(value) or data) or " without a reason"
        problem = f"the server reports an error on the stream{words}"
        raise unusable(http, response, problem, data)
    if not found and event.type == "message":
        http.quirks.note("events that are not JSON-RPC messages are ignored")
    if found and event.type != "message":
        http.quirks.note("messages come as another type of event", event.type)
    return found


async def failure(
    http: Http, response: aiohttp.ClientResponse, method: str
) -> ClientError:
    """The error for a response with an error status: JSON-RPC's if it has one."""
    body = await _some_of(response)
    error = _error_in(http, body)
    if error is None or response.status in _TRANSPORT_STATUSES:
        return refused(response, body, words_of(error), is_mcp=http.is_mcp)
    return refusal(error, method, response.status)


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


def _messages_in(http: Http, value: object) -> list[Message]:
    found = messages_in(value, http.quirks)
    if found:
        http.is_mcp = True
    return found


def _error_in(http: Http, body: bytes) -> object:
    """The JSON-RPC error that a body holds, None if there is none."""
    try:
        message = members(read_json(body, http.quirks))
    except ValueError:
        return None
    if message.get("jsonrpc") != "2.0":
        return None
    return message.get("error")


def unusable(
    http: Http, response: aiohttp.ClientResponse, problem: str, body: bytes
) -> TransportError:
    """The error for a response that is not MCP."""
    return TransportError(
        problem,
        url=str(response.url),
        method=response.method,
        status=response.status,
        hint=None if http.is_mcp else "Is that the URL of an MCP server?",
        body=body,
    )


def unanswered(
    http: Http, method: str, status: int | None, parser: SseParser | None = None
) -> TransportError:
    """The error for a response that ended without answering the request."""
    ignored = b"" if parser is None else parser.ignored
    return TransportError(
        f"the response to {method} ended before its result"
        + (f"; the server sent{excerpt(ignored)}" if ignored else ""),
        url=http.url,
        method="POST",
        status=status,
        body=ignored or None,
    )


def final_status(response: aiohttp.ClientResponse) -> int | None:
    """The status of a response that ended too early.

    None for a stream: that is a connection that broke.
    """
    is_stream = response.content_type == "text/event-stream"
    return None if is_stream else response.status


async def drain(response: aiohttp.ClientResponse) -> None:
    """Reads what is left of an answered stream, so that its connection is reused."""
    with contextlib.suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(_DRAIN_TIME):
            while await response.content.readany():
                pass
