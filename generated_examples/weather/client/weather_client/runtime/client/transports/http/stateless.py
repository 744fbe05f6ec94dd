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
from ...channel import RequestChannel, nobody
from ...incoming import Message
from .replies import ACCEPT, failure, messages
from .requests import Http, mirrored

if TYPE_CHECKING:
    from ...limits import Clock, Tasks

_VERSION: Final = "io.modelcontextprotocol/protocolVersion"


class StatelessChannel(RequestChannel):
    """Requests that stand for themselves, over one endpoint."""

    cancels = True

    def __init__(self, http: Http, tasks: Tasks) -> None:
        self.receive = nobody
        self._http = http
        self._tasks = tasks

    async def exchange(
        self, message: Message, clock: Clock, headers: Mapping[str, str]
    ) -> Message:
        """The answer in the response, which is JSON or a stream."""
        response = await self._send(message, headers)
        call, parser = (clock, self.receive), self._http.parser_of(response)
        return await self._http.answer(response, message, call, self._tasks, parser)

    async def stream(
        self, message: Message, headers: Mapping[str, str]
    ) -> AsyncGenerator[Message, None]:
        """The messages of the response."""
        response = await self._send(message, headers)
        try:
            incoming = messages(self._http, response, self._http.parser_of(response))
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
            raise await failure(self._http, response, method)
        return response
