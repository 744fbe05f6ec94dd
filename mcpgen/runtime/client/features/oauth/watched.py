"""Connections that are looked at before a request is sent over them.

Uses parts of aiohttp that it does not promise to keep; see `aiohttp_parts`.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import aiohttp

from ...transports.http.aiohttp_parts import part


@contextmanager
def watched(
    session: aiohttp.ClientSession,
    connected: Callable[[asyncio.Transport | None], None],
) -> Generator[aiohttp.ClientSession]:
    """A session on the same connections that shows each before it sends anything.

    There is no public way to give one request of a session another class. Without
    `ClientSession._request_class` it is a new session with the same connector, which
    lacks the proxy that the other may have as its default. Without `ClientRequest.send`
    nothing can be checked.

    Args:
        session: A session.
        connected: Gets a connection, and raises what refuses it.

    Raises:
        NotImplementedError: This aiohttp has no `ClientRequest.send`.
    """
    if part(aiohttp.ClientRequest, "send") is None:
        raise NotImplementedError(
            "with this version of aiohttp, addresses of authorization servers can't be "
            "checked; install another"
        )

    class Watched(aiohttp.ClientRequest):
        async def send(self, conn: Any) -> aiohttp.ClientResponse:
            # Behind a proxy the connection leads to the proxy.
            if self.proxy is None:
                connected(conn.transport)
            return await super().send(conn)

    made: Any
    if part(session, "_request_class") is None:
        made = aiohttp.ClientSession(
            connector=session.connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=session.headers,
            request_class=Watched,
            trust_env=session.trust_env,
        )
    else:
        made = copy.copy(session)
        made._request_class = Watched
    try:
        yield made
    finally:
        made.detach()
