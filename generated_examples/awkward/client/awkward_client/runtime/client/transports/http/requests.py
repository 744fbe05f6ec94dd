"""HTTP for one server: requests out, answers in, every failure in words.

Owns the aiohttp session. Signs requests, answers challenges, follows redirects only within
the server's origin, and bounds what it reads. Knows nothing of JSON-RPC.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from ....core import headers as names
from ....core.features import load
from ...auth import Challenge, Outgoing
from ...channel import Origin, Pause, Receive
from ...errors import TransportError, is_web_url, public_url
from ...incoming import Message, Quirks, whole_answer
from ...options import Settings, joined
from .replies import (
    answer_among,
    broken,
    drain,
    failed,
    messages,
    unanswered,
    was_closed_before,
)
from .sse import Event, SseParser

if TYPE_CHECKING:
    from ...channel import RequestChannel, SessionChannel
    from ...limits import Clock, Tasks

CONNECT_TIMEOUT: Final = 15.0
MAX_REDIRECTS: Final = 5
MAX_CHALLENGES: Final = 3
MAX_STALE: Final = 5
"""Kept connections that may turn out to be closed, one after the other."""

_IDLE: Final = 0.02
"""Seconds after which the server may have closed a connection unnoticed."""

_REPEAT_EXACTLY: Final = frozenset([307, 308])
_REDIRECTS: Final = frozenset([301, 302, 303, 307, 308])


class Http:
    """A transport to one server by its URL: requests to one origin over one session.

    Attributes:
        url: The server's address.
        origin: What all addresses that it may lead to have in common.
        key: The same.
        verb: The method of most requests.
        quirks: The server's deviations from the protocol that were met.
        is_mcp: Whether a JSON-RPC message came from there.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = checked_url(url)
        self.origin = origin(self.url)
        self.key: Origin | None = self.origin
        self.verb = "POST"
        self.quirks = Quirks(public_url(self.url))
        self.is_mcp = False
        self._auth = settings.auth
        self._max_bytes = settings.max_bytes
        self._headers = dict(settings.headers)
        self._factory = settings.session_factory or partial(_new_session, settings.tls)
        self._session: aiohttp.ClientSession | None = None
        self._paused: Pause = nullcontext
        self._answering = 0
        self._used = 0.0

    async def open(self, paused: Pause = nullcontext) -> None:
        """Makes the session. Nothing is sent yet.

        Args:
            paused: Makes a block during which the time of the current task's call does
                not run: a person may have to sign in.
        """
        self.quirks.clear()
        self._session = self._factory()
        self._paused = paused

    async def close(self) -> None:
        """Closes all connections."""
        session, self._session = self._session, None
        if session is not None:
            finish = getattr(self._auth, "finish", None)
            if finish is not None:
                # A token that is on its way must not be lost.
                await finish(session)
            await session.close()

    def requests(self, tasks: Tasks) -> RequestChannel:
        """A channel for a modern server."""
        channel: RequestChannel = _part("stateless", "modern").StatelessChannel(
            self, tasks
        )
        return channel

    def sessions(self, tasks: Tasks) -> list[Callable[[], SessionChannel]]:
        """Streamable HTTP, then HTTP+SSE."""
        kinds = (
            _part("streamable", "legacy").StreamableChannel,
            _part("http_sse", "legacy").SseChannel,
        )
        return [partial(kind, self, tasks) for kind in kinds]

    async def send(
        self,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        url: str | None = None,
        *,
        in_session: bool = False,
    ) -> aiohttp.ClientResponse:
        """The answer to a request, whatever its status; the caller closes it.

        Args:
            method: The HTTP method.
            headers: Those of this request.
            body: The body.
            url: Where to send it, if not to the server's address.
            in_session: Whether a 401 without a challenge means that the session is lost;
                the caller gets it, and no new credentials are fetched.

        Raises:
            TransportError: No answer, or a redirect that is not followed.
            AuthError: The credentials were refused.
        """
        target = url or self.url
        redirects = challenges = 0
        while True:
            signed = await self._signed(method, target)
            # Most calls have no headers but those of the protocol.
            all_headers = (
                joined(self._headers, headers, signed)
                if self._headers or signed
                else headers
            )
            response = await self._send_once(method, target, all_headers, body)
            if in_session and is_unchallenged(response):
                return response
            if response.status in (401, 403) and self._auth is not None:
                challenges += 1
                if await self._answered(response, challenges, signed):
                    continue
                return response
            if response.status not in _REDIRECTS:
                return response
            redirects += 1
            target = self._redirected(response, method, redirects)
            response.close()

    async def read(self, response: aiohttp.ClientResponse) -> bytes:
        """The whole body.

        Raises:
            TransportError: It broke off, or is greater than the limit.
        """
        length = response.content_length
        if length is not None and length > self._max_bytes:
            raise self._too_big(response)
        try:
            if length is not None and "Content-Encoding" not in response.headers:
                return await response.read()
            body = await read_some(response, self._max_bytes + 1)
        except (aiohttp.ClientError, OSError) as error:
            raise broken(error, response.method, str(response.url)) from error
        if len(body) > self._max_bytes:
            raise self._too_big(response)
        return body

    async def events(
        self, response: aiohttp.ClientResponse, parser: SseParser
    ) -> AsyncGenerator[Event, None]:
        """The events of a stream until it ends, for whatever reason."""
        try:
            while chunk := await response.content.readany():
                for event in parser.feed(chunk):
                    yield event
        except ValueError as error:
            problem = f"the event stream is unusable: {error}"
            raise failed(response, problem) from error
        except (aiohttp.ClientError, OSError) as error:
            raise broken(error, response.method, str(response.url)) from error

    async def answer(
        self,
        response: aiohttp.ClientResponse,
        request: Message,
        call: tuple[Clock, Receive],
        tasks: Tasks,
        parser: SseParser | None,
    ) -> Message:
        """The answer in a response, whose connection serves other requests afterwards.

        Args:
            response: The response.
            request: What it is to answer.
            call: The clock of the call, and what takes other messages.
            tasks: Read the rest of a stream.
            parser: Reads the response, if it is a stream.

        Raises:
            TransportError: There is none.
        """
        try:
            answer = body = None
            if response.content_type == "application/json":
                body = await self.read(response)
                answer = whole_answer(body, request["id"], self.quirks)
            if answer is None:
                incoming = messages(self, response, parser, body)
                answer = await answer_among(incoming, request, call, self.quirks)
            if answer is None:
                raise unanswered(self, response, request["method"], parser)
        except BaseException:
            # Closing the stream is how the server learns that nobody waits.
            response.close()
            raise
        self.is_mcp = True
        if response.content.at_eof():
            response.release()
        else:
            tasks.spawn(drain(response), response.close)
        return answer

    def parser(self) -> SseParser:
        """A parser for one stream, with this client's limit."""
        return SseParser(self._max_bytes)

    def parser_of(self, response: aiohttp.ClientResponse) -> SseParser | None:
        """A parser for a response; None if it is no stream."""
        is_stream = response.content_type == "text/event-stream"
        return self.parser() if is_stream else None

    def same_origin(self, url: str) -> bool:
        """Whether an address belongs to the server."""
        return origin(url) == self.origin

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session."""
        if self._session is None:
            raise RuntimeError("this client is not open; use it in `async with`")
        return self._session

    async def _send_once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> aiohttp.ClientResponse:
        session = self.session
        now = time.monotonic()
        if now - self._used > _IDLE:
            # Lets the loop see that the server closed an idle connection.
            await asyncio.sleep(0)
        self._used = now
        for further in reversed(range(MAX_STALE)):
            try:
                return await session.request(
                    method, url, data=body, headers=headers, allow_redirects=False
                )
            except (aiohttp.ClientError, OSError, ValueError) as error:
                if not further or not was_closed_before(error):
                    raise broken(error, method, url) from error
                await asyncio.sleep(0)
        raise AssertionError("the last failure is raised")

    async def _signed(self, method: str, url: str) -> Mapping[str, str]:
        if self._auth is None:
            return {}
        # A hook may make this request wait until another call has signed in.
        with self._paused() if self._answering else nullcontext():
            return await self._auth.sign(Outgoing(method, url), self.session)

    async def _answered(
        self, response: aiohttp.ClientResponse, attempt: int, signed: Mapping[str, str]
    ) -> bool:
        """Whether the request shall be sent again; if not, the answer stays open."""
        assert self._auth is not None
        challenge = Challenge(
            response.status,
            str(response.url),
            tuple(response.headers.getall("WWW-Authenticate", ())),
            response.headers,
            attempt,
            signed,
        )
        if attempt > MAX_CHALLENGES:
            return False
        is_open = False
        self._answering += 1
        try:
            with self._paused():
                is_open = not await self._auth.answer(challenge, self.session)
        finally:
            self._answering -= 1
            if not is_open:
                response.close()
        return not is_open

    def _redirected(
        self, response: aiohttp.ClientResponse, method: str, count: int
    ) -> str:
        url = str(response.url)
        hint = None
        try:
            location = response.headers.get("Location")
            target = urljoin(url, location) if location else ""
            is_ours = self.same_origin(target)
        except ValueError:
            target, is_ours = "", True
        if not target:
            problem = "the server redirects to an invalid URL"
        elif count > MAX_REDIRECTS:
            problem = "the server redirects in circles"
        elif not is_ours:
            problem = f"the server redirects to another origin: {public_url(target)}"
            hint = "Redirects elsewhere are not followed; use that URL if you trust it"
        elif method == "POST" and response.status not in _REPEAT_EXACTLY:
            problem = f"the server redirects to {public_url(target)} as a GET"
            hint = "Use that URL"
        else:
            return target
        response.close()
        raise failed(response, problem, hint)

    def _too_big(self, response: aiohttp.ClientResponse) -> TransportError:
        problem = f"the answer is greater than {self._max_bytes} bytes"
        return failed(response, problem, "`max_bytes` sets the limit")


def mirrored(message: Message) -> dict[str, str]:
    """The headers that repeat a request's method and what it names.

    Proxies route by them; servers of older revisions ignore them.
    """
    method = message.get("method")
    if not isinstance(method, str):
        return {}
    found = {names.METHOD: method}
    if method in names.NAMED_BY:
        name = message["params"].get(names.NAMED_BY[method])
        if isinstance(name, str):
            found[names.NAME] = name if _PLAIN(name) else names.encode(name)
    return found


_PLAIN: Final = re.compile(r"[A-Za-z0-9._/:-]+").fullmatch
"""Whether a name is the same in a header; others may be, too."""


def is_unchallenged(response: aiohttp.ClientResponse) -> bool:
    """Whether a 401 names no way to authenticate, which HTTP requires of it."""
    return response.status == 401 and "WWW-Authenticate" not in response.headers


async def read_some(response: aiohttp.ClientResponse, size: int) -> bytes:
    """The body, but not much more than `size` bytes of it."""
    chunks: list[bytes] = []
    left = size
    while left > 0 and (chunk := await response.content.readany()):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def checked_url(url: str) -> str:
    """An address that a client can use.

    Raises:
        ValueError: It is not an http or https URL.
    """
    if not is_web_url(url):
        raise ValueError(
            f"{public_url(url)!r} is not the URL of a server; "
            "it looks like http://127.0.0.1:8000/mcp"
        )
    return url


def origin(url: str) -> Origin:
    """Scheme, host and port."""
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname or "", parts.port or default


def _new_session(tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=True if tls is None else tls),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_TIMEOUT, connect=None
        ),
    )


def _part(name: str, era: str) -> Any:
    """A module of one era, of unknown type: not every package has it."""
    return load(f"{__package__}.{name}", f"the {era} era", "client", era)
