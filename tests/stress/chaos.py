"""A server of one era that does whatever its random numbers say."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, TypeAlias

from aiohttp import web

Era: TypeAlias = Literal["modern", "legacy"]
Message: TypeAlias = dict[str, Any]

PATIENCE: Final = 0.5
"""Seconds that the server waits for an answer to its question, and keeps silent."""
FORM: Final = {"type": "object", "properties": {"n": {"type": "integer"}}}
CHANGED: Final = "notifications/tools/list_changed"


def event(message: object, **fields: object) -> bytes:
    lines = [f"{name}: {value}" for name, value in fields.items()]
    data = message if isinstance(message, str) else json.dumps(message)
    return "\n".join([*lines, f"data: {data}", "", ""]).encode()


def result(message: Message, **members: object) -> Message:
    return {"jsonrpc": "2.0", "id": message["id"], "result": members}


def echo(message: Message) -> Message:
    """The result of a call: its argument, so that no other call can take it."""
    text = str(message["params"]["arguments"]["n"])
    return result(
        message, resultType="complete", content=[{"type": "text", "text": text}]
    )


class Chaos:
    """Answers, questions, cuts and silence, by chance.

    Attributes:
        url: Where it is.
        answers: The answers to its questions: the number of the call that the question
            was about, and the number in the form.
    """

    def __init__(self, era: Era, seed: int) -> None:
        self.era = era
        self.url = ""
        self.answers: list[tuple[int, int]] = []
        self._chance = random.Random(seed)
        self._sessions: set[str] = set()
        self._asked: dict[tuple[str, object], asyncio.Future[Message]] = {}
        self._kept: dict[str, Message] = {}
        self._ids = 0
        self._runner: web.AppRunner | None = None

    @property
    def connections(self) -> int:
        """How many connections are open."""
        assert self._runner is not None
        assert self._runner.server is not None
        return len(self._runner.server.connections)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Chaos]:
        app = web.Application()
        app.router.add_route("*", "/mcp", self._handle)
        runner = self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
            yield self
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        session = request.headers.get("Mcp-Session-Id", "")
        if session and session not in self._sessions:
            return web.Response(status=404)
        if request.method == "DELETE":
            self._sessions.discard(session)
            return web.Response(status=204)
        if request.method == "GET":
            return await self._listen(request)
        message: Message = await request.json()
        if "method" not in message:
            waiting = self._asked.get((session, message["id"]))
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            return web.Response(status=202)
        if "id" not in message:
            return web.Response(status=202)
        return await self._answer(request, message)

    async def _answer(
        self, request: web.Request, message: Message
    ) -> web.StreamResponse:
        match message["method"]:
            case "server/discover" if self.era == "modern":
                return web.json_response(
                    result(
                        message,
                        supportedVersions=["2026-07-28"],
                        capabilities={"tools": {"listChanged": True}},
                    )
                )
            case "initialize" if self.era == "legacy":
                return self._initialized(message)
            case "ping":
                return web.json_response(result(message))
            case "tools/list":
                return await self._list(request, message)
            case "tools/call":
                return await self._call(request, message)
            case "subscriptions/listen" if self.era == "modern":
                return await self._subscribed(request, message)
        error = {"code": -32601, "message": "Method not found"}
        body = {"jsonrpc": "2.0", "id": message["id"], "error": error}
        return web.json_response(body, status=404)

    def _initialized(self, message: Message) -> web.Response:
        self._ids += 1
        session = f"session-{self._ids}"
        self._sessions.add(session)
        body = result(
            message,
            protocolVersion="2025-11-25",
            capabilities={"tools": {"listChanged": True}},
            serverInfo={"name": "chaos", "version": "0"},
        )
        return web.json_response(body, headers={"Mcp-Session-Id": session})

    async def _list(self, request: web.Request, message: Message) -> web.StreamResponse:
        if self._chance.random() < 0.2:
            return await self._stream(request)
        page = int(message["params"].get("cursor", 0))
        more = {"nextCursor": str(page + 1)} if page < 2 else {}
        tool = {"name": f"tool-{page}", "inputSchema": {"type": "object"}}
        return web.json_response(result(message, tools=[tool], **more))

    async def _call(self, request: web.Request, message: Message) -> web.StreamResponse:
        kinds: dict[str, Callable[..., Awaitable[web.StreamResponse]]] = {
            "plain": self._plain,
            "progress": self._progress,
            "cut": self._cut,
            "busy": self._busy,
            "hang": self._hang,
            "ask": self._ask if self.era == "legacy" else self._ask_first,
            "late": self._late,
        }
        if self.era == "legacy":
            kinds |= {"resumed": self._resumed, "lost": self._lost}
        return await self._chance.choice(list(kinds.values()))(request, message)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        return stream

    async def _pause(self) -> None:
        await asyncio.sleep(self._chance.random() * 0.02)

    async def _plain(self, _: web.Request, message: Message) -> web.StreamResponse:
        await self._pause()
        return web.json_response(echo(message))

    async def _progress(
        self, request: web.Request, message: Message
    ) -> web.StreamResponse:
        stream = await self._reported(request, message)
        await stream.write(event(echo(message)))
        return stream

    async def _reported(
        self, request: web.Request, message: Message
    ) -> web.StreamResponse:
        """A stream that has reported progress, with the call's number as its words."""
        stream = await self._stream(request)
        for step in range(self._chance.randrange(1, 5)):
            params = {
                "progressToken": message["params"]["_meta"]["progressToken"],
                "progress": step + 1,
                "message": str(message["params"]["arguments"]["n"]),
            }
            report = {"method": "notifications/progress", "params": params}
            await stream.write(event({"jsonrpc": "2.0", **report}))
            await self._pause()
        return stream

    async def _cut(self, request: web.Request, message: Message) -> web.StreamResponse:
        stream = await self._reported(request, message)
        if self._chance.random() < 0.5 and request.transport is not None:
            await stream.write(b"data: {")
            request.transport.abort()
        return stream

    async def _busy(self, *_: object) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "0"})

    async def _hang(self, request: web.Request, _: Message) -> web.StreamResponse:
        stream: web.StreamResponse = web.Response(status=500)
        if self._chance.random() < 0.5:
            stream = await self._stream(request)
        await asyncio.sleep(PATIENCE)
        return stream

    async def _late(self, request: web.Request, message: Message) -> web.StreamResponse:
        """Another call's result comes before, and more than enough after."""
        stream = await self._stream(request)
        foreign = {**echo(message), "id": message["id"] + 1}
        foreign["result"] = {"content": [{"type": "text", "text": "foreign"}]}
        await stream.write(event(foreign))
        await stream.write(event(echo(message)))
        await self._pause()
        await stream.write(event(foreign))
        return stream

    async def _ask_first(self, _: web.Request, message: Message) -> web.StreamResponse:
        number = message["params"]["arguments"]["n"]
        answers = message["params"].get("inputResponses")
        if answers is not None:
            self._take(number, answers["q"])
            return web.json_response(echo(message))
        params = {"message": str(number), "requestedSchema": FORM}
        question = {"method": "elicitation/create", "params": params}
        asked = result(
            message, resultType="input_required", inputRequests={"q": question}
        )
        return web.json_response(asked)

    async def _ask(self, request: web.Request, message: Message) -> web.StreamResponse:
        number = message["params"]["arguments"]["n"]
        stream = await self._stream(request)
        self._ids += 1
        key = request.headers["Mcp-Session-Id"], self._ids
        waiting = self._asked[key] = asyncio.get_running_loop().create_future()
        params = {"message": str(number), "requestedSchema": FORM}
        question = {"method": "elicitation/create", "params": params}
        try:
            await stream.write(event({"jsonrpc": "2.0", "id": self._ids, **question}))
            answer = await asyncio.wait_for(waiting, PATIENCE)
        except TimeoutError:
            return stream
        finally:
            del self._asked[key]
        if "result" in answer:
            self._take(number, answer["result"])
        await stream.write(event(echo(message)))
        return stream

    def _take(self, number: int, answer: Message) -> None:
        if answer["action"] == "accept":
            self.answers.append((number, answer["content"]["n"]))

    async def _resumed(
        self, request: web.Request, message: Message
    ) -> web.StreamResponse:
        """The stream ends; who comes back for the rest gets it."""
        stream = await self._reported(request, message)
        self._ids += 1
        self._kept[f"call-{self._ids}"] = message
        await stream.write(event("", id=f"call-{self._ids}", retry=10))
        return stream

    async def _lost(self, request: web.Request, _: Message) -> web.StreamResponse:
        self._sessions.discard(request.headers["Mcp-Session-Id"])
        return web.Response(status=404)

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        stream = await self._stream(request)
        message = self._kept.pop(request.headers.get("Last-Event-ID", ""), None)
        if message is not None:
            await stream.write(event(echo(message)))
            return stream
        return await self._changing(stream)

    async def _subscribed(
        self, request: web.Request, message: Message
    ) -> web.StreamResponse:
        stream = await self._stream(request)
        granted = {"notifications": message["params"]["notifications"]}
        method = "notifications/subscriptions/acknowledged"
        await stream.write(
            event({"jsonrpc": "2.0", "method": method, "params": granted})
        )
        return await self._changing(stream)

    async def _changing(self, stream: web.StreamResponse) -> web.StreamResponse:
        for _ in range(self._chance.randrange(50)):
            await self._pause()
            await stream.write(event({"jsonrpc": "2.0", "method": CHANGED}))
        return stream
