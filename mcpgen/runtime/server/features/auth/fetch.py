"""Asking others about tokens: bounded answers, bounded time, no redirects.

The addresses come from settings or from the metadata of a server that settings name.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import aiohttp
from pydantic_core import from_json

from ....core.jsonrpc import is_object
from ...effective import LOOPBACK
from ...principal import Principal
from .authenticator import (
    AuthRequest,
    Refusal,
    Remembered,
    Unavailable,
    bearer_token,
    mark,
    refuse_api_key,
)
from .settings import ClientSettings

T = TypeVar("T")

_log: Final = logging.getLogger("mcp.auth")

MAX_ANSWER: Final = 256 * 1024
SECONDS: Final = 10.0
_CONNECTIONS: Final = 16
MAX_REMEMBERED: Final = 10_000
_REFUSED_SECONDS: Final = 5.0
"""How long a refusal is remembered, so that one bad token can't flood who is asked."""


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

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; Unavailable when no answer comes."""
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

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


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
    local = parts.scheme == "http" and parts.hostname in LOOPBACK
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

    async def run(self, key: bytes, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The work's result; whoever gives up waiting does not end it for others."""
        return await asyncio.shield(self.start(key, work))

    def start(
        self, key: bytes, work: Callable[[], Coroutine[Any, Any, T]]
    ) -> asyncio.Task[T]:
        """The work, which others may have begun; not to be cancelled."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(work())
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


class AskingAuthenticator(ABC):
    """Accepts bearer tokens that others know; the base of those that ask about each.

    An answer is remembered `remember` seconds and never beyond the token's end; a
    revoked token can be used that long.
    """

    def __init__(self, remember: float, audiences: Collection[str] | None = ()) -> None:
        """Ask nobody yet.

        Args:
            remember: Seconds for which an answer is not asked for again.
            audiences: What tokens name that are made for this server: empty for its own
                URI, None where they name nothing.
        """
        self._audiences = audiences
        self._remember = remember
        self._fetcher = Fetcher()
        self._flight: SingleFlight[Principal | str] = SingleFlight()
        self._known: Remembered[Principal] = Remembered(MAX_REMEMBERED)
        # Apart, or whoever sends many bad tokens would have the good ones forgotten.
        self._refused: Remembered[str] = Remembered(MAX_REMEMBERED)

    @abstractmethod
    async def _ask(self, token: str, own: tuple[str, ...]) -> Principal | str:
        """The principal behind a token, or in words why there is none.

        Args:
            token: The token.
            own: The URIs of the server that it was shown to, where no others are set.
        """

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """The token's subject; see `Authenticator`."""
        token = bearer_token(request.headers)
        if token is None:
            return None
        # One that goes by each server's own URI may be asked by several servers.
        own = request.audiences if self._audiences == () else ()
        key = mark(token, own)
        answer = self._known.get(key) or self._refused.get(key)
        if answer is None:
            refuse_api_key(token)
            answer = await self._flight.run(key, lambda: self._ask(token, own))
            self._remember_answer(key, answer)
        if isinstance(answer, str):
            raise Refusal(answer)
        return answer

    def recall(self, headers: Mapping[str, str]) -> Principal | None:
        """See `Authenticator`."""
        return self._known.of(headers)

    async def close(self) -> None:
        """Close the connections."""
        await self._fetcher.close()

    def _remember_answer(self, key: bytes, answer: Principal | str) -> None:
        now = time.time()
        if isinstance(answer, str):
            self._refused.put(key, answer, now + min(_REFUSED_SECONDS, self._remember))
        else:
            until = now + self._remember
            self._known.put(key, answer, min(until, answer.expires or until))


def client_secret(settings: ClientSettings) -> str:
    """The secret of this server's client; empty where there is none."""
    secret = settings.auth_client_secret
    return "" if secret is None else secret.get_secret_value()
