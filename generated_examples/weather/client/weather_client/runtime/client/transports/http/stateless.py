"""Streamable HTTP of 2026-07-28: one POST a request, whose response is the answer.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from pydantic_core import to_json

from ....core import headers as names
from ...channel import Receive, nobody
from ...incoming import Message, is_answer, whole_answer
from .replies import (
    ACCEPT,
    body_messages,
    drain,
    failure,
    final_status,
    messages,
    unanswered,
)
from .requests import Http, mirrored

if TYPE_CHECKING:
    from ...limits import Clock, Tasks

_VERSION: Final = "io.modelcontextprotocol/protocolVersion"


class StatelessChannel:
    """Requests that stand for themselves, over one endpoint."""

    cancels = True

    def __init__(self, http: Http, tasks: Tasks) -> None:
        self.receive: Receive = nobody
        self._http = http
        self._tasks = tasks

    async def exchange(
        self, message: Message, clock: Clock, headers: Mapping[str, str]
    ) -> Message:
        """The answer in the response, which is JSON or a stream."""
        response = await self._send(message, headers)
        try:
            if response.content_type == "application/json":
                answer = await self._answer_of(response, message)
            else:
                answer = await self._answer_in(response, message, clock)
        except BaseException:
            # Closing the stream is how the server learns that nobody waits.
            response.close()
            raise
        if response.content.at_eof():
            response.release()
        else:
            self._tasks.spawn(drain(response), response.close)
        return answer

    async def stream(
        self, message: Message, headers: Mapping[str, str]
    ) -> AsyncGenerator[Message, None]:
        """The messages of the response."""
        response = await self._send(message, headers)
        try:
            incoming = messages(self._http, response, self._http.parser())
            async with contextlib.aclosing(incoming):
                async for each in incoming:
                    yield each
        finally:
            response.close()

    async def post(self, message: Message) -> None:
        """Nothing: this transport has no notifications of clients."""

    async def _send(
        self, message: Message, more: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """The response to a request, if its status says that it is one."""
        method: str = message["method"]
        params: dict[str, Any] = message["params"]
        sent = {
            **more,
            **ACCEPT,
            names.PROTOCOL_VERSION: params["_meta"][_VERSION],
            **mirrored(message),
        }
        response = await self._http.send("POST", sent, to_json(message))
        if response.status >= 400:
            try:
                error = await failure(self._http, response, method)
            finally:
                response.close()
            raise error
        return response

    async def _answer_of(
        self, response: aiohttp.ClientResponse, request: Message
    ) -> Message:
        """The answer that is a single JSON object, without the costs of a stream."""
        http = self._http
        body = await http.read(response)
        if (answer := whole_answer(body, request["id"], http.quirks)) is not None:
            http.is_mcp = True
            return answer
        for message in body_messages(http, response, body):
            if is_answer(message, request["id"], http.quirks):
                return message
        raise unanswered(http, request["method"], response.status)

    async def _answer_in(
        self, response: aiohttp.ClientResponse, request: Message, clock: Clock
    ) -> Message:
        http = self._http
        parser = http.parser()
        async with contextlib.aclosing(messages(http, response, parser)) as stream:
            async for message in stream:
                if is_answer(message, request["id"], http.quirks):
                    return message
                clock.heard()
                await self.receive(message, clock)
        raise unanswered(http, request["method"], final_status(response), parser)
