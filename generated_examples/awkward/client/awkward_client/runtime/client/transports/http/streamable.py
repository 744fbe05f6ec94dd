"""Streamable HTTP of 2025-03-26 to 2025-11-25: one POST a message, streams that resume.

Carries messages of a session; does not know what they mean, but for the session's id.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Mapping
from typing import Final

import aiohttp
from pydantic_core import to_json

from ....core import headers as names
from ... import backoff
from ...channel import Receive, SessionChannel, SessionLostError
from ...errors import ClientError, ProtocolError, TransportError
from ...incoming import Message
from ...limits import Clock, Tasks
from .replies import ACCEPT, ACCEPT_STREAM, failure, messages
from .requests import Http, is_unchallenged, mirrored
from .sse import SseParser

logger: Final = logging.getLogger(__name__)

_VERSION_HEADER_SINCE: Final = "2025-06-18"
_FINAL: Final = frozenset([401, 403, 404, 405])
"""Statuses of a GET that another one without an event's id would meet, too."""
_SETUP: Final = frozenset(["logging/setLevel", "resources/subscribe"])
"""Requests that make a new session what the lost one was."""
_DEFAULT_RETRY: Final = 1_000
"""Milliseconds before a stream is resumed where the server names none."""


class StreamableChannel(SessionChannel):
    """A session over one MCP endpoint."""

    def __init__(self, http: Http, tasks: Tasks) -> None:
        super().__init__()
        self._http = http
        self._tasks = tasks
        self._session_id: str | None = None
        self._has_served = True
        self._listener: asyncio.Task[None] | None = None
        self._heard: asyncio.Future[bool] | None = None

    @property
    def has_session(self) -> bool:
        """Whether there is a session that the server may lose."""
        return self._session_id is not None

    async def exchange(
        self, message: Message, clock: Clock, headers: Mapping[str, str]
    ) -> Message:
        """The answer to a request, from the POST's answer or a resumed stream."""
        if message["method"] == "initialize":
            self.stop_listening()
            self._has_served = self._session_id is None
            self._session_id = None
            self.version = ""
        # Those of this session: a later one may have other requests of the same ids.
        receive = self.receive
        response = await self._post(message, headers)
        if message["method"] == "initialize":
            # The server may ask something before it answers.
            self._session_id = response.headers.get(names.SESSION_ID)
        elif message["method"] not in _SETUP:
            self._has_served = True
        return await self._answer(response, message, (clock, receive))

    async def post(self, message: Message) -> None:
        """Sends a notification or an answer."""
        response = await self._post(message, {})
        response.release()

    async def listen(self, wait: float) -> bool:
        """Opens the GET stream if it is not open."""
        if self._listener is None or self._listener.done():
            self._heard = asyncio.get_running_loop().create_future()
            self._listener = self._tasks.spawn(self._listen(self._heard))
        assert self._heard is not None
        try:
            return await asyncio.wait_for(asyncio.shield(self._heard), wait)
        except TimeoutError:
            # Some servers say nothing before the first message.
            return True

    def stop_listening(self) -> None:
        """Closes the GET stream."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.cancel()

    async def close(self) -> None:
        """Ends the session with DELETE."""
        self.stop_listening()
        if self._session_id is not None:
            response = await self._http.send("DELETE", self._headers({}))
            response.close()

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        sent = dict(more)
        if self._session_id is not None:
            sent[names.SESSION_ID] = self._session_id
        if self.version >= _VERSION_HEADER_SINCE:
            sent[names.PROTOCOL_VERSION] = self.version
        return sent

    async def _post(
        self, message: Message, more: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        session_id = self._session_id
        # Where a new session did not help, a 401 is about credentials.
        in_session = session_id is not None and self._has_served
        response = await self._http.send(
            "POST",
            self._headers({**more, **ACCEPT, **mirrored(message)}),
            to_json(message),
            in_session=in_session,
        )
        if response.status < 400:
            return response
        name = str(message.get("method", "an answer"))
        error = await failure(self._http, response, name)
        is_lost = in_session and is_unchallenged(response)
        if is_lost or (session_id is not None and session_is_lost(error)):
            raise SessionLostError(error)
        raise error

    async def _answer(
        self,
        response: aiohttp.ClientResponse,
        request: Message,
        call: tuple[Clock, Receive],
    ) -> Message:
        """The answer on this stream, or on those that resume it.

        Raises:
            TransportError: What ended the first stream, where no other one gets further.
        """
        parser = self._http.parser_of(response)
        first: TransportError | None = None
        known, failures = "", 0
        while True:
            try:
                return await self._http.answer(
                    response, request, call, self._tasks, parser
                )
            except TransportError as error:
                if parser is None or not parser.last_event_id:
                    raise
                if parser.last_event_id != known:
                    known, failures, first = parser.last_event_id, 0, error
                broken = first or error
            failures += 1
            response, parser = await self._resumed(parser, failures, broken)

    async def _resumed(
        self, before: SseParser, failures: int, broken: TransportError
    ) -> tuple[aiohttp.ClientResponse, SseParser]:
        """The stream from where it broke off.

        Raises:
            TransportError: It can't be resumed; the error is what broke it off.
        """
        cause: ClientError | None = None
        while True:
            if failures > backoff.MAX_TRIES:
                raise broken from cause
            wish = _DEFAULT_RETRY if before.retry is None else before.retry
            await backoff.wait(failures, wish)
            try:
                return await self._get(before.last_event_id, before.retry)
            except (ProtocolError, TransportError) as error:
                if error.status not in backoff.PASSING:
                    raise broken from error
                cause = error
                failures += 1

    async def _get(
        self, last_event_id: str, retry: int | None = None
    ) -> tuple[aiohttp.ClientResponse, SseParser]:
        """A stream of the server, and what reads it.

        Raises:
            ProtocolError: There is none.
            TransportError: The same, or it can't be reached.
        """
        sent = self._headers(ACCEPT_STREAM)
        if last_event_id:
            sent["Last-Event-ID"] = last_event_id
        response = await self._http.send("GET", sent)
        if response.status == 200 and response.content_type == "text/event-stream":
            parser = self._http.parser()
            parser.last_event_id, parser.retry = last_event_id, retry
            return response, parser
        raise await failure(self._http, response, "the stream")

    async def _listen(self, heard: asyncio.Future[bool]) -> None:
        """Reads the server's own stream for as long as the session lives."""
        last_event_id, failures = "", 0
        reopening = backoff.Reopening()
        try:
            while failures <= backoff.MAX_TRIES:
                try:
                    response, parser = await self._get(last_event_id)
                except (ProtocolError, TransportError) as error:
                    if error.status in backoff.PASSING:
                        failures += 1
                        await backoff.wait(failures)
                    elif last_event_id and error.status not in _FINAL:
                        # The server does not keep its events for so long.
                        last_event_id = ""
                    else:
                        logger.debug("no stream of server messages: %s", error)
                        return
                    continue
                if (failures or heard.done()) and not last_event_id:
                    self.on_missed()
                failures = 0
                _tell(heard, True)
                reopening.opened()
                was_read = await self._read_all(response, parser)
                has_news = parser.last_event_id != last_event_id or was_read
                last_event_id = parser.last_event_id
                await reopening.wait(parser.retry, brought=has_news)
            logger.warning("the stream of server messages was lost for good")
        finally:
            _tell(heard, False)
            if self._listener is asyncio.current_task():
                self.on_deaf()

    async def _read_all(
        self, response: aiohttp.ClientResponse, parser: SseParser
    ) -> bool:
        """Whether anything came before the stream ended, for whatever reason."""
        has_come = False
        incoming = messages(self._http, response, parser)
        try:
            async with contextlib.aclosing(incoming):
                async for message in incoming:
                    has_come = True
                    await self.receive(message, None)
        except TransportError as error:
            logger.debug("the stream of server messages broke off: %s", error)
        finally:
            response.close()
        return has_come


def _tell(heard: asyncio.Future[bool], value: bool) -> None:
    if not heard.done():
        heard.set_result(value)


_REFUSALS: Final = frozenset([400, 401, 410, 422])
_WORDS: Final = re.compile("session|initializ|initialis", re.IGNORECASE)


def session_is_lost(error: ClientError) -> bool:
    """Whether a refusal means that the session is unknown.

    404 means it by the specification; some servers use other statuses and say it in
    words.
    """
    if not isinstance(error, TransportError | ProtocolError):
        return False
    if error.status == 404:
        return True
    if error.status in _REFUSALS:
        return _WORDS.search(str(error)) is not None
    return False
