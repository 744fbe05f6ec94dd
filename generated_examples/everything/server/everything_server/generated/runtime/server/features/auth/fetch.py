"""Tokens of authorization servers: asking these, and remembering tokens that are good.

Answers and time are bounded, and no redirect is followed. The addresses come from
settings or from the metadata of a server that settings name. Tokens are remembered as
digests.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs
from pydantic import SecretStr
from pydantic_core import from_json

from ....core.jsonrpc import is_object
from ...options.section import Section
from ...principal import Principal
from .authenticator import (
    KEY_PREFIX,
    AuthRequest,
    Refusal,
    Unavailable,
    bearer_token,
    digest,
    only,
)

T = TypeVar("T")
V = TypeVar("V")

_log: Final = logging.getLogger("mcp.auth")

MAX_REMEMBERED: Final = 10_000
MAX_ANSWER: Final = 256 * 1024
SECONDS: Final = 10.0
_CONNECTIONS: Final = 16
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_KEY: Final = re.compile(rf"{KEY_PREFIX}[\w-]{{43}}", re.ASCII)
_REFUSED_SECONDS: Final = 5.0
"""How long a refusal is remembered, so that one bad token can't flood the other server."""


@dataclass(frozen=True, kw_only=True)
class ClientSettings(Section):
    """How others are asked about tokens."""

    title = "Asking about tokens"

    auth_cache: Annotated[
        float, "how long answers of introspection and GitHub are trusted"
    ] = 60.0
    auth_client_id: Annotated[
        str, "this server's client at the authorization server or GitHub"
    ] = ""
    auth_client_secret: Annotated[SecretStr | None, "the secret of that client"] = None

    def client_secret(self) -> str:
        """The secret of this server's client; empty where there is none."""
        secret = self.auth_client_secret
        return "" if secret is None else secret.get_secret_value()


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer; `body` is None where the answer holds no JSON object."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any] | None


class Fetcher:
    """Sends requests over connections of its own, which begin with the first one."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to a request; Unavailable when none comes."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        headers = {"Accept": "application/json", **(headers or {})}
        try:
            async with self._session.request(
                method,
                url,
                headers=headers,
                allow_redirects=False,
                data=form,
                json=json,
            ) as response:
                content = await _bounded(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("%s does not answer: %s", shown(url), type(error).__name__)
            raise Unavailable(f"{shown(url)} does not answer") from None
        try:
            value = from_json(content)
        except ValueError:
            value = None
        found = value if is_object(value) else None
        return Answer(response.status, response.headers, found)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise aiohttp.ClientPayloadError(f"more than {MAX_ANSWER} bytes")
    return bytes(body)


def basic(user: str, password: str) -> str:
    """The value of `Authorization` for a user with a password."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


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

    def __init__(self) -> None:
        self._running: dict[bytes, asyncio.Task[T]] = {}

    def __bool__(self) -> bool:
        """Whether something runs."""
        return bool(self._running)

    async def run(self, key: bytes, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The work's result; a caller that gives up does not end it for others."""
        return await asyncio.shield(self.start(key, work))

    def start(
        self, key: bytes, work: Callable[[], Coroutine[Any, Any, T]]
    ) -> asyncio.Task[T]:
        """The work, which others may have begun; not to be cancelled."""
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.ensure_future(work())
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


# ------------------------------------------------------------------ bearer tokens


def mark(token: str, audiences: Sequence[str] = ()) -> bytes:
    """What a token is remembered by, however its header was written.

    Args:
        token: From `bearer_token`.
        audiences: The server that it was shown to, where what is remembered counts for
            that one alone; `Remembered.of` does not find it then.
    """
    key = digest(f"Bearer {token}")
    return key + "\n".join(audiences).encode() if audiences else key


class Remembered(Generic[V]):
    """Values until their time is up; the oldest goes when there are too many."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit or MAX_REMEMBERED
        self._entries: dict[bytes, tuple[float, V]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, headers: Mapping[str, str]) -> V | None:
        """The value of a request's token, where its header is written as most are.

        Any other spelling costs a reading of it; see `mark`.

        Raises:
            Refusal: `Authorization` came twice.
        """
        value = only(headers, hdrs.AUTHORIZATION)
        return None if value is None else self.get(digest(value))

    def get(self, key: bytes) -> V | None:
        """The value of a key, unless its time is up."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        until, value = entry
        if until <= time.time():
            del self._entries[key]
            return None
        return value

    def put(self, key: bytes, value: V, until: float) -> None:
        """Keep a value until a time in seconds since 1970."""
        self._entries.pop(key, None)
        if until <= time.time():
            return
        if len(self._entries) >= self._limit:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (until, value)


class BearerAuthenticator(ABC):
    """Accepts bearer tokens that `_verify` accepts.

    A good token is remembered `remember` seconds and never beyond its end; a revoked one
    can be used that long.
    """

    def __init__(
        self, remember: float, audiences: Collection[str] | None = None
    ) -> None:
        """Prepare.

        Args:
            remember: Seconds for which a good token is not looked at again.
            audiences: What tokens for this server name; empty takes the server's own
                URIs, None is for tokens that name none.
        """
        self._remember = remember
        self._audiences = None if audiences is None else tuple(audiences)
        self._known: Remembered[Principal] = Remembered()

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """The token's subject; see `Authenticator`."""
        token = bearer_token(request.headers)
        if token is None:
            return None
        # One that goes by each server's own URI may be asked by several servers.
        own = request.audiences if self._audiences == () else ()
        key = mark(token, own)
        principal = self._known.get(key)
        if principal is None:
            principal = await self._verify(token, key, self._audiences or own)
            until = time.time() + self._remember
            expires = principal.expires
            self._known.put(
                key, principal, until if expires is None else min(until, expires)
            )
        return principal

    def recall(self, headers: Mapping[str, str]) -> Principal | None:
        """See `Authenticator`."""
        return self._known.of(headers)

    @abstractmethod
    async def _verify(
        self, token: str, key: bytes, audiences: tuple[str, ...]
    ) -> Principal:
        """A token's principal; raises as `authenticate` does.

        Args:
            token: The token.
            key: What it is remembered by.
            audiences: One of them it must be made for, where tokens name one.
        """


class AskingAuthenticator(BearerAuthenticator):
    """Accepts bearer tokens that another server knows; `_ask` asks it.

    Each token is asked for once at a time, and answers are remembered; refusals for some
    seconds, apart from the rest: or many bad tokens would displace
    the good ones.
    """

    def __init__(
        self, remember: float, audiences: Collection[str] | None = None
    ) -> None:
        """See `BearerAuthenticator`."""
        super().__init__(remember, audiences)
        self._fetcher = Fetcher()
        self._flight: SingleFlight[Principal] = SingleFlight()
        self._refused: Remembered[str] = Remembered()

    async def close(self) -> None:
        """Close the connections to the other server."""
        await self._fetcher.close()

    async def _verify(
        self, token: str, key: bytes, audiences: tuple[str, ...]
    ) -> Principal:
        reason = self._refused.get(key)
        if reason is None:
            if _KEY.fullmatch(token):
                # By its looks this server's own: nobody else gets to see it.
                raise Refusal("the API key is not known")
            try:
                return await self._flight.run(key, lambda: self._ask(token, audiences))
            except Refusal as refusal:
                reason = refusal.reason
            until = time.time() + min(_REFUSED_SECONDS, self._remember)
            self._refused.put(key, reason, until)
        raise Refusal(reason)

    @abstractmethod
    async def _ask(self, token: str, audiences: tuple[str, ...], /) -> Principal:
        """A token's principal; raises as `authenticate` does."""
