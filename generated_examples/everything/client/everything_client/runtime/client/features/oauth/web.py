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
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ...errors import AuthError
from ...shapes import members
from .addresses import ANYWHERE, Place, Reach, check_secure, out_of_reach, place_of_peer

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


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    what: str,
    reach: Reach = ANYWHERE,
    *,
    form: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A document, or the answer to a form or a JSON document, whatever its status.

    Raises:
        AuthError: The address is refused, or there is no usable answer.
    """
    await reach.check(url, what)
    check_secure(url, what)
    import aiohttp

    from ...transports.http.aiohttp_parts import watched

    place: Place | None = None

    def connected(transport: asyncio.Transport | None) -> None:
        nonlocal place
        peer = transport and transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            address = str(peer[0])  # pyright: ignore[reportUnknownArgumentType]
            place = place_of_peer(address)
            refused = reach.refused(urlsplit(url).hostname or "", address)
            if refused:
                raise out_of_reach(url, what, refused)

    method = "GET" if form is document is None else "POST"
    try:
        with watched(session, connected) as checked:
            async with (
                asyncio.timeout(SECONDS),
                checked.request(
                    method,
                    url,
                    data=form,
                    json=document,
                    headers={"Accept": "application/json", **(headers or {})},
                    allow_redirects=False,
                ) as response,
            ):
                body = _object(await _read(response))
                return Answer(response.status, body, response.headers, place)
    except TimeoutError:
        problem = f"the {what} did not answer within {SECONDS:g} s"
    except NotImplementedError as error:
        problem = str(error)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        problem = f"the {what} can't be reached: {type(error).__name__}"
    raise AuthError(problem, url=url, method=method)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while chunk := await response.content.readany():
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("too large")
    return bytes(body)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        return members(json.loads(body))
    except (ValueError, RecursionError):
        return {}
