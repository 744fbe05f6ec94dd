"""Requests to authorization servers: bounded, never redirected, over TLS or loopback.

Knows HTTP and JSON; what is asked for is others' affair. No message of an error has a
form's content, which is full of secrets.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..errors import AuthError
from ..shapes import is_object

if TYPE_CHECKING:
    import aiohttp

LARGEST: Final = 256 * 1024
"""Bytes of a metadata document or a token answer."""
SECONDS: Final = 30.0
"""How long one request may take."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in JSON.

    Attributes:
        status: The HTTP status.
        body: Its object, empty where the body is none.
        headers: Its headers.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


def check(url: str, what: str) -> str:
    """An address that secrets may go to.

    Raises:
        AuthError: It is neither https nor http on this machine.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https" and parts.hostname
    if not secure and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise AuthError(
            f"the {what} is no https URL, so nothing secret can be sent there",
            url=url,
            method="GET",
        )
    if parts.username or parts.password:
        raise AuthError(f"the {what} has a password in it", url=url, method="GET")
    return url


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or (host or "").endswith(".localhost"):
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


async def get(session: aiohttp.ClientSession, url: str, what: str) -> Answer:
    """A document, whatever its status.

    Raises:
        AuthError: The address is refused, or there is no usable answer.
    """
    headers = {"Accept": "application/json"}
    return await _request(session, "GET", url, what, headers, None)


async def post(
    session: aiohttp.ClientSession,
    url: str,
    what: str,
    *,
    form: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """The answer to a form or to a JSON document, whatever its status.

    Raises:
        AuthError: The address is refused, or there is no usable answer.
    """
    data: Any = form
    sent = {"Accept": "application/json", **(headers or {})}
    if document is not None:
        data = json.dumps(document).encode()
        sent["Content-Type"] = "application/json"
    return await _request(session, "POST", url, what, sent, data)


async def _request(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    what: str,
    headers: Mapping[str, str],
    data: Any,
) -> Answer:
    check(url, what)
    import aiohttp

    try:
        async with (
            asyncio.timeout(SECONDS),
            session.request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as response,
        ):
            body = await _read(response)
            return Answer(response.status, _object(body), response.headers)
    except TimeoutError:
        problem = f"the {what} did not answer within {SECONDS:g} s"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        problem = f"the {what} can't be reached: {type(error).__name__}"
    raise AuthError(problem, url=url, method=method)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := await response.content.readany():
        size += len(chunk)
        if size > LARGEST:
            raise ValueError("too large")
        chunks.append(chunk)
    return b"".join(chunks)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if is_object(value) else {}
