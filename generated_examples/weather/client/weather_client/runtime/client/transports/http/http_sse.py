"""HTTP+SSE of 2024-11-05: one stream from the server, POSTs to the address it names.

Carries messages of a session; does not know what they mean.
https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urljoin

import aiohttp
from pydantic_core import to_json

from ...channel import CONNECT_LIMIT, SessionChannel, SessionLostError
from ...errors import TransportError, public_url
from ...incoming import Message, answered
from ...limits import Clock, Tasks
from .replies import ACCEPT, ACCEPT_STREAM, event_messages, excerpt, failure
from .requests import Http
from .sse import Event, SseParser
from .streamable import session_is_lost


class SseChannel(SessionChannel):
    """A session over a stream and a POST address."""

    def __init__(self, http: Http, tasks: Tasks) -> None:
        super().__init__()
        self._http = http
        self._tasks = tasks
        self._endpoint: str | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, tuple[asyncio.Future[Message], Clock]] = {}

    @property
    def has_session(self) -> bool:
        """Whether there is a session that the server may lose."""
        return self._endpoint is not None

    async def exchange(
        self, message: Message, clock: Clock, headers: Mapping[str, str]
    ) -> Message:
        """The answer to a request, from the stream."""
        if message["method"] == "initialize":
            await self._connect()
        elif self._endpoint is None:
            raise SessionLostError(self._broken())
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[message["id"]] = answer, clock
        try:
            await self.post(message, headers)
            return await answer
        finally:
            del self._waiting[message["id"]]
            if not answer.cancel():
                # Retrieved here, if the POST failed first: nobody else will.
                answer.exception()

    async def listen(self, wait: float) -> bool:
        """The stream is always open."""
        return self._endpoint is not None

    async def close(self) -> None:
        """Closes the stream, which ends the session."""
        reader, self._reader = self._reader, None
        self._endpoint = None
        if reader is not None:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader

    async def _connect(self) -> None:
        """Opens the stream and waits for the POST address.

        Raises:
            TransportError: The server has no such stream.
        """
        await self.close()
        response = await self._http.send("GET", ACCEPT_STREAM)
        try:
            if response.status >= 400:
                raise await failure(self._http, response, "the stream")
            if response.content_type != "text/event-stream":
                raise self._broken("the server offers no event stream")
            parser = self._http.parser()
            events = self._http.events(response, parser)
            self._endpoint = await self._named(events)
        except BaseException:
            response.close()
            raise
        self._reader = self._tasks.spawn(
            self._read(response, events, parser), response.close
        )

    async def _named(self, events: AsyncIterator[Event]) -> str:
        """The POST address, which the first event names."""
        try:
            async with asyncio.timeout(CONNECT_LIMIT):
                event = await anext(events, None)
        except TimeoutError:
            event = None
        if event is None or event.type != "endpoint":
            raise self._broken("the server's stream does not begin with `endpoint`")
        named = event.data.decode("utf-8", "replace").strip()
        try:
            url = urljoin(self._http.url, named)
            is_ours = self._http.same_origin(url)
        except ValueError:
            raise self._broken("the server names an invalid URL") from None
        if not is_ours:
            raise self._broken(
                f"the server names an address of another origin: {public_url(url)}"
            )
        return url

    async def post(
        self, message: Message, headers: Mapping[str, str] | None = None
    ) -> None:
        """Sends a message to the address that the stream has named."""
        if self._endpoint is None:
            raise self._broken()
        response = await self._http.send(
            "POST", {**(headers or {}), **ACCEPT}, to_json(message), self._endpoint
        )
        if response.status < 400:
            response.close()
            return
        name = str(message.get("method", "an answer"))
        error = await failure(self._http, response, name)
        raise SessionLostError(error) if session_is_lost(error) else error

    async def _read(
        self,
        response: aiohttp.ClientResponse,
        events: AsyncIterator[Event],
        parser: SseParser,
    ) -> None:
        """Gives each message of the stream to whom it concerns."""
        broken = self._broken()
        try:
            async for event in events:
                found = event_messages(self._http, response, event)
                if not found and event.data:
                    parser.ignored = event.data
                for message in found:
                    await self._take(message)
            if parser.ignored:
                sent = excerpt(parser.ignored)
                broken = self._broken(f"the stream broke off; the server sent{sent}")
        except TransportError as error:
            broken = error
        finally:
            if self._reader is asyncio.current_task():
                self._endpoint = None
                self.on_deaf()
            for answer, _ in self._waiting.values():
                if not answer.done():
                    answer.set_exception(broken)

    async def _take(self, message: Message) -> None:
        request_id = answered(message, self._waiting, self._http.quirks)
        if request_id is None:
            await self.receive(message, None)
            return
        answer, clock = self._waiting[request_id]
        clock.heard()
        if not answer.done():
            answer.set_result(message)

    def _broken(self, problem: str = "the server's stream broke off") -> TransportError:
        return TransportError(problem, url=self._http.url, method="GET")
