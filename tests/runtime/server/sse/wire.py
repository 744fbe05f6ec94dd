"""Speaking HTTP+SSE by hand: an event stream, and POSTs to the URL that it names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urljoin

from aiohttp import ClientResponse, ClientSession

from mcpgen.runtime.server import Contract, Service

from ..wire import SECONDS, Reply
from ..workshop import Workshop


class SseWorkshop(Workshop):
    """The workshop, served over HTTP+SSE as well."""

    contract: ClassVar[Contract] = replace(
        Workshop.contract, transports=("http", "stdio", "sse")
    )


def over_sse(service: Service) -> Service:
    """A service that is served over HTTP+SSE as well."""
    vars(service)["contract"] = replace(
        service.contract, transports=("http", "stdio", "sse")
    )
    return service


class SseWire:
    """One client.

    Attributes:
        endpoint: The URL to post to, as the first event names it.
        seen: Each message that came, until somebody took it.
    """

    def __init__(
        self, http: ClientSession, url: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.http = http
        self.url = url
        self.headers = dict(headers or {})
        self.endpoint = ""
        self.seen: list[Any] = []
        self.response: ClientResponse
        self._last_id = 0

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[SseWire]:
        """The time that the stream is open."""
        async with self.http.get(
            self.url, headers={"Accept": "text/event-stream", **self.headers}
        ) as self.response:
            assert self.response.status == 200, await self.response.text()
            name, data = await self.event()
            assert name == "endpoint"
            self.endpoint = urljoin(str(self.response.url), data)
            yield self

    async def event(self) -> tuple[str, str]:
        """The next event's name and data; comments are skipped."""
        while (block := await self.block()).startswith(":"):
            pass
        name, data = block.rstrip("\n").split("\n")
        return name.removeprefix("event: "), data.removeprefix("data: ")

    async def block(self) -> str:
        """The next event or comment as it came."""
        raw = await asyncio.wait_for(self.response.content.readuntil(b"\n\n"), SECONDS)
        if not raw:
            raise EOFError("the stream has ended")
        return raw.decode()

    async def message(self) -> Any:
        """The next message."""
        name, data = await self.event()
        assert name == "message"
        return json.loads(data)

    async def until(self, **members: Any) -> Any:
        """The first message with these members; others are kept in `seen`."""
        for kept in self.seen:
            if members.items() <= kept.items():
                self.seen.remove(kept)
                return kept
        while True:
            found = await self.message()
            if members.items() <= found.items():
                return found
            self.seen.append(found)

    async def ended(self) -> None:
        """Wait until the server has ended the stream."""
        await asyncio.wait_for(self.response.content.read(), SECONDS)

    async def post(self, body: Any, url: str | None = None, **headers: str) -> Reply:
        """Post a message, or anything else."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **self.headers, **headers}
        async with self.http.post(
            url or self.endpoint, data=data, headers=given
        ) as response:
            text = await asyncio.wait_for(response.text(), SECONDS)
            return Reply(response.status, response.headers, text)

    async def begin(self, method: str, params: Any = None) -> int:
        """Post a request; its id."""
        self._last_id += 1
        body = {"jsonrpc": "2.0", "id": self._last_id, "method": method}
        reply = await self.post(body if params is None else {**body, "params": params})
        assert (reply.status, reply.text) == (202, "")
        return self._last_id

    async def call(self, method: str, params: Any = None) -> Any:
        """The response to a request."""
        return await self.until(id=await self.begin(method, params))

    async def notify(self, method: str, **params: Any) -> None:
        """Post a notification."""
        body = {"jsonrpc": "2.0", "method": method, "params": params}
        assert (await self.post(body)).status == 202

    async def answer(self, request_id: Any, **result: Any) -> None:
        """Post the answer to a request of the server."""
        body = {"jsonrpc": "2.0", "id": request_id, "result": result}
        assert (await self.post(body)).status == 202

    async def initialize(
        self, version: str = "2024-11-05", capabilities: Sequence[str] = ()
    ) -> Any:
        """Shake hands; the result of `initialize`."""
        response = await self.call(
            "initialize",
            {
                "protocolVersion": version,
                "capabilities": {name: {} for name in capabilities},
                "clientInfo": {"name": "test", "version": "1"},
            },
        )
        await self.notify("notifications/initialized")
        return response["result"]

    async def tool(self, name: str, **arguments: Any) -> Any:
        """The response to a call."""
        return await self.call("tools/call", {"name": name, "arguments": arguments})

    async def begin_tool(self, name: str, **params: Any) -> int:
        """Call a tool; the request's id."""
        return await self.begin("tools/call", {"name": name, **params})


def text_of(response: Any) -> str:
    """The text of a call's first block."""
    return str(response["result"]["content"][0]["text"])
