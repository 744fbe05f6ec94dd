"""Speaking the protocol by hand, so that tests see exactly what goes over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientResponse, ClientSession

from tests.pace import patient

MODERN = "2026-07-28"
LEGACY = "2025-11-25"
SECONDS = patient(60)
"""The bound of every wait."""


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that nobody announces."""
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.005)


_NAMES = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream."""

    data: str
    id: str | None = None
    retry: int | None = None

    @property
    def message(self) -> Any:
        """The JSON-RPC message in it."""
        return json.loads(self.data)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers, and what the body says."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def result(self) -> Any:
        assert "result" in self.json, self.text
        return self.json["result"]

    @property
    def error(self) -> Any:
        assert "error" in self.json, self.text
        return self.json["error"]

    @property
    def content(self) -> str:
        """The text of a tool's first block."""
        return str(self.result["content"][0]["text"])

    @property
    def events(self) -> list[Event]:
        assert self.headers["Content-Type"] == "text/event-stream", self.text
        return parse_events(self.text)

    @property
    def messages(self) -> list[Any]:
        """The messages of an event stream."""
        return [event.message for event in self.events if event.data]


def parse_events(text: str) -> list[Event]:
    """The events of a finished stream, without comments."""
    events = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        fields = [line.partition(": ") for line in lines if line]
        known = {name: value for name, _, value in fields if name}
        if known.keys() - {""}:
            retry = known.get("retry")
            events.append(
                Event(
                    known.get("data", known.get("data:", "")),
                    known.get("id"),
                    None if retry is None else int(retry),
                )
            )
    return events


class Streamed:
    """An open event stream."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def next(self) -> Event:
        """The next event; comments are skipped."""
        while True:
            block = await self._block()
            events = parse_events(block)
            if events:
                return events[0]

    async def message(self) -> Any:
        """The next event's message; events without data are skipped."""
        while True:
            event = await self.next()
            if event.data:
                return event.message

    async def comment(self) -> str:
        """The next comment line."""
        return (await self._block()).strip()

    async def ended(self) -> bool:
        """Whether nothing more comes, and the server has ended the stream."""
        rest = await asyncio.wait_for(self.response.content.read(), SECONDS)
        return not parse_events(rest.decode())

    async def _block(self) -> str:
        block = await asyncio.wait_for(
            self.response.content.readuntil(b"\n\n"), SECONDS
        )
        if not block:
            raise EOFError("the stream has ended")
        return block.decode()


