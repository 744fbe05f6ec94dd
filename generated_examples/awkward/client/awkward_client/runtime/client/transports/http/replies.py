"""From HTTP responses to JSON-RPC messages, in both eras.

Knows content types and statuses; does not know which request is waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import aiohttp

from ...errors import AuthError, ClientError, TransportError
from ...incoming import (
    Message,
    is_answer,
    members,
    messages_in,
    read_json,
    refusal,
    words_of,
)

if TYPE_CHECKING:
    from ...channel import Receive
    from ...incoming import Quirks
    from ...limits import Clock
    from .requests import Http
    from .sse import Event, SseParser

ACCEPT: Final[Mapping[str, str]] = {
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
}
ACCEPT_STREAM: Final[Mapping[str, str]] = {"Accept": "text/event-stream"}

MAX_ERROR_BODY: Final = 64 * 1024
_DRAIN_TIME: Final = 1.0
_ERROR_TIME: Final = 2.0
"""Seconds that the body of a refusal may take: some never end."""
_NO_CONTENT: Final = frozenset([202, 204])
_TRANSPORT_STATUSES: Final = frozenset([401, 403, 429, 502, 503, 504])
"""Statuses that are about the transport, whatever a body says."""


async def messages(
    http: Http,
    response: aiohttp.ClientResponse,
    parser: SseParser | None,
    body: bytes | None = None,
) -> AsyncGenerator[Message, None]:
    """The messages of a successful response: those of its JSON, or of its stream.

    Args:
        http: Reads the response.
        response: The response.
        parser: Reads the response, if it is a stream.
        body: The whole body, if it was read already.

    Raises:
        TransportError: The body is neither, or it broke off.
    """
    if parser is not None:
        async for event in http.events(response, parser):
            found = event_messages(http, response, event)
            if not found and event.data:
                parser.ignored = event.data
            for message in found:
                yield message
    else:
        if body is None:
            body = await http.read(response)
        for message in body_messages(http, response, body):
            yield message


async def answer_among(
    incoming: AsyncGenerator[Message, None],
    request: Message,
    call: tuple[Clock, Receive],
    quirks: Quirks,
) -> Message | None:
    """The answer among the messages of a response; None where it ends before that."""
    clock, receive = call
    async with contextlib.aclosing(incoming):
        async for message in incoming:
            clock.heard()
            if is_answer(message, request["id"], quirks):
                return message
            await receive(message, clock)
    return None


def body_messages(
    http: Http, response: aiohttp.ClientResponse, body: bytes
) -> list[Message]:
    """The message, or the messages of a batch, that are a response's whole body.

    Raises:
        TransportError: The body is not JSON-RPC, or it broke off.
    """
    may_be_empty = response.status in _NO_CONTENT
    if may_be_empty and not body.strip():
        return []
    kind = response.content_type
    is_json = kind == "application/json"
    try:
        found = _messages_in(http, read_json(body, http.quirks))
        problem = "the response is JSON, but not a JSON-RPC message" + excerpt(body)
    except ValueError as error:
        found, problem = [], f"the response is not valid JSON: {error}"
    if not is_json and found:
        http.quirks.note("messages come as another content type than JSON", kind)
    if found or (may_be_empty and not is_json):
        return found
    if not is_json:
        words = "" if "html" in kind else excerpt(body)
        problem = f"the response's content type is {kind}, not JSON{words}"
    raise unusable(http, response, problem, body)


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
    """The error for a response with an error status: JSON-RPC's if it has one.

    Closes the response.
    """
    try:
        body = await _some_of(response)
    finally:
        response.close()
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
    hint = None if http.is_mcp else "Is that the URL of an MCP server?"
    return failed(response, problem, hint, body)


def failed(
    response: aiohttp.ClientResponse,
    problem: str,
    hint: str | None = None,
    body: bytes | None = None,
) -> TransportError:
    """The error for a response that can't be used."""
    return TransportError(
        problem,
        url=str(response.url),
        method=response.method,
        status=response.status,
        hint=hint,
        body=body,
    )


def unanswered(
    http: Http, response: aiohttp.ClientResponse, method: str, parser: SseParser | None
) -> TransportError:
    """The error for a response that ended without answering the request.

    Without a status for a stream: that is a connection that broke.
    """
    ignored = b"" if parser is None else parser.ignored
    return TransportError(
        f"the response to {method} ended before its result"
        + (f"; the server sent{excerpt(ignored)}" if ignored else ""),
        url=http.url,
        method="POST",
        status=response.status if parser is None else None,
        body=ignored or None,
    )


