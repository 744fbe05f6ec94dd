"""Asking authorization servers: bounded answers, bounded time, no redirects.

The addresses come from settings or from the metadata of a server that settings name.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import aiohttp
from pydantic_core import from_json

from ....core.jsonrpc import is_object
from .authenticator import Unavailable

T = TypeVar("T")

_log: Final = logging.getLogger("mcp.auth")

MAX_ANSWER: Final = 256 * 1024
SECONDS: Final = 10.0
_CONNECTIONS: Final = 16
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer; `body` is None where the answer holds no JSON object."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any] | None


class Fetcher:
    """Sends requests over connections of its own, which begin with the first one."""

    __slots__ = ("_session",)

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET; Unavailable when no answer comes."""
        return await self._send("GET", url, headers, None, None)

    async def post(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST a form or a JSON object; Unavailable when no answer comes."""
        return await self._send("POST", url, headers, form, json)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        json: Mapping[str, str] | None,
    ) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            async with self._session.request(
                method,
                url,
                headers={"Accept": "application/json", **(headers or {})},
                data=form,
                json=json,
                allow_redirects=False,
            ) as response:
                body = await _bounded(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("%s does not answer: %s", shown(url), type(error).__name__)
            raise Unavailable(f"{shown(url)} does not answer") from None
        return Answer(response.status, response.headers, _object(body))


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise aiohttp.ClientPayloadError(f"more than {MAX_ANSWER} bytes")
    return bytes(body)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = from_json(body)
    except ValueError:
        return None
    return value if is_object(value) else None


def shown(url: str) -> str:
    """A URL for logs: without credentials and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def checked_url(url: str, name: str) -> str:
    """A URL that secrets and keys may travel to and from.

    Raises:
        ValueError: It is neither https nor http on this machine.
    """
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (parts.hostname and (parts.scheme == "https" or local)) or parts.fragment:
        raise ValueError(f"{name}: {url[:200]!r} must be an https URL")
    return url


class SingleFlight(Generic[T]):
    """Lets those who want the same at the same time wait for one answer."""

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running: dict[bytes, asyncio.Task[T]] = {}

    def __bool__(self) -> bool:
        """Whether something runs."""
        return bool(self._running)

    async def run(self, key: bytes, work: Callable[[], Awaitable[T]]) -> T:
        """The work's result; whoever gives up waiting does not end it for others."""
        return await asyncio.shield(self.start(key, work))

    def start(self, key: bytes, work: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
        """The work, which others may have begun; not to be cancelled."""
        task = self._running.get(key)
        if task is None:

            async def worker() -> T:
                return await work()

            task = self._running[key] = asyncio.ensure_future(worker())
            task.add_done_callback(lambda done: self._done(key, done))
        return task

    async def close(self) -> None:
        """End all that runs."""
        running = tuple(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _done(self, key: bytes, task: asyncio.Task[T]) -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen, even when nobody waits any more