@dataclass(slots=True)
class Wire:
    """A client that sends what it is told to."""

    http: ClientSession
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    last_id: int = 0

    async def send(
        self, body: Any, *, headers: Mapping[str, str | None] | None = None
    ) -> Reply:
        """POST a body; headers of None are left out."""
        async with self.stream(body, headers=headers) as streamed:
            text = await asyncio.wait_for(streamed.response.text(), SECONDS)
            return Reply(streamed.response.status, streamed.response.headers, text)

    @asynccontextmanager
    async def stream(
        self, body: Any, *, headers: Mapping[str, str | None] | None = None
    ) -> AsyncIterator[Streamed]:
        """POST a body, and read the answer as it comes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(
            self.url, data=data, headers=self._headers(headers)
        ) as response:
            yield Streamed(response)

    @asynccontextmanager
    async def get(
        self, *, headers: Mapping[str, str | None] | None = None
    ) -> AsyncIterator[Streamed]:
        """GET the endpoint."""
        given = self._headers({"Accept": "text/event-stream", **(headers or {})})
        async with self.http.get(self.url, headers=given) as response:
            yield Streamed(response)

    async def other(self, method: str, **headers: str) -> Reply:
        """Any other HTTP request."""
        async with self.http.request(
            method, self.url, headers=self._headers(headers)
        ) as response:
            return Reply(response.status, response.headers, await response.text())

    def _headers(self, changes: Mapping[str, str | None] | None) -> dict[str, str]:
        wanted: dict[str, str | None] = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            **self.headers,
            **(changes or {}),
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id


class ModernWire(Wire):
    """Sends modern requests."""

    def request(
        self, method: str, params: Mapping[str, Any] | None = None, **meta: Any
    ) -> tuple[dict[str, Any], dict[str, str | None]]:
        """A request's body and headers."""
        given = dict(params or {})
        full_meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
            **{key.replace("__", "/").replace("_", "."): v for key, v in meta.items()},
            **given.pop("_meta", {}),
        }
        body = {
            "jsonrpc": "2.0",
            "id": self.new_id(),
            "method": method,
            "params": {**given, "_meta": full_meta},
        }
        headers: dict[str, str | None] = {
            "MCP-Protocol-Version": MODERN,
            "Mcp-Method": method,
            "Mcp-Name": given.get(_NAMES.get(method, "")),
        }
        return body, headers

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        capabilities: Mapping[str, Any] | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Send a request."""
        body, own = self.request(method, self._with(params, capabilities, meta))
        return await self.send(body, headers={**own, **(headers or {})})

    async def tool(self, name: str, arguments: Any = None, **options: Any) -> Reply:
        """Call a tool."""
        more = options.pop("params", {})
        params = {"name": name, "arguments": arguments or {}, **more}
        return await self.call("tools/call", params, **options)

    @asynccontextmanager
    async def streaming(
        self, method: str, params: Mapping[str, Any] | None = None, **options: Any
    ) -> AsyncIterator[Streamed]:
        """Send a request, and read the answer as it comes."""
        given = self._with(params, options.get("capabilities"), options.get("meta"))
        body, own = self.request(method, given)
        headers = {**own, **options.get("headers", {})}
        async with self.stream(body, headers=headers) as streamed:
            yield streamed

    @staticmethod
    def _with(
        params: Mapping[str, Any] | None,
        capabilities: Mapping[str, Any] | None,
        meta: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        added = dict(meta or {})
        if capabilities is not None:
            added["io.modelcontextprotocol/clientCapabilities"] = capabilities
        return {**(params or {}), "_meta": added}


class LegacyWire(Wire):
    """Sends legacy requests within a session."""

    async def initialize(
        self, version: str = LEGACY, capabilities: Mapping[str, Any] | None = None
    ) -> Any:
        """Open a session, without the one before; the result of `initialize`."""
        self.headers.pop("Mcp-Session-Id", None)
        self.headers.pop("MCP-Protocol-Version", None)
        params = {
            "protocolVersion": version,
            "capabilities": capabilities or {},
            "clientInfo": {"name": "test", "version": "1"},
        }
        reply = await self.call("initialize", params)
        result = reply.result
        self.headers["Mcp-Session-Id"] = reply.headers["Mcp-Session-Id"]
        self.headers["MCP-Protocol-Version"] = result["protocolVersion"]
        accepted = await self.notify("notifications/initialized")
        assert accepted.status == 202
        return result

    def request(
        self, method: str, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A request's body."""
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": self.new_id(), "method": method}
        if params is not None:
            body["params"] = params
        return body

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Send a request."""
        return await self.send(self.request(method, params), headers=headers)

    async def notify(
        self, method: str, params: Mapping[str, Any] | None = None
    ) -> Reply:
        """Send a notification."""
        body: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            body["params"] = params
        return await self.send(body)

    async def answer(self, request: Any, result: Any) -> Reply:
        """Answer a request of the server."""
        return await self.send(
            {"jsonrpc": "2.0", "id": request["id"], "result": result}
        )

    async def tool(self, name: str, arguments: Any = None, **options: Any) -> Reply:
        """Call a tool."""
        params = {
            "name": name,
            "arguments": arguments or {},
            **options.pop("params", {}),
        }
        return await self.call("tools/call", params, **options)

    @asynccontextmanager
    async def streaming(
        self, name: str, params: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Streamed]:
        """Call a tool, and read the answer as it comes."""
        body = self.request("tools/call", {"name": name, **(params or {})})
        async with self.stream(body) as streamed:
            yield streamed