async def drain(response: aiohttp.ClientResponse) -> None:
    """Reads what is left of an answered stream, so that its connection is reused."""
    with contextlib.suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(_DRAIN_TIME):
            while await response.content.readany():
                pass


_PATH_HINTS: Final = dict.fromkeys([404, 405], "Is the path right? It often is /mcp")
_STATUS_HINTS: Final = {
    413: "The arguments are too big for the server",
    429: "The server wants fewer requests",
    502: "A proxy answered; the server behind it may be down",
    503: "The server or a proxy is overloaded or down",
    504: "A proxy gave up waiting for the server",
}


_IS_IT_THERE: Final = "Is the server running there?"


def refused(
    response: aiohttp.ClientResponse,
    body: bytes,
    reason: str | None = None,
    *,
    is_mcp: bool = False,
) -> TransportError:
    """The error for a response with an error status.

    Args:
        response: The response.
        body: The beginning of its body.
        reason: The server's own words, where the body has them in a known form.
        is_mcp: Whether the URL is known to be that of an MCP server.
    """
    url, method, status = str(response.url), response.method, response.status
    is_page = "html" in response.content_type
    words = " with an HTML page" if is_page else excerpt(reason or body)
    if status in (401, 403):
        problem = "needs credentials" if status == 401 else "is forbidden"
        problem = f"this {problem} (HTTP {status}){words}"
        hint = _suggested_auth(response) if status == 401 else None
        return AuthError(problem, url=url, method=method, status=status, hint=hint)
    return TransportError(
        f"HTTP {status} {response.reason or ''}".rstrip() + words,
        url=url,
        method=method,
        status=status,
        hint=(None if is_mcp else _PATH_HINTS.get(status)) or _STATUS_HINTS.get(status),
        retry_after=retry_after(response),
        body=body or None,
    )


def _suggested_auth(response: aiohttp.ClientResponse) -> str:
    from ...auth import api_key

    header = api_key(response.headers.getall("WWW-Authenticate", ()))
    if header is None:
        return "Pass `auth`, such as BearerAuth(token)"
    return f"Pass `auth`, such as ApiKeyAuth(key{header and f', {header!r}'})"


def retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Seconds that `Retry-After` asks to wait; None without one that can be read."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)


def broken(error: Exception, method: str, url: str) -> TransportError:
    """The error for a connection that failed."""
    problem, hint, sent = _explained(error)
    return TransportError(problem, url=url, method=method, hint=hint, sent=sent)


def _explained(error: Exception) -> tuple[str, str | None, bool]:
    """What happened, what to do, and whether the request may have been sent."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "the server's certificate is not valid", None, False
    if isinstance(error, aiohttp.ClientSSLError):
        return "no secure connection: TLS failed", "Is it http instead?", False
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {_reason(error.os_error)}", _IS_IT_THERE, False
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "cannot connect: no answer", _IS_IT_THERE, False
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer", None, True
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer broke off", None, True
    if isinstance(error, aiohttp.ClientResponseError):
        problem = error.message.partition(":")[0]
        if "status line" in problem:
            return "the answer is not HTTP", "Is that the port of an HTTP server?", True
        return f"the answer is not valid HTTP{excerpt(problem)}", None, True
    if isinstance(error, OSError):
        return f"the connection broke: {error.strerror or 'reset'}", None, True
    return f"the request failed: {error}", None, True


def was_closed_before(error: Exception) -> bool:
    """Whether a connection had ended before the request was wholly written to it.

    No server acts on half a request, so it may be sent again.
    """
    cause = error.__cause__
    return (
        isinstance(error, aiohttp.ClientOSError)
        and isinstance(cause, aiohttp.ClientConnectionResetError)
        and "closing" in str(cause)
    )


def _reason(error: OSError) -> str:
    """The system's words; asyncio's own repeat the address."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or "connection failed"


def excerpt(words: str | bytes) -> str:
    """The beginning of what a server sent, on one line, after a colon."""
    text = words if isinstance(words, str) else words[:1000].decode("utf-8", "replace")
    line = "".join(c for c in " ".join(text.split()) if c.isprintable())
    if not line:
        return ""
    return f": {line[:200]}{'…' if len(line) > 200 else ''}"
