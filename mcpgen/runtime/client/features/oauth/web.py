"""Requests to authorization servers: bounded, never redirected, over TLS or loopback.

A request may be limited to a `Reach`: the name is resolved and checked before connecting,
and the address of the connection is checked again before anything is sent over it.

Knows HTTP and JSON; what is asked for is others' affair. No message of an error has a
form's content, which is full of secrets.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from ...errors import AuthError
from ...shapes import is_object
from .addresses import Place, Reach, is_loopback, out_of_reach, place_of_text

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
        place: Where the connection led; None where a proxy or a local socket answered.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    place: Place | None = None


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


async def get(
    session: aiohttp.ClientSession, url: str, what: str, reach: Reach | None = None
) -> Answer:
    """A document, whatever its status.

    Raises:
        AuthError: The address is refused, or there is no usable answer.
    """
    headers = {"Accept": "application/json"}
    return await _request(session, "GET", url, what, headers, None, reach)


async def post(
    session: aiohttp.ClientSession,
    url: str,
    what: str,
    *,
    form: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    reach: Reach | None = None,
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
    return await _request(session, "POST", url, what, sent, data, reach)


async def _request(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    what: str,
    headers: Mapping[str, str],
    data: Any,
    reach: Reach | None,
) -> Answer:
    if reach is not None:
        await reach.check(url, what)
    check(url, what)
    import aiohttp

    from ...transports.http.aiohttp_parts import watched

    peer = _Peer(reach, url, what)
    try:
        with watched(session, peer.connected) as checked:
            async with (
                asyncio.timeout(SECONDS),
                checked.request(
                    method, url, data=data, headers=headers, allow_redirects=False
                ) as response,
            ):
                body = await _read(response)
                answer = Answer(
                    response.status, _object(body), response.headers, peer.place
                )
        return answer
    except TimeoutError:
        problem = f"the {what} did not answer within {SECONDS:g} s"
    except NotImplementedError as error:
        problem = str(error)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        problem = f"the {what} can't be reached: {type(error).__name__}"
    raise UnreachableError(problem, url=url, method=method)


class UnreachableError(AuthError):
    """There is no usable response."""


class _Peer:
    """The other end of a request's connection.

    Attributes:
        place: Where it is, once there is a connection.
    """

    def __init__(self, reach: Reach | None, url: str, what: str) -> None:
        self._reach = reach
        self._url = url
        self._what = what
        self.place: Place | None = None

    def connected(self, transport: asyncio.Transport | None) -> None:
        """Check a connection before anything is sent over it.

        Raises:
            AuthError: It leads to where this client must not be led.
        """
        name: Any = transport and transport.get_extra_info("peername")
        if not isinstance(name, tuple):
            return
        address = str(cast("tuple[object, ...]", name)[0])
        self.place = place_of_text(address)
        if self._reach is None:
            return
        host = urlsplit(self._url).hostname or ""
        refused = self._reach.refused(host, address)
        if refused:
            raise out_of_reach(self._url, self._what, refused)


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
