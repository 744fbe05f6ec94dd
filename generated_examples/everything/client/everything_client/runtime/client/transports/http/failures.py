"""What went wrong in HTTP, in words: what happened, where, and what to do."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp

from ...errors import AuthError, TransportError

_PATH_HINTS: Final = {
    404: "Is the path right? It often is /mcp",
    405: "Is the path right? It often is /mcp",
}
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
        return AuthError(
            f"this {problem} (HTTP {status}){words}",
            url=url,
            method=method,
            status=status,
            hint=_suggested_auth(response) if status == 401 else None,
        )
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
    from ...auth.challenges import api_key

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
        return _unreadable(error)
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


def _unreadable(error: aiohttp.ClientResponseError) -> tuple[str, str | None, bool]:
    problem = error.message.partition(":")[0]
    if "status line" in problem:
        return "the answer is not HTTP", "Is that the port of an HTTP server?", True
    return f"the answer is not valid HTTP{excerpt(problem)}", None, True


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
